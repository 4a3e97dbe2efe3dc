"""Raw bytes -> sealed blob, Message, Thread, list row, search tokens: one transaction, the only such place.

`file_all` files any number of letters of any number of mailboxes in nine statements; one more when there are files, one when
one of them is an answer. Parsing, sealing and tokenising come before the transaction. In it the blind index comes first, for it
takes longest; then the lock on the mailbox rows, so that threads and counters are exact, and two workers that meet in one
mailbox wait for little.
Refuses to know where a letter came from: arrivals, reports, sent copies and imports are all filed here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import blobs, following, search, standing, store_messages, store_rows, summary, vocabulary
from mailbox.mime import mdn, mss, report, threads
from mailbox.mime.address import is_patient, normalise
from mailbox.mime.parse import parse
from mailbox.mime.values import Address, ParsedMessage
from mailbox.models import Blob, Folder, Mailbox, MailboxKeys, Message, Thread
from mssweb import crypto, notify

_SUBJECT_DAYS = 30  # a reply without References joins a thread of the same subject this young (design §6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """One letter to file. `fingerprint_source` is the SHA-256 by which a peer's second sending is recognised."""

    raw: bytes
    folder_role: str
    direction: str  # Message.Direction
    filed_at: datetime
    mail_from: str = ""
    is_verified: bool = False
    fingerprint_source: bytes | None = None
    author_id: UUID | None = None
    thread_id: UUID | None = None
    warnings: tuple[str, ...] = ()
    seen_by: UUID | None = None  # the user who needs no unread mark
    bcc: tuple[Address, ...] = ()
    parsed: ParsedMessage | None = None  # when the caller has parsed already, or refuses to
    keywords: tuple[str, ...] = ()
    is_read: bool = False  # by everybody: nobody gets an unread mark
    is_imported: bool = False  # brought from elsewhere (imports/): reopens no thread, answers no receipt, rings nobody


@dataclass(slots=True)
class Letter:
    """A filing made ready: everything sealed, nothing stored."""

    mailbox: Mailbox
    filing: Filing
    parsed: ParsedMessage
    summary: summary.Summary
    blob: Blob
    id: UUID
    box: bytes
    tokens: list[int]
    named: list[str]  # words of its subject and people
    fingerprint: int | None
    own_token: int | None
    reference_tokens: list[int]  # newest last
    subject_token: int | None
    thread_id: UUID  # of a thread of its own, until threading finds where it belongs
    joins: bool = False  # another's thread
    row: Message | None = field(default=None, repr=False)

    @property
    def is_received(self) -> bool:
        return self.filing.direction == Message.Direction.IN

    @property
    def is_automatic(self) -> bool:
        """From no mailbox, as reports and what the house itself says (RFC 5321 §4.5.5), or an absence: nobody answers it."""
        return self.is_received and (not self.filing.mail_from or self.is_auto_reply)

    @property
    def is_auto_reply(self) -> bool:
        """No person answered (RFC 3834 §5). What fails is told by reports, though some call themselves so too."""
        told = self.parsed.headers.get("auto-submitted", "").partition(";")[0].strip().lower()
        return self.is_received and told == "auto-replied" and not report.is_report(self.parsed)

    @property
    def is_waiting(self) -> bool:
        """Does somebody wait for an answer to it?"""
        return self.is_received and not self.is_automatic and not self.filing.is_imported

    @property
    def has_patient(self) -> bool:
        told = self.summary
        return any(is_patient(one.addr_spec) for one in (*told.from_, *told.to, *told.cc, *told.bcc))

    @property
    def makes(self) -> str:
        """The status that it gives its thread; KEPT by a receipt or an absence, which ask for nothing, BROUGHT by an import."""
        if self.filing.is_imported:
            return store_rows.BROUGHT
        if not self.is_received:
            is_last = mss.is_last(self.parsed.headers, self.parsed.subject)  # ECO.2.2.8: nobody may answer it
            return Thread.Status.DONE if is_last else Thread.Status.WAITING
        asks_nothing = self.is_auto_reply or (self.is_automatic and report.is_receipt(self.parsed))
        return store_rows.KEPT if asks_nothing else Thread.Status.OPEN


def file(mailbox: Mailbox, filings: Sequence[Filing]) -> list[Message | None]:
    """File letters in one mailbox; None stands for a duplicate of what is already there."""
    return file_all([(mailbox, filing) for filing in filings])


def file_all(pairs: Iterable[tuple[Mailbox, Filing]]) -> list[Message | None]:
    """File letters, each in its mailbox, in one transaction. The answer has the order of `pairs`."""
    known: defaultdict[UUID, dict[str, int]] = defaultdict(dict)  # tokens: letters of one lot share most of their words
    letters = [prepare(mailbox, filing, known[mailbox.pk]) for mailbox, filing in pairs]
    if not letters:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.insert_index(cursor, letters)
        shelves = store_rows.lock(cursor, {letter.mailbox.pk for letter in letters})
        fresh = _thread_up(cursor, letters)
        _number(fresh, shelves)
        store_rows.upsert_threads(cursor, fresh)
        _insert(cursor, fresh)
        store_rows.upsert_list_rows(cursor, fresh)
        store_rows.reckon(cursor, fresh)
        store_rows.insert_unread(cursor, fresh)
        store_rows.queue_examinations(cursor, fresh)
        following.hear(cursor, fresh)
        store_rows.advance(cursor, fresh, shelves)
        store_rows.drop_index(cursor, [letter for letter in letters if letter.row is None])
        _learn(fresh)
        heard = {letter.mailbox.pk for letter in letters if not letter.filing.is_imported}
        notify.all_changed({mailbox_id: shelf.modseq for mailbox_id, shelf in shelves.items() if mailbox_id in heard})
    return [letter.row for letter in letters]


