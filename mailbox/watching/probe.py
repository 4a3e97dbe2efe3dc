"""A message to ourselves, every few minutes, through the whole path: is what people rely on still true?

One goes straight to our receiver as a peer's does (mutual TLS, our own certificate, listed for our own domain); another by
the queue of what leaves. Each is sealed, filed, parsed, indexed, found by its word and destroyed. What is not seen in time
opens an incident. Runs in worker; refuses to use any mailbox but its own, which is nobody's, and whose address is secret.
"""

import logging
import os
import secrets
import socket
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from uuid_utils.compat import uuid7

from mailbox import finding, leases, store
from mailbox.mime.compose import Outgoing, compose
from mailbox.mime.values import Address
from mailbox.models import (
    Domain,
    Folder,
    Incident,
    Mailbox,
    Message,
    Probe,
    Recipient,
    Submission,
    Tenant,
    open_mailbox,
)
from mailbox.outbound.transport import Connection
from mailbox.query import Query
from mailbox.reply import MailError
from mailbox.watching import incidents
from mailbox.wording import words
from mssweb import tally

log = logging.getLogger(__name__)

_TENANT = "Surveillance de la messagerie"
_HOLD = timedelta(minutes=5)  # a receiver that drips is cut before
_LEFTOVER = timedelta(hours=1)  # after which what a lost probe left is destroyed
_KEPT = timedelta(days=7)  # rows of probes
_AT_ONCE = 100
_QUOTA = 64 * 1024 * 1024
_KINDS = {Probe.Way.IN: Incident.Kind.IN, Probe.Way.OUT: Incident.Kind.OUT}


def look(now: datetime) -> None:
    """Every few seconds, from beat: find what came, judge what did not, and send when it is time."""
    box = technical_mailbox() if settings.PROBE_SECONDS else None
    if box is None:
        return
    for probe in Probe.objects.filter(seen_at=None, started_at__gt=now - _LEFTOVER).order_by("started_at"):
        _look_for(probe, box, now)
    for way in Probe.Way:
        _judge(way, now)
    latest = Probe.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    if latest is None or now - latest >= timedelta(seconds=settings.PROBE_SECONDS):
        _begin(box, now)


def technical_mailbox() -> Mailbox | None:
    """Ours, made the first time; None while no domain is ours. One domain is enough: all share receiver and worker."""
    active = Mailbox.objects.select_related("key", "domain").filter(domain__state=Domain.State.ACTIVE)
    if found := active.filter(is_technical=True).first():
        return found
    with transaction.atomic():
        domain = Domain.objects.select_for_update().filter(state=Domain.State.ACTIVE).order_by("name").first()
        if domain is None or Mailbox.objects.filter(is_technical=True, domain=domain).exists():
            return None
        tenant, _ = Tenant.objects.get_or_create(name=_TENANT)
        return open_mailbox(
            tenant=tenant, domain=domain, address=f"sonde-{secrets.token_hex(8)}@{domain.name}",
            kind=Mailbox.Kind.APP, display_name="Sonde", state=Mailbox.State.ACTIVE, is_technical=True, red_list=True,
            quota_bytes=_QUOTA,
        )  # fmt: skip


def _begin(box: Mailbox, now: datetime) -> None:
    """Both probes of a round; one worker at a time."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    if not leases.take("probe", holder, now=now, hold=_HOLD):
        return
    try:
        _tidy(box, now)
        _send_by_queue(box, Probe.objects.create(way=Probe.Way.OUT, started_at=now, detail="queued"), now)
        _send_straight(box, Probe.objects.create(way=Probe.Way.IN, started_at=now, detail="sending"), now)
    finally:
        leases.release("probe", holder, now=now)


def _send_straight(box: Mailbox, probe: Probe, now: datetime) -> None:
    try:
        connection = Connection(box.domain.name)
        try:
            [reply] = connection.send(
                mail_from=box.address, recipients=[(box.address, probe.pk)], raw=_raw(box, probe, now)
            )
        finally:
            connection.close()
    except MailError as error:
        reply = error.reply
    detail = "accepted" if reply.is_positive else f"refused {reply.code} {reply.enhanced}".strip()
    Probe.objects.filter(pk=probe.pk, seen_at=None).update(detail=detail[:40])
    if not reply.is_positive:
        log.warning("probe not accepted: %s %s", reply.code, reply.enhanced)


@transaction.atomic
def _send_by_queue(box: Mailbox, probe: Probe, now: datetime) -> None:
    """As a person's letter: a copy in Sent, and a recipient that is due. The sweep finds it."""
    raw = _raw(box, probe, now)
    filing = store.Filing(
        raw=raw, folder_role=Folder.Role.SENT, direction=Message.Direction.OUT, filed_at=now, mail_from=box.address,
        is_verified=True,
    )  # fmt: skip
    [message] = store.file(box, [filing])
    assert message is not None  # noqa: S101  (only what arrives can be a duplicate)
    act = Submission.objects.create(
        mailbox=box, message=message, mail_from=box.address, submitted_at=now, size=len(raw)
    )
    Recipient.objects.create(
        id=uuid7(), mailbox=box, submission=act, address=box.address, domain=box.domain.name, is_local=False,
        not_before=now,
    )  # fmt: skip


def _raw(box: Mailbox, probe: Probe, now: datetime) -> bytes:
    here = Address("Sonde", box.address)
    return compose(
        Outgoing(
            from_=here,
            to=(here,),
            subject=probe.word,
            text="Sonde de surveillance.",
            message_id=f"{probe.word}@{box.domain.name}",
            date=now,
        )
    )


def _look_for(probe: Probe, box: Mailbox, now: datetime) -> None:
    found = finding.find(box, Query(words=tuple(words(probe.word)))).messages
    if not any(message.direction == Message.Direction.IN for message in found):
        return
    if not Probe.objects.filter(pk=probe.pk, seen_at=None).update(seen_at=now, detail="seen"):
        return
    took = (max(m.filed_at for m in found) - probe.started_at).total_seconds()
    tally.count("probe_seen", probe.way)
    tally.count("probe_seconds_sum", probe.way, max(0.0, took))
    incidents.close([_KINDS[Probe.Way(probe.way)], Incident.Kind.BOTH], proof=probe.started_at, now=now)
    store.remove(box, [message.pk for message in found])


def _judge(way: str, now: datetime) -> None:
    """The first that was not seen since the last one that was: mail is late from then on."""
    seen = Probe.objects.filter(way=way, seen_at__isnull=False).values_list("started_at", flat=True)
    lost = Probe.objects.filter(
        way=way, seen_at=None, started_at__lte=now - timedelta(seconds=settings.PROBE_LATE_SECONDS)
    )
    if last := seen.order_by("-started_at").first():
        lost = lost.filter(started_at__gt=last)
    if first := lost.order_by("started_at").first():
        latest = lost.order_by("-started_at").first() or first
        incidents.open_one(_KINDS[Probe.Way(way)], since=first.started_at, detail=latest.detail)


def _tidy(box: Mailbox, now: datetime) -> None:
    """What lost probes left, with reports about them; and old rows."""
    old = Message.objects.filter(mailbox=box, filed_at__lt=now - _LEFTOVER).values_list("pk", flat=True)
    if ids := list(old[:_AT_ONCE]):
        store.remove(box, ids)
    Probe.objects.filter(started_at__lt=now - _KEPT).delete()
