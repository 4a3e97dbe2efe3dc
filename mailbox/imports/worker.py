"""Files what was brought, lot by lot: claim under a lease, file, keep the place reached, all in one transaction a lot.

Killed at any line, it goes on from the last lot that was kept. What is there already (the same bytes, brought before or
received) is not filed twice. Imported mail is never verified, reopens nothing, answers nobody and rings nobody.
`except Exception` stands nowhere: a letter that cannot be filed alone is refused, a lot that fails is tried letter by letter.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from mailbox import blobs, store
from mailbox.imports import desk, pieces, reading, shelves, unsent
from mailbox.imports.desk import State, Told
from mailbox.imports.values import Fault, Found, Mark, Place, Unreadable
from mailbox.mime.address import normalise
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.parse import parse
from mailbox.mime.values import ParsedMessage
from mailbox.models import Folder, Import, Mailbox, Message
from mailbox.models.message import IMPORTED
from mailbox.reply import Temporary
from mssweb import crypto, keys, notify, stopping
from mssweb.audit.record import ERROR, OK, record

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
_LOT, _LOT_BYTES = 100, 8 * 1024 * 1024
_TURN_SECONDS = 5.0  # then the other tasks of the worker have their turn
_SUSPECT, _LOST = 3, 8  # claims without a step: letter by letter; given up
_FORGOTTEN = timedelta(days=7)  # an upload that nobody finished
_KEYWORDS = {Mark.FLAGGED: "$flagged", Mark.ANSWERED: "$answered", Mark.FORWARDED: "$forwarded"}

_CLAIM = """
UPDATE mailbox_import SET due_at = %(lease)s, attempts = attempts + 1 WHERE id IN (
  SELECT id FROM mailbox_import WHERE due_at <= %(now)s ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


class Lost(Exception):
    """It was cancelled, or another worker holds it now: what this one was doing is rolled back."""


class NoRoom(Exception):
    """The mailbox is full: what this lot was doing is rolled back."""


@dataclass(slots=True)
class Lot:
    """What one transaction settles."""

    founds: list[Found] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.founds) >= _LOT or self.size >= _LOT_BYTES


def import_due(now: datetime) -> bool:
    """One turn of one import that is due; true when there may be more to do."""
    forget(now)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": now + LEASE, "now": now})
        found = cursor.fetchone()
    if found is None:
        return False
    row = Import.objects.select_related("mailbox__key", "mailbox__domain").get(pk=found[0])
    try:
        _go_on(row)
    except Lost:
        return True
    except (Temporary, keys.NoMasterKey) as error:  # again when the lease ends
        mine = Import.objects.filter(pk=row.pk, due_at=row.due_at, ended_at__isnull=True)
        mine.update(attempts=max(0, row.attempts - 1))  # through no fault of its own
        log.warning("import %s waits: %s", row.pk, type(error).__name__)
        return False
    return True


def forget(now: datetime) -> int:
    """Uploads that were begun and never finished are cancelled."""
    old = Import.objects.filter(state=State.SENDING, begun_at__lt=now - _FORGOTTEN)
    return old.update(state=State.CANCELLED, ended_at=now, due_at=now)


def _go_on(row: Import) -> None:
    mailbox, begun, until = row.mailbox, time.monotonic(), 0.0
    if row.state != State.RUNNING:
        _clear(row)
        return
    if row.attempts > _LOST or not mailbox.accepts_mail:
        _end(row, State.FAILED, "stuck" if mailbox.accepts_mail else "closed")
        return
    most = 1 if row.attempts > _SUSPECT else _LOT
    try:
        for lot in _lots(_found(mailbox, row), most):
            if not until:  # inside an archive, what was filed before was unfolded again: a turn is worth what that took
                until = (now := time.monotonic()) + max(_TURN_SECONDS, now - begun)
            if not _settle(row, lot):
                return
            if time.monotonic() > until or stopping.is_asked():
                _hold(row, due_at=timezone.now())
                return
    except crypto.Unreadable:
        _end(row, State.FAILED, Fault.BROKEN.value)
        return
    _end(row, State.DONE, row.failure)