def prepare(mailbox: Mailbox, filing: Filing, known: dict[str, int] | None = None) -> Letter:
    """Parse, seal and tokenise: all the work that needs no lock. `known`: see search.tokens_for."""
    keys, message_id = mailbox.keys, uuid7()
    parsed = filing.parsed or parse(filing.raw)
    told = summary.of(parsed, mail_from=filing.mail_from, bcc=filing.bcc)
    named = search.named(told)
    source = filing.fingerprint_source
    base = threads.base_subject(parsed.subject)
    return Letter(
        mailbox=mailbox,
        filing=filing,
        parsed=parsed,
        summary=told,
        blob=blobs.seal(mailbox.pk, keys, filing.raw),
        id=message_id,
        box=summary.seal(told, keys=keys, mailbox_id=mailbox.pk, message_id=message_id),
        tokens=search.tokens_for(keys.index, told, parsed.text, head=named, known=known),
        named=named,
        fingerprint=crypto.blind(keys.index, f"data:{source.hex()}") if source else None,
        own_token=id_token(keys.index, parsed.message_id) if parsed.message_id else None,
        reference_tokens=[id_token(keys.index, ref) for ref in threads.thread_ids(parsed)],
        subject_token=crypto.blind(keys.index, f"subject:{base}") if base else None,
        thread_id=uuid7(),
    )


def id_token(key: crypto.Key, message_id: str) -> int:
    return crypto.blind(key, f"id:{message_id}")


def _thread_up(cursor: store_rows.Cursor, letters: Sequence[Letter]) -> list[Letter]:
    """Give each letter its thread; returns those that are not duplicates, in the order of filing."""
    known = store_rows.look_up(cursor, letters)
    fresh: list[Letter] = []
    for letter in letters:
        mailbox_id = letter.mailbox.pk
        if letter.fingerprint is not None:
            if (mailbox_id, letter.fingerprint) in known.fingerprints:
                continue
            known.fingerprints.add((mailbox_id, letter.fingerprint))
        names = [*letter.reference_tokens, *([] if letter.own_token is None else [letter.own_token])]
        ranked = [*reversed(letter.reference_tokens), *names[len(letter.reference_tokens) :]]
        found = next((known.threads[mailbox_id, t] for t in ranked if (mailbox_id, t) in known.threads), None)
        joined = letter.filing.thread_id or found or _same_subject(letter, fresh)
        letter.thread_id, letter.joins = joined or letter.thread_id, joined is not None
        for token in names:
            known.threads.setdefault((mailbox_id, token), letter.thread_id)
        fresh.append(letter)
    return fresh


def _same_subject(letter: Letter, fresh: Sequence[Letter]) -> UUID | None:
    """A reply that lost its References joins the one recent thread of that subject with the same correspondents.

    Two candidates are an ambiguity (two patients, two prescriptions): then it starts a thread of its own.
    """
    if letter.filing.is_imported or letter.subject_token is None or not threads.is_reply(letter.parsed.subject):
        return None
    since = letter.filing.filed_at - timedelta(days=_SUBJECT_DAYS)
    rows = Message.objects.filter(
        mailbox_id=letter.mailbox.pk,
        thread__mailbox_id=letter.mailbox.pk,
        thread__subject_token=letter.subject_token,
        thread__last_at__gte=since,
    ).order_by("-filed_at")[:20]
    people = _people(letter.summary, letter.mailbox)
    candidates = {m.thread_id for m in rows if people & _people_of(m, letter.mailbox)}
    candidates |= {
        other.thread_id
        for other in fresh
        if other.mailbox.pk == letter.mailbox.pk
        and other.subject_token == letter.subject_token
        and people & _people(other.summary, other.mailbox)
    }
    return candidates.pop() if len(candidates) == 1 else None


def _people_of(message: Message, mailbox: Mailbox) -> set[str]:
    """Nobody when its summary does not open: a damaged message holds no other."""
    try:
        return _people(summary.open_summary(message, mailbox.keys), mailbox)
    except crypto.Unreadable:
        return set()


def _people(told: summary.Summary, mailbox: Mailbox) -> set[str]:
    """The correspondents of a message who are not this mailbox: it stands in each of them."""
    people = {normalise(address.addr_spec) for address in (*told.from_, *told.to, *told.cc)}
    return people - {mailbox.address}


