"""Missives leave: SMS by the one door of auth_otp.channels, letters through the gateway of the trust space.

A letter to an address of ours is filed there, another one takes the queue of what leaves: white list, mutual TLS, states.
Killed between sending and settling, a worker sends the same code twice, never not at all. Refuses to log to whom, or what.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from auth_otp import channels, missives
from auth_otp.models import Missive
from mailbox.enrolment import words
from mailbox.mime.compose import Outgoing, Uncomposable, compose, new_message_id
from mailbox.mime.values import Address
from mailbox.models import Domain, Mailbox
from mailbox.outbound import house
from mailbox.watching import probe
from mssweb import crypto, tally
from mssweb.audit.record import ERROR, record

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=2)  # longer than the carrier's time-out
_AGAIN = timedelta(seconds=30)
_MOST = 50  # of a turn
_NO_BOX = "Aucune boîte de l’exploitation ne peut écrire pour l’instant."
_NO_LETTER = "Le courrier n’a pu être écrit."


def send_due(now: datetime) -> int:
    """Each is claimed by a conditional update; how many left."""
    due = Missive.objects.filter(due_at__lte=now, expires_at__gt=now, used_at=None, box__isnull=False)
    return sum(_send(pk, now) for pk in list(due.order_by("due_at").values_list("pk", flat=True)[:_MOST]))


def _send(pk: UUID, now: datetime) -> bool:
    claim = Missive.objects.filter(pk=pk, due_at__lte=now, used_at=None, box__isnull=False)
    if not claim.update(due_at=now + _LEASE):
        return False
    row = Missive.objects.get(pk=pk)
    try:
        what = missives.content(row)
    except crypto.Unreadable:  # another SECRET_KEY, or used meanwhile
        Missive.objects.filter(pk=pk).update(due_at=None)
        return False
    if row.way == Missive.Way.SMS:
        return _by_sms(row, what, now)
    return _by_letter(row, what, now)


def _by_sms(row: Missive, what: missives.Content, now: datetime) -> bool:
    try:
        channels.send(channels.SMS(to=what.to[0], body=words.sms(row.kind, what)))
    except channels.CarrierError as error:
        tally.count("codes", "failed")
        _fail(row, error.words, error.code, now if error.is_temporary else None)
        return False
    tally.count("codes", "sent")
    _settle(row, now)
    return True


def _by_letter(row: Missive, what: missives.Content, now: datetime) -> bool:
    """The same code to each address; of ours at once, of others by the queue, in one transaction with the settling."""
    subject, text = words.letter(row.kind, what)
    with transaction.atomic():
        ours = set(Domain.objects.values_list("name", flat=True))
        here = [address for address in what.to if address.rpartition("@")[2] in ours]
        there = [address for address in what.to if address not in here]
        boxes = Mailbox.objects.select_related("key").filter(address__in=here, state=Mailbox.State.ACTIVE)
        left = sum(house.write(box, subject, text, now=now) for box in boxes)
        from_ = probe.technical_mailbox() if there else None
        if from_ is not None:
            try:
                raw = _written(from_, there, subject, text, now)
            except Uncomposable:
                log.warning("missive %s: cannot be written", row.pk)
            else:
                house.send(from_, raw, there, now=now)
                left += 1
        if left:
            _settle(row, now)
            return True
    _fail(row, _NO_LETTER if from_ else _NO_BOX, "letter", None if from_ or not there else now)
    return False


def _written(box: Mailbox, to: list[str], subject: str, text: str, now: datetime) -> bytes:
    sender = house.postmaster(box)
    return compose(
        Outgoing(
            from_=sender, to=tuple(Address("", one) for one in to), subject=subject, text=f"{text}\n{house.END}\n",
            message_id=new_message_id(sender.addr_spec.rpartition("@")[2], str(uuid7())), date=now,
            headers={"Auto-Submitted": "auto-generated"},  # RFC 3834 §5
        )
    )  # fmt: skip


def _settle(row: Missive, now: datetime) -> None:
    Missive.objects.filter(pk=row.pk, digest=row.digest).update(due_at=None, sent_at=now, failure="")
    record("missive.sent", subject=("missive", row.pk), kind=row.kind, means=row.way)


def _fail(row: Missive, said: str, code: str, again_from: datetime | None) -> None:
    again = again_from + _AGAIN if again_from else None
    Missive.objects.filter(pk=row.pk, digest=row.digest).update(due_at=again, failure=said[:160])
    record("missive.failed", subject=("missive", row.pk), result=ERROR, kind=row.kind, means=row.way, code=code)