def _found(mailbox: Mailbox, row: Import) -> Iterator[Found]:
    """Messages of all its files from where it stands. A file that is none is one refusal, and the next one is read."""
    at, files = desk.place(row), desk.names(mailbox, row)
    before = sum(file.size for file in files[: at.file])
    for number in range(at.file, len(files)):
        name, size = files[number].name, files[number].size
        start = at if number == at.file else Place(number)
        source = pieces.reader(mailbox, row, number)
        try:
            for one in reading.messages(source, size, name, start=start, most=mailbox.domain.max_message_bytes):
                yield replace(one, read=before + min(one.read, size))
        except Unreadable as unreadable:
            yield Found(after=Place(number + 1), read=before + size, fault=unreadable.fault, name=name)
        before += size


def _lots(founds: Iterable[Found], most: int) -> Iterator[Lot]:
    source = iter(founds)
    while batch := list(islice(source, 1)):
        lot = Lot(batch, len(batch[0].raw))
        while len(lot.founds) < most and not lot.is_full and (one := next(source, None)):
            lot.founds.append(one)
            lot.size += len(one.raw)
        yield lot


def _settle(row: Import, lot: Lot) -> bool:
    """File a lot and keep the place behind it; letter by letter when it fails. False when there is no room for it."""
    try:
        try:
            _file(row, lot)
        except (DataError, IntegrityError) as error:
            log.warning("import %s: a lot of %s not filed: %s", row.pk, len(lot.founds), type(error).__name__)
            for one in lot.founds:
                try:
                    _file(row, Lot([one], len(one.raw)))
                except (DataError, IntegrityError):
                    _file(row, Lot([Found(one.after, one.read, name=one.name, fault=Fault.UNFILED)]))
    except NoRoom:  # through no fault of its own: taken up as often as people try, and from this place
        _hold(row, state=State.FULL, failure="full", due_at=None, attempts=max(0, row.attempts - 1))
        return False
    return True


def _file(row: Import, lot: Lot) -> None:
    mailbox, now = row.mailbox, timezone.now()
    whole = [(one, parse(one.raw)) for one in lot.founds if one.fault is None]
    read = [(one, parsed) for one, parsed in whole if not shelves.is_draft(one)]
    unsents = [(one, parsed, unsent.files(one, parsed)) for one, parsed in whole if shelves.is_draft(one)]
    faulty = [one for one in lot.founds if one.fault]
    with transaction.atomic():
        _hold(row)
        drafts = [_draft(row, *given, now) for given in unsents]
        faulty += [one for one in drafts if isinstance(one, Found)]
        known = _known(mailbox, read)
        fresh = [(one, parsed) for n, (one, parsed) in enumerate(read) if n not in known]
        room = Mailbox.objects.filter(pk=mailbox.pk).values_list(F("quota_bytes") - F("used_bytes"), flat=True)[0]
        if sum(len(one.raw) for one, _ in fresh) > max(0, room):  # what is there already, or is refused, takes none
            raise NoRoom
        filed = store.file(mailbox, [_filing(mailbox, one, parsed, now) for one, parsed in fresh])
        told = [
            Told(one.name, row.filed + row.known + row.refused + n, str(one.fault)) for n, one in enumerate(faulty, 1)
        ]
        left_out = row.refused + len(faulty)
        last, kept = lot.founds[-1], sum(message is not None for message in filed) + drafts.count(True)
        step = {
            "at_file": last.after.file, "at_entry": last.after.entry, "at_offset": last.after.offset, "read_bytes": last.read,
            "filed": row.filed + kept, "known": row.known + len(lot.founds) - len(faulty) - kept, "refused": left_out,
            "faults_box": desk.sealed_faults(mailbox, row, told), "attempts": 0, "due_at": timezone.now() + LEASE,
        }  # fmt: skip
        Import.objects.filter(pk=row.pk).update(**step)
    for name, value in step.items():
        setattr(row, name, value)


