"""Examines what is due: each file through the antivirus and the quarantine, then patients, words and chips in one transaction.

A worker killed at any line leaves its rows to the next, once the lease has passed; three attempts, then the files are shown
without what could not be found out; two more, and each says that nobody could examine it. Refuses to parse anything itself.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction

from mailbox import blobs, search, store_rows
from mailbox.documents import clamd, facts, kinds, persons, queue
from mailbox.documents.facts import Brief, Facts, FileFacts
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Part
from mailbox.mime.xdm import parse_subject
from mailbox.models import Examination, Mailbox, Message
from mailbox.quarantine import runner
from mailbox.quarantine.runner import Given
from mailbox.quarantine.values import Person
from mailbox.reply import Temporary
from mailbox.rules.queue import examined
from mailbox.summary import Summary, open_summary
from mssweb import crypto, notify, stopping, tally
from mssweb.audit.record import ERROR, record

log = logging.getLogger(__name__)

_BATCH = 4
_TURN_SECONDS = 20.0  # then whoever rings says what time it is: leases count from `now`
MAX_FILES = 40  # of one message
_CHIPS = 4
Scan = Examination.Scan


def examine_due(now: datetime) -> int:
    """A turn of what is due; how many messages were. Safe to run anywhere, at any time."""
    count, until, newest = 0, monotonic() + _TURN_SECONDS, True
    while (
        monotonic() < until and not stopping.is_asked() and (claimed := queue.claim(now, count=_BATCH, newest=newest))
    ):
        newest = not newest  # what arrives now does not wait behind years that were imported, nor they for ever
        for message_id, mailbox_id in claimed:
            _one(message_id, mailbox_id, now)
            count += 1
    return count


def _one(message_id: UUID, mailbox_id: UUID, now: datetime) -> None:
    """One row; a mailbox without key, or a message that does not open, has nothing to examine."""
    rows = Examination.objects.select_related("message__blob", "mailbox__key")
    row = rows.filter(pk=message_id, mailbox_id=mailbox_id).first()
    if row is None:  # destroyed since
        return
    if row.box is None and row.attempts > queue.MAX_ATTEMPTS + 1:
        _give_up(row, now)
        return
    try:
        found, text = _examined(row)
    except Temporary:  # the store is away: the lease passes, and no attempt was made
        queue.not_tried(row)
        return
    except (crypto.Unreadable, ObjectDoesNotExist, ValueError, KeyError) as error:
        log.error("examination of %s failed (attempt %s): %s", message_id, row.attempts, type(error).__name__)
        if row.attempts < queue.MAX_ATTEMPTS:
            return
        _give_up(row, now)
        return
    _settle(row, found, text, now)


def _give_up(row: Examination, now: datetime) -> None:
    """The end of trying is told: to readers in place of each file, to rules, which wait no more, and to the operator."""
    mailbox = row.mailbox
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        if not queue.give_up(row):
            return
        examined(mailbox.pk, row.pk, now)
        notify.changed(mailbox.pk, store_rows.bump(cursor, mailbox.pk))
    log.error("examination of %s given up after %s attempts", row.pk, row.attempts)
    tally.count("examinations", "given_up")


def _examined(row: Examination) -> tuple[Facts, str]:
    mailbox, message = row.mailbox, row.message
    told = open_summary(message, mailbox.keys)
    before = facts.open_facts(row, mailbox.keys)
    files, texts = list[FileFacts](), list[str]()
    for part in _files(told):
        held = before.of(part.number) if before else None
        one, text = _file(message, mailbox, part, held, gave_up=row.attempts > queue.MAX_ATTEMPTS)
        files.append(one)
        texts.append(text)
    return Facts(tuple(files), tuple(_patients(files, told))), "\n".join(texts)


def _files(told: Summary) -> list[Part]:
    return [part for part in told.files if not part.is_inline_image][:MAX_FILES]


def _file(
    message: Message, mailbox: Mailbox, part: Part, held: FileFacts | None, *, gave_up: bool
) -> tuple[FileFacts, str]:
    """`gave_up`: what was tried three times is scanned, and not parsed any more."""
    if held and held.verdict != Scan.WAITING:
        return held, ""
    data = decoded_body(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)
    verdict = _verdict(data)
    if verdict == Scan.INFECTED:
        return FileFacts(part.number, "", "infected", verdict=verdict), ""
    if held:
        return FileFacts(
            part.number, held.kind, held.notice, held.page_count, held.problems, held.documents, verdict
        ), ""
    if gave_up:
        return FileFacts(part.number, "", "crashed", verdict=verdict), ""
    found = runner.look(Given(data, part.filename, part.content_type))
    kept = FileFacts(part.number, found.kind, found.notice, found.page_count, found.problems, found.documents, verdict)
    return kept, found.text


def _verdict(data: bytes) -> str:
    if not settings.CLAMD_SOCKET:
        return ""
    try:
        return clamd.scan(settings.CLAMD_SOCKET, data)
    except clamd.Away:
        return str(Scan.WAITING)


def _patients(files: list[FileFacts], told: Summary) -> Iterator[Person]:
    """Each once, from the documents; else as the subject tells (ECO.2.1.2, ECO.2.1.3)."""
    seen: set[tuple[str, str, str]] = set()
    for document in (one for file in files for one in file.documents):
        person = document.patient
        if person and (person.ins or person.family):
            key = (person.ins, "" if person.ins else person.family, "" if person.ins else person.born)
            if key not in seen:
                seen.add(key)
                yield person
    subject = parse_subject(told.subject) if not seen else None
    if subject and subject.name:
        yield Person(family=subject.name, given=subject.first_name, born=_born(subject.birth_date or ""))


def _born(text: str) -> str:
    """YYYYMMDD of 07/08/2010, 2010-08-07 or 20100807."""
    digits = "".join(c for c in text if c.isdigit())
    is_french = text[2:3] in {"/", ".", "-"}
    return f"{digits[4:]}{digits[2:4]}{digits[:2]}" if is_french else digits


def brief_of(found: Facts, told: Summary) -> Brief:
    chips = kinds.unique(
        kinds.chip(one.code, one.code_label, one.title)
        for file in found.files
        for one in file.documents
        if one.kind == "cda"
    )
    return Brief(tuple(chips[:_CHIPS]), found.patients[:3])


def _settle(row: Examination, found: Facts, text: str, now: datetime) -> None:
    """What was found, unless another worker has taken the row since."""
    mailbox, message = row.mailbox, row.message
    scan = _scan(found)
    due_at = now + queue.later(row.attempts) if scan == Scan.WAITING else None
    brief = brief_of(found, open_summary(message, mailbox.keys)) if found.files or found.patients else Brief()
    boxes = {
        "box": facts.seal("whole", found, mailbox.keys, mailbox.pk, message.pk),
        "brief_box": facts.seal("brief", brief, mailbox.keys, mailbox.pk, message.pk),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        mine = Examination.objects.filter(pk=row.pk, mailbox=mailbox, due_at=row.due_at, attempts=row.attempts)
        if not mine.update(due_at=due_at, scan=scan, **boxes):
            return
        if row.box is None:
            persons.attach(mailbox, message.thread_id, found.patients)
            search.add_words(mailbox, message.pk, text)
            examined(mailbox.pk, message.pk, now)
        if scan == Scan.INFECTED and row.scan != Scan.INFECTED:
            record("document.infected", mailbox_id=mailbox.pk, subject=("message", message.pk), result=ERROR)
        notify.changed(mailbox.pk, store_rows.bump(cursor, mailbox.pk))
    tally.count("examinations", "read")


def _scan(found: Facts) -> str:
    """Of all files: the worst."""
    verdicts = {file.verdict for file in found.files}
    worst = next((one for one in (Scan.INFECTED, Scan.WAITING, Scan.CLEAN) if one in verdicts), Scan.NONE)
    return str(Scan.WAITING if Scan.WAITING in verdicts else worst)
