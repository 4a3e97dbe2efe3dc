"""Arrivals -> messages: claim (and commit the attempt), open, file, notify. The row is the queue.

Claims are leases: a worker killed at any line leaves its arrivals to the next drain, once the lease has passed.
What cannot be filed after three attempts is filed raw, with a warning (design §6, poison). An attempt is charged to the
letter that was being filed: whatever failed once is claimed alone. A database or a store that is away charges nobody, but
for a database that is not back within `_GIVE_BACK_AGAIN_SECONDS`: then its letters stay charged once, and wait for their lease.
`except Exception` stands once, where one letter that nobody foresaw must not hold the others.
"""

import logging
import time
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.pq import Format

from mailbox import senders, store, whitelist
from mailbox.inbound.envelope import Envelope, unpack
from mailbox.mime.address import domain_of, mask, normalise
from mailbox.mime.parse import parse
from mailbox.mime.values import ParsedMessage
from mailbox.models import Arrival, Folder, Mailbox, Message
from mailbox.outbound.hearing import hear
from mailbox.outbound.owed import owe_delivered
from mailbox.reply import Temporary
from mailbox.traces import write as traces
from mssweb import crypto, stopping
from mssweb.audit.record import ERROR, record
from mssweb.authorities import DN

log = logging.getLogger(__name__)

_BATCH, _BATCH_BYTES = 40, 8 * 1024 * 1024  # a larger letter is claimed alone: memory stays bounded
_POISON_ATTEMPTS = 3  # claims before a message is filed without being dissected
_RAW_SHOWN = 100_000  # characters of a poisoned message shown as text

_CLAIM = """
UPDATE mailbox_arrival a SET attempts = least(a.attempts + 1, 1000),
       due_at = %(lease)s + least(greatest(a.attempts - %(poison)s, 0), 200) * interval '5 minutes'
  FROM (SELECT id, attempts, sum(size) OVER line AS until_here, row_number() OVER line AS place,
               first_value(attempts) OVER line AS head, count(*) OVER () AS found
          FROM (SELECT id, size, attempts, due_at FROM mailbox_arrival
                 WHERE due_at <= %(now)s ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED) locked
        WINDOW line AS (ORDER BY due_at, id)) due
 WHERE a.id = due.id AND (place = 1 OR (head = 0 AND due.attempts = 0 AND until_here <= %(bytes)s))
RETURNING a.*, due.found
"""
_AWAY = (OperationalError, InterfaceError, Temporary)  # not the letter's fault, nor is a deadlock
_AWAY_IN_A_ROW = 3  # letters alone: it is no letter's doing then, and the others are not tried
_SOON, _LATER = (
    timedelta(seconds=10),
    timedelta(seconds=40),
)  # later: those that were tried alone, lest they hold the rest
_UNSUSPECTED = timedelta(minutes=2)  # after, even a database that is gone may be the doing of those tried alone
_GIVE_BACK_AGAIN_SECONDS = (1.0, 1.0, 2.0, 3.0, 3.0, 5.0, 5.0)  # together well within a lease


class _Tried(Enum):
    FILED = auto()
    AWAY = auto()  # the database or the store, or so it seems
    FAULTY = auto()


def drain(now: datetime) -> int:
    """File everything that is due; returns how many arrivals were settled. Safe to run anywhere, at any time.

    A worker that is told to stop claims no more.
    """
    settled, more, start = 0, True, time.monotonic()
    while more and not stopping.is_asked():
        elapsed = timedelta(seconds=time.monotonic() - start)  # a lease starts when it is given: backlogs are long
        claimed, more = _claim(now + elapsed)
        if claimed:
            settled += _settle(sorted(claimed, key=lambda arrival: arrival.arrived_at))
    return settled


def _claim(now: datetime) -> tuple[list[Arrival], bool]:
    """Arrivals that are ours for a lease, and whether others wait.

    Read as binary: as text, a large box takes twice its size in the connection's buffer, which never shrinks.
    """
    lease = now + timedelta(seconds=settings.ARRIVAL_LEASE_SECONDS)
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        given: dict[str, Any] = {
            "lease": lease,
            "now": now,
            "poison": _POISON_ATTEMPTS,
            "batch": _BATCH,
            "bytes": _BATCH_BYTES,
        }
        cursor.execute(_CLAIM, given)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    found = max((row.pop("found") for row in rows), default=0)
    return [Arrival(**row) for row in rows], len(rows) < found or found == _BATCH


def _settle(batch: list[Arrival]) -> int:
    """File a batch and drop its arrivals in one transaction; when that fails, each one alone."""
    tried = _try(batch)
    if tried is _Tried.FILED:
        return len(batch)
    if len(batch) > 1:
        return _settle_each(batch)
    if tried is _Tried.AWAY:
        _give_back(batch, _SOON)
    return 0


def _settle_each(batch: list[Arrival]) -> int:
    """One that seems to meet no database while another is filed after it is itself at fault, and stays charged."""
    settled, away, is_gone = 0, list[Arrival](), False
    for place, arrival in enumerate(batch, 1):
        tried = _try([arrival])
        if tried is _Tried.FILED:
            settled, away = settled + 1, []
        elif tried is _Tried.AWAY:
            away.append(arrival)
        if len(away) == _AWAY_IN_A_ROW:
            is_gone = _give_back(batch[place:], _SOON)
            break
    _give_back(away, _LATER, is_gone=is_gone)
    return settled