def _draft(
    row: Import, one: Found, parsed: ParsedMessage, carried: list[OutgoingFile] | Fault, now: datetime
) -> Found | bool:
    """Was it made a draft, or was it one? Why not, in its place."""
    done = unsent.take(row.mailbox, row.author_id, one, parsed, carried, at=_filed_at(one, parsed, now))
    return done if isinstance(done, bool) else replace(one, fault=done)


def _known(mailbox: Mailbox, read: list[tuple[Found, ParsedMessage]]) -> set[int]:
    """Which of them stand in the mailbox byte for byte, however they came: by Message-ID and size, then by their bytes."""
    index = mailbox.keys.index
    tokens = {n: store.id_token(index, parsed.message_id) for n, (_, parsed) in enumerate(read) if parsed.message_id}
    rows = Message.objects.filter(mailbox=mailbox, message_id_token__in=set(tokens.values())).select_related("blob")
    there: dict[tuple[int | None, int], list[Message]] = {}
    for message in rows.only("message_id_token", "size", "mailbox_id", "blob").defer("blob__box"):
        there.setdefault((message.message_id_token, message.size), []).append(message)
    found = set()
    for n, token in tokens.items():
        raw = read[n][0].raw
        if any(_is(message, mailbox, raw) for message in there.get((token, len(raw)), ())):
            found.add(n)
    return found


def _is(message: Message, mailbox: Mailbox, raw: bytes) -> bool:
    try:
        return blobs.read(message.blob, mailbox) == raw
    except crypto.Unreadable:
        return False


def _filing(mailbox: Mailbox, one: Found, parsed: ParsedMessage, now: datetime) -> store.Filing:
    role = shelves.role_of(one.folder)
    author = normalise(parsed.from_[0].addr_spec) if parsed.from_ else ""
    is_ours = role == Folder.Role.SENT or Mark.SENT in one.marks or author == mailbox.address
    return store.Filing(
        raw=one.raw,
        folder_role=role,
        direction=Message.Direction.OUT if is_ours and role != Folder.Role.INBOX else Message.Direction.IN,
        filed_at=_filed_at(one, parsed, now),
        mail_from=author[:254],
        fingerprint_source=sha256(b"import:" + one.raw).digest(),
        parsed=parsed,
        keywords=(IMPORTED, *(word for mark, word in _KEYWORDS.items() if mark in one.marks)),
        is_read=Mark.SEEN in one.marks,
        is_imported=True,
    )


def _filed_at(one: Found, parsed: ParsedMessage, now: datetime) -> datetime:
    """As the archive tells it, else as its author dated it; never in the future."""
    told = one.at or parsed.date
    return min(told.astimezone(UTC), now) if told and 1980 <= told.year < 9000 else now


def _hold(row: Import, **fields: object) -> None:
    """Lock and change the row while it is ours still."""
    mine = Import.objects.filter(pk=row.pk, state=row.state, ended_at__isnull=True, due_at=row.due_at)
    if not mine.update(**(fields or {"attempts": F("attempts")})):
        raise Lost


def _end(row: Import, state: State, failure: str) -> None:
    """Over: told to the audit, browsers refresh once; its pieces go."""
    with transaction.atomic():
        now = timezone.now()
        _hold(row, state=state, failure=failure, ended_at=now, due_at=now)
        record(
            "import.end", actor_id=row.author_id, mailbox_id=row.mailbox_id, subject=("import", row.pk),
            result=OK if state == State.DONE else ERROR, state=str(state), filed=row.filed,
            known=row.known, refused=row.refused,
        )  # fmt: skip
        if row.filed:
            notify.changed(row.mailbox_id)
    row.refresh_from_db()
    _clear(row)


def _clear(row: Import) -> None:
    """Destroy what was sent, in lots; then nothing is due any more."""
    over = False
    while not over:
        with transaction.atomic():
            over = pieces.drop(row)
    Import.objects.filter(pk=row.pk, ended_at__isnull=False).update(due_at=None)