def _number(letters: Sequence[Letter], shelves: dict[UUID, store_rows.Shelf]) -> None:
    """uid of the folder and modseq of the mailbox, and with them the Message row."""
    for letter in letters:
        filing, parsed, shelf = letter.filing, letter.parsed, shelves[letter.mailbox.pk]
        came = filing.direction == Message.Direction.IN and not filing.is_imported
        facts = mss.facts(parsed.headers)
        folder_id, uid = shelf.next_uid(filing.folder_role)
        shelf.modseq += 1
        letter.row = Message(
            id=letter.id,
            mailbox_id=letter.mailbox.pk,
            thread_id=letter.thread_id,
            folder_id=folder_id,
            uid=uid,
            modseq=shelf.modseq,
            direction=filing.direction,
            filed_at=filing.filed_at,
            sent_at=summary.sent_at(parsed),
            size=len(filing.raw),
            keywords=[*filing.keywords, *([standing.AUTOMATIC] if letter.is_automatic else [])],
            moved_at=timezone.now() if filing.is_imported else None,  # into a bin: its days begin now
            has_attachments=any(not part.is_inline_image for part in parsed.attachments),
            warnings=[code[:24] for code in dict.fromkeys((*filing.warnings, *parsed.warnings))],
            is_verified=filing.is_verified,
            fingerprint=letter.fingerprint,
            message_id_token=letter.own_token,
            author_id=filing.author_id,
            receipt=Message.Receipt.ASKED if came and mdn.is_asked(parsed, filing.mail_from) else Message.Receipt.NONE,
            nil=facts.nil,
            has_codecda=facts.has_codecda,
            ins_flag=facts.ins_flag,
            blob=letter.blob,
            summary_box=letter.box,
        )


def _insert(cursor: store_rows.Cursor, letters: Sequence[Letter]) -> None:
    rows = [letter.row for letter in letters if letter.row]
    blobs.insert(letter.blob for letter in letters)
    store_messages.insert(cursor, rows)


def _learn(letters: Sequence[Letter]) -> None:
    words: dict[UUID, tuple[MailboxKeys, set[str]]] = {}
    for letter in letters:
        if letter.mailbox.is_technical:  # a probe a minute, of a word of its own, that nobody types
            continue
        words.setdefault(letter.mailbox.pk, (letter.mailbox.keys, set()))[1].update(letter.named)
    vocabulary.learn_later(words)


def lock(*mailbox_ids: UUID) -> None:
    """Hold mailboxes until the end of the caller's transaction, before the rows that filing would lock after them."""
    with connection.cursor() as cursor:
        store_rows.lock(cursor, set(mailbox_ids))


def remove(mailbox: Mailbox, message_ids: Sequence[UUID], *, was_sent: bool = False) -> None:
    """Destroy messages and their bytes: an undone sending, a purge. Threads left empty go with them.

    `was_sent`: what was written from here did leave, so that what it answered stays answered.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        rows = list(
            Message.objects.filter(mailbox=mailbox, pk__in=message_ids).values_list(
                "thread_id", "blob_id", "size", "direction"
            )
        )
        if not was_sent:
            store_rows.unclose(cursor, mailbox.pk, list(message_ids))
        Message.objects.filter(mailbox=mailbox, pk__in=message_ids).delete()
        blobs.remove(Blob.objects.filter(mailbox=mailbox, pk__in=[blob_id for _, blob_id, *_ in rows]))
        store_rows.rebuild(cursor, mailbox.pk, sorted({thread_id for thread_id, *_ in rows}), was_sent=was_sent)
        unsent = [thread_id for thread_id, *_, direction in rows if direction == Message.Direction.OUT]
        store_rows.unanswer(cursor, mailbox.pk, [] if was_sent else unsent)
        modseq = store_rows.bump(cursor, mailbox.pk, freed=sum(size for *_, size, _ in rows))
        notify.changed(mailbox.pk, modseq)


def move_messages(mailbox: Mailbox, message_ids: Sequence[UUID], to_folder: Folder) -> int:
    """Put messages on another shelf, with new uids there. Returns how many moved."""
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        return len(
            _listed(cursor, mailbox.pk, store_messages.move(cursor, mailbox.pk, list(message_ids), to_folder.pk))
        )


def move_threads(
    *,
    mailbox: Mailbox,
    thread_ids: Sequence[UUID],
    from_folders: Sequence[UUID],
    to_folder: Folder,
    sent_to: Folder | None = None,
    spared: UUID | None = None,
) -> store_messages.Moved:
    """Put the messages that these threads have in some folders into another, what left from here into `sent_to`.

    `spared`: of the folders, the one from which only what stands in no other is taken.
    """
    sent = (sent_to or to_folder).pk
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        moved = store_messages.move_threads(
            cursor, mailbox.pk, list(thread_ids), list(from_folders), to_folder.pk, sent, spared
        )
        _listed(cursor, mailbox.pk, moved)
    return moved


def _listed(cursor: store_rows.Cursor, mailbox_id: UUID, moved: store_messages.Moved) -> dict[UUID, UUID]:
    """What moved, once the lists know it."""
    if moved.threads:
        store_rows.relist(cursor, mailbox_id, moved.threads.values())
        notify.changed(mailbox_id, moved.modseq)
    return moved.threads