def _try(batch: list[Arrival]) -> _Tried:
    try:
        _file(batch, Mailbox.objects.select_related("key").in_bulk({arrival.mailbox_id for arrival in batch}))
    except _AWAY as error:
        log.error("%s arrivals not filed: %s", len(batch), type(error).__name__)
        return _Tried.AWAY
    except Exception as error:  # noqa: BLE001  (the edge: what is unknown is temporary)
        if len(batch) == 1:
            _tell(batch[0], error)
        return _Tried.FAULTY
    return _Tried.FILED


def _give_back(batch: list[Arrival], wait: timedelta, *, is_gone: bool = False) -> bool:
    """Uncharged and due again after `wait`, unless another worker has claimed them since. Was the database itself gone?

    Then letters are due soon: a new one is not suspected of it yet.
    """
    if not batch:
        return False
    leases = {arrival.due_at for arrival in batch}
    rows = Arrival.objects.filter(pk__in=[arrival.pk for arrival in batch], due_at__in=leases)
    is_new = timezone.now() - min(arrival.arrived_at for arrival in batch) < _UNSUSPECTED
    for seconds in (*_GIVE_BACK_AGAIN_SECONDS, None):
        try:
            rows.update(attempts=F("attempts") - 1, due_at=timezone.now() + (_SOON if is_gone and is_new else wait))
        except (OperationalError, InterfaceError):
            if seconds is None:
                raise
            is_gone = True
            connection.close()
            time.sleep(seconds)
        else:
            break
    return is_gone


def _tell(arrival: Arrival, error: Exception) -> None:
    log.error("arrival %s not filed (attempt %s): %s", arrival.pk, arrival.attempts, type(error).__name__)
    if arrival.attempts == _POISON_ATTEMPTS + 1:  # not even raw: it does not open, and somebody has to look
        record("arrival.stuck", mailbox_id=arrival.mailbox_id, subject=("arrival", arrival.pk), result=ERROR)


def _file(batch: list[Arrival], mailboxes: dict[UUID, Mailbox]) -> None:
    opened = [_open(arrival, mailboxes[arrival.mailbox_id]) for arrival in batch]
    pairs = [(mailboxes[arrival.mailbox_id], filing) for arrival, (filing, _) in zip(batch, opened, strict=True)]
    filed_at = timezone.now()
    if len(batch) == 1:  # nobody will ask for it again
        batch[0].box = b""
    with transaction.atomic():
        messages = store.file_all(pairs)
        for arrival, (filing, envelope), message in zip(batch, opened, messages, strict=True):
            mailbox = mailboxes[arrival.mailbox_id]
            if message is None:
                record("message.duplicate", mailbox_id=mailbox.pk, subject=("arrival", arrival.pk))
                continue
            if filing.parsed:
                hear(mailbox, filing.raw, filing.parsed, partial(_speaks_for, envelope.peer))
            owe_delivered(
                mailbox, envelope, raw=filing.raw, parsed=filing.parsed, filed_at=arrival.arrived_at, now=timezone.now()
            )
        traces.file(
            [
                _trace(arrival, envelope, message, filed_at)
                for arrival, (_, envelope), message in zip(batch, opened, messages, strict=True)
            ]
        )


def _trace(arrival: Arrival, envelope: Envelope, message: Message | None, now: datetime) -> traces.Filed:
    """What the row does not say of it; the statement that writes it drops the arrival."""
    return (
        arrival.pk, domain_of(envelope.mail_from), mask(envelope.rcpt_to), envelope.crl, envelope.seconds or None,
        max(0.0, (now - arrival.arrived_at).total_seconds()), UUID(envelope.queue_id) if envelope.queue_id else None,
        message.pk if message else None, envelope.extensions,
    )  # fmt: skip


def _speaks_for(peer: DN, domain: str) -> bool:
    """Is this certificate one that the list in force gives for the domain?"""
    listed = whitelist.current()
    return listed is not None and listed.white_list.allows(peer, domain)


def _open(arrival: Arrival, mailbox: Mailbox) -> tuple[store.Filing, Envelope]:
    """Open an arrival with the mailbox's private key: its bytes are clear only until they are sealed again."""
    info = f"arrival:{mailbox.pk}:{arrival.pk}"
    envelope, raw = unpack(crypto.unseal_with(mailbox.keys.private, bytes(arrival.box), info))
    poisoned = arrival.attempts > _POISON_ATTEMPTS
    parsed = _undissected(raw) if poisoned else parse(raw)
    author = parsed.from_[0].addr_spec if parsed.from_ else ""
    is_refused = senders.is_blocked(mailbox, envelope.mail_from, author)
    filing = store.Filing(
        raw=raw,
        folder_role=Folder.Role.SPAM if is_refused else Folder.Role.INBOX,
        direction=Message.Direction.IN,
        filed_at=arrival.arrived_at,
        mail_from=envelope.mail_from,
        is_verified=_is_verified(parsed, envelope.mail_from),
        fingerprint_source=_same_again(envelope),
        parsed=parsed,
    )
    return filing, envelope


def _same_again(envelope: Envelope) -> bytes:
    """What a peer sends again after a lost 250: the same bytes from the same sender.

    The sender counts: else whoever received the letter too could have his copy filed first, in the stead of the true one.
    """
    return sha256(f"{envelope.data_sha256} {normalise(envelope.mail_from)}".encode()).digest()


def _is_verified(parsed: ParsedMessage, mail_from: str) -> bool:
    """Design §4.9: one header From, of the domain whose certificate let the envelope in."""
    return bool(mail_from) and len(parsed.from_) == 1 and domain_of(parsed.from_[0].addr_spec) == domain_of(mail_from)


def _undissected(raw: bytes) -> ParsedMessage:
    """A poisoned message: its first bytes as text, nothing interpreted."""
    text = raw[:_RAW_SHOWN].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return ParsedMessage(text=text, warnings=("undissected",))
