"""Who is to be told now, and the sending of it: rows with a lease, found again by beat's sweep (design §4.2).

At most one notice an hour until the person has come back; none of what was read meanwhile, none in their quiet hours.
Killed between the relay's answer and its settling, a worker sends one notice twice: said in SECURITY.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from auth_otp.models import Session
from mailbox.models import OrdinaryAddress, OrdinaryMail, Preference
from mailbox.ordinary import address, relay, words
from mailbox.quiet import is_quiet
from mssweb import crypto
from mssweb.audit.record import ERROR, record

READ_FIRST = timedelta(minutes=2)  # who is there reads it before anything leaves
BETWEEN = timedelta(hours=1)
_LEASE = timedelta(minutes=1)  # of one sending; longer than the relay's time-out
_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))
_KEPT = timedelta(days=30)

# Whom something waits for that arrived since their last notice: the person, the mailbox, its pharmacy's clock
_UNREAD = """
SELECT a.user_id, b.mailbox_id, t.time_zone FROM mailbox_ordinaryaddress a
  JOIN auth_otp_user u ON u.id = a.user_id AND u.is_active JOIN mailbox_membership b ON b.user_id = a.user_id
  JOIN mailbox_mailbox x ON x.id = b.mailbox_id AND x.state = 'active' JOIN mailbox_tenant t ON t.id = x.tenant_id
   AND (x.kind = 'PER' OR EXISTS (SELECT FROM mailbox_staff w WHERE w.tenant_id = t.id AND w.user_id = a.user_id
     AND w.state = 'authorised'))
 WHERE a.confirmed_at IS NOT NULL AND a.stopped_at IS NULL AND EXISTS (
   SELECT FROM mailbox_message m JOIN mailbox_folder f ON f.id = m.folder_id AND f.role = 'inbox'
     JOIN mailbox_seen s ON s.mailbox_id = b.mailbox_id AND s.membership_id = b.id AND s.message_id = m.id
      AND s.thread_id = m.thread_id AND s.seen_at IS NULL
    WHERE m.mailbox_id = b.mailbox_id AND m.direction = 'in' AND m.filed_at > a.told_until AND m.filed_at <= %s)
"""
type _Places = list[tuple[UUID, str]]  # mailbox, time zone


def look_over(now: datetime) -> int:
    """Queue a notice for everybody who is to be told; then send all that is due. How many left."""
    waiting = _waiting(now)
    chosen = Preference.objects.in_bulk(list(waiting))
    for row in OrdinaryAddress.objects.filter(user__in=list(waiting)):
        if _may_tell(waiting[row.user_id], chosen.get(row.user_id) or Preference(), now) and _is_time(row, now):
            _queue(row, now)
    read = OrdinaryAddress.objects.filter(told_until__lt=now - BETWEEN).exclude(user__in=list(waiting))
    read.update(told_until=now - READ_FIRST)  # nothing there any more: it is not looked through again
    OrdinaryMail.objects.filter(asked_at__lt=now - _KEPT, due_at=None).delete()
    return send_due(now)


def _waiting(now: datetime) -> dict[UUID, _Places]:
    """By person, where something unread waits; one statement for all of them."""
    found: dict[UUID, _Places] = {}
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [now - READ_FIRST])
        for user_id, mailbox_id, zone in cursor.fetchall():
            found.setdefault(user_id, []).append((mailbox_id, zone))
    return found


def _may_tell(places: _Places, chosen: Preference, now: datetime) -> bool:
    """Is one of them not silent, where it is no time of quiet?"""
    return any(
        box not in chosen.silent_mailboxes
        and not is_quiet(now.astimezone(ZoneInfo(z)), chosen.quiet, chosen.quiet_days)
        for box, z in places
    )


def _is_time(row: OrdinaryAddress, now: datetime) -> bool:
    """An hour has passed, or the person has come back since the last notice."""
    if row.told_at is None or now - row.told_at >= BETWEEN:
        return True
    return Session.objects.filter(user=row.user_id, gesture_at__gt=row.told_at).exists()


def _queue(row: OrdinaryAddress, now: datetime) -> None:
    """Once: the address's row moves on in the same transaction, and only from where it was."""
    with transaction.atomic():
        rows = OrdinaryAddress.objects.filter(pk=row.pk, told_until=row.told_until, stopped_at=None)
        if rows.update(told_until=now - READ_FIRST, told_at=now):
            OrdinaryMail.objects.create(to=row, kind=OrdinaryMail.Kind.NEWS, asked_at=now, due_at=now)


def send_due(now: datetime) -> int:
    """Each claimed by a conditional update: of two workers one sends it."""
    due = OrdinaryMail.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    begun = time.monotonic()
    return sum(_send(pk, now, since=time.monotonic() - begun) for pk in list(due[:200]))


def _send(mail_id: UUID, now: datetime, *, since: float) -> bool:
    """`since`: seconds from `now` on, for a relay may be slow: each lease counts from its own claim."""
    claim = OrdinaryMail.objects.filter(pk=mail_id, due_at__lte=now)
    if not claim.update(due_at=now + timedelta(seconds=since) + _LEASE):
        return False
    mail = OrdinaryMail.objects.select_related("to").get(pk=mail_id)
    try:
        to, raw = _written(mail, now)
        relay.send(mail.pk.hex, to, raw)
    except relay.Temporary:
        _try_later(mail, now)
        return False
    except (relay.Permanent, crypto.Unreadable):
        _give_up(mail)
        return False
    OrdinaryMail.objects.filter(pk=mail.pk).update(due_at=None, sent_at=now, box=None, failure="")
    record("ordinary.send", actor_id=mail.to_id, subject=("ordinary", mail.pk), kind=mail.kind)
    return True


def _written(mail: OrdinaryMail, now: datetime) -> tuple[str, bytes]:
    """To whom, and the bytes. The same Message-ID at each try: who gets it twice sees one."""
    sender, stop = settings.ORDINARY_FROM, address.stop_link(mail.to)
    name = f"{mail.pk.hex}@{sender.rpartition('@')[2]}"
    if mail.kind == OrdinaryMail.Kind.CODE:
        to, digits = address.opened_code(mail)
        return to, words.code(digits=digits, to=to, sender=sender, stop=stop, name=name, at=now)
    to = address.read(mail.to)
    return to, words.news(to=to, sender=sender, stop=stop, name=name, at=now)


def _try_later(mail: OrdinaryMail, now: datetime) -> None:
    if mail.attempts >= len(_AGAIN):
        _give_up(mail)
        return
    OrdinaryMail.objects.filter(pk=mail.pk).update(
        attempts=mail.attempts + 1, due_at=now + _AGAIN[mail.attempts], failure="temporary"
    )


def _give_up(mail: OrdinaryMail) -> None:
    OrdinaryMail.objects.filter(pk=mail.pk).update(due_at=None, box=None, failure="permanent")
    record("ordinary.send", actor_id=mail.to_id, subject=("ordinary", mail.pk), kind=mail.kind, result=ERROR)
