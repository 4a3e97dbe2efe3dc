"""Arrivals -> messages: claim (and commit the attempt), open, file, notify. The row is the queue.

Claims are leases: a worker killed at any line leaves its arrivals to the next drain, once the lease has passed.
What cannot be filed after three attempts is filed raw, with a warning (design §6, poison).
`except Exception` stands once, where one letter that nobody foresaw must not hold the others.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from mailbox import store
from mailbox.inbound.envelope import unpack
from mailbox.mime.address import domain_of
from mailbox.mime.parse import parse
from mailbox.mime.report import parse_report
from mailbox.mime.values import ParsedMessage
from mailbox.models import Arrival, Folder, Mailbox, Message
from mailbox.outbound.failure import apply_report
from mssweb import crypto
from mssweb.audit.record import record

log = logging.getLogger(__name__)

_BATCH, _BATCH_BYTES = 40, 40 * 1024 * 1024
_POISON_ATTEMPTS = 3  # claims before a message is filed without being dissected
_RAW_SHOWN = 100_000  # characters of a poisoned message shown as text

_CLAIM = """
UPDATE mailbox_arrival a SET attempts = attempts + 1, due_at = %s
 WHERE id IN (SELECT id FROM mailbox_arrival WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING *
"""


def drain(now: datetime) -> int:
    """File everything that is due; returns how many arrivals were settled. Safe to run anywhere, at any time."""
    settled = 0
    while claimed := list(
        Arrival.objects.raw(_CLAIM, [now + timedelta(seconds=settings.ARRIVAL_LEASE_SECONDS), now, _BATCH])
    ):
        for batch in _batches(claimed):
            settled += _settle(batch)
        if len(claimed) < _BATCH:
            break
    return settled


def _batches(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """Small letters together, large ones alone: memory stays bounded. An arrival that failed before goes alone."""
    batches: list[list[Arrival]] = [[]]
    size = 0
    for arrival in sorted(arrivals, key=lambda a: a.arrived_at):
        if arrival.attempts > 1:
            batches.insert(0, [arrival])
            continue
        if size + arrival.size > _BATCH_BYTES and batches[-1]:
            batches.append([])
            size = 0
        batches[-1].append(arrival)
        size += arrival.size
    return [batch for batch in batches if batch]


def _settle(batch: list[Arrival]) -> int:
    """File a batch and drop its arrivals in one transaction; when that fails, each one alone."""
    mailboxes = Mailbox.objects.select_related("key").in_bulk({arrival.mailbox_id for arrival in batch})
    try:
        _file(batch, mailboxes)
    except Exception as error:  # noqa: BLE001  (the edge: what is unknown is temporary)
        if len(batch) == 1:
            log.error("arrival %s not filed (attempt %s): %s", batch[0].pk, batch[0].attempts, type(error).__name__)
            return 0
        return sum(_settle([arrival]) for arrival in batch)
    return len(batch)


def _file(batch: list[Arrival], mailboxes: dict[UUID, Mailbox]) -> None:
    pairs = [(mailboxes[arrival.mailbox_id], _filing(arrival, mailboxes[arrival.mailbox_id])) for arrival in batch]
    with transaction.atomic():
        messages = store.file_all(pairs)
        for arrival, (mailbox, filing), message in zip(batch, pairs, messages, strict=True):
            if message is None:
                record("message.duplicate", mailbox_id=mailbox.pk, subject=("arrival", arrival.pk))
            elif filing.parsed and (report := parse_report(filing.raw, filing.parsed)):
                apply_report(mailbox, report)
        Arrival.objects.filter(pk__in=[arrival.pk for arrival in batch]).delete()


def _filing(arrival: Arrival, mailbox: Mailbox) -> store.Filing:
    """Open an arrival with the mailbox's private key: its bytes are clear only until they are sealed again."""
    payload = crypto.unseal_with(mailbox.keys.private, bytes(arrival.box), f"arrival:{mailbox.pk}:{arrival.pk}")
    envelope, raw = unpack(payload)
    poisoned = arrival.attempts > _POISON_ATTEMPTS
    parsed = _undissected(raw) if poisoned else parse(raw)
    return store.Filing(
        raw=raw,
        folder_role=Folder.Role.INBOX,
        direction=Message.Direction.IN,
        filed_at=arrival.arrived_at,
        mail_from=envelope.mail_from,
        is_verified=_is_verified(parsed, envelope.mail_from),
        fingerprint_source=bytes.fromhex(envelope.data_sha256),
        parsed=parsed,
    )


def _is_verified(parsed: ParsedMessage, mail_from: str) -> bool:
    """Design §4.9: one header From, of the domain whose certificate let the envelope in."""
    return bool(mail_from) and len(parsed.from_) == 1 and domain_of(parsed.from_[0].addr_spec) == domain_of(mail_from)


def _undissected(raw: bytes) -> ParsedMessage:
    """A poisoned message: its first bytes as text, nothing interpreted."""
    text = raw[:_RAW_SHOWN].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return ParsedMessage(text=text, warnings=("undissected",))
