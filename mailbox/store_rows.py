"""The statements of store.py that Django's ORM cannot say in one: locks, upserts with sums, list rows from messages.

Every statement names the mailbox. Refuses to decide anything: which thread, which folder, which uid is store.py's.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.backends.utils import CursorWrapper as Cursor

from mailbox import standing
from mailbox.mime.xdm import is_prefixed
from mailbox.models import Message, Thread

if TYPE_CHECKING:
    from mailbox.store import Letter

__all__ = [
    "BROUGHT", "KEPT", "Cursor", "Known", "Shelf", "advance", "bump", "drop_index", "insert_index", "insert_unread",
    "lock", "look_up", "patients_changed", "queue_examinations", "rebuild", "reckon", "relist", "unanswer",
    "unclose", "upsert_list_rows", "upsert_threads",
]  # fmt: skip
# Of letters that leave the status of their thread as it is: a new one is open, or done when it was brought from elsewhere
KEPT, BROUGHT = "kept", "brought"


@dataclass(slots=True)
class Shelf:
    """A locked mailbox: its modseq and, by role, its folders with their next uid."""

    modseq: int
    folders: dict[str, UUID] = field(default_factory=dict)
    uid_next: dict[UUID, int] = field(default_factory=dict)

    def next_uid(self, role: str) -> tuple[UUID, int]:
        folder_id = self.folders[role]
        uid = self.uid_next[folder_id]
        self.uid_next[folder_id] = uid + 1
        return folder_id, uid


@dataclass(slots=True)
class Known:
    """What the database knows already: (mailbox, fingerprint) filed, (mailbox, token) -> thread."""

    fingerprints: set[tuple[UUID, int]]
    threads: dict[tuple[UUID, int], UUID]


def lock(cursor: Cursor, mailbox_ids: set[UUID]) -> dict[UUID, Shelf]:
    """Lock mailboxes and their folders in the order of ids, so that two workers never wait for each other in a ring.

    NO KEY: whoever inserts a row that names them (smtpd an arrival) neither waits nor makes a ring with us.
    """
    cursor.execute(
        "SELECT m.id, m.modseq, f.id, f.role, f.uid_next FROM mailbox_mailbox m"
        " JOIN mailbox_folder f ON f.mailbox_id = m.id WHERE m.id = ANY(%s) ORDER BY m.id, f.id FOR NO KEY UPDATE",
        [sorted(mailbox_ids)],
    )
    shelves: dict[UUID, Shelf] = {}
    for mailbox_id, modseq, folder_id, role, uid_next in cursor.fetchall():
        shelf = shelves.setdefault(mailbox_id, Shelf(modseq))
        shelf.uid_next[folder_id] = uid_next
        if role:
            shelf.folders[role] = folder_id
    return shelves


def look_up(cursor: Cursor, letters: Sequence["Letter"]) -> Known:
    """One question for a whole batch: which letters are here already, which threads do their references lead to?"""
    prints = [(letter.mailbox.pk, letter.fingerprint) for letter in letters if letter.fingerprint is not None]
    names = [
        (letter.mailbox.pk, token)
        for letter in letters
        for token in (*letter.reference_tokens, letter.own_token)
        if token is not None
    ]
    cursor.execute(
        "SELECT m.mailbox_id, m.fingerprint, NULL::uuid FROM unnest(%s::uuid[], %s::bigint[]) AS x (box, token)"
        "  JOIN mailbox_message m ON m.mailbox_id = x.box AND m.fingerprint = x.token"
        " UNION ALL "
        "SELECT t.mailbox_id, t.token, t.thread_id FROM unnest(%s::uuid[], %s::bigint[]) AS x (box, token)"
        "  JOIN mailbox_threadtoken t ON t.mailbox_id = x.box AND t.token = x.token",
        [*_columns(prints, 2), *_columns(names, 2)],
    )
    rows = cursor.fetchall()
    return Known(
        fingerprints={(box, token) for box, token, thread in rows if thread is None},
        threads={(box, token): thread for box, token, thread in rows if thread is not None},
    )


def upsert_threads(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """Create threads, or give old ones their new last message; with them the Message-IDs by which others join.

    What arrives reopens a thread, and its history tells so; what leaves waits for an answer. `waits_since` is exact whatever
    the order of filing: an answer that is older than what it finds has messages read again, as have several letters at once
    for an old thread (`reckon`).
    """
    groups = _grouped(letters, lambda message: message.thread_id)
    rows = [_thread_row(group) for group in groups]
    names = {
        (letter.mailbox.pk, token): letter.thread_id
        for letter in reversed(letters)
        for token in (*letter.reference_tokens, letter.own_token)
        if token is not None
    }
    cursor.execute(
        _THREADS, [*_columns([(box, token, thread) for (box, token), thread in names.items()], 3), *_columns(rows, 10)]
    )


def _thread_row(group: Sequence["Letter"]) -> tuple[object, ...]:
    """What a group of letters of one thread brings it."""
    messages = [_row(letter) for letter in group]
    first, last = messages[0], max(message.filed_at for message in messages)
    made = [letter.makes for letter in group]
    told = [one for one in (Thread.Status.OPEN, *reversed(made)) if one in made and one not in {KEPT, BROUGHT}]
    status = next(iter(told), KEPT if KEPT in made else BROUGHT)
    answered = max((m.filed_at for m in messages if m.direction == Message.Direction.OUT), default=None)
    since = min(
        (m.filed_at for m, letter in zip(messages, group, strict=True)
         if letter.is_waiting and (answered is None or m.filed_at > answered)),
        default=None,
    )  # fmt: skip
    row = (first.thread_id, first.mailbox_id, status, group[0].subject_token, messages[-1].modseq, last, len(group))
    return (*row, answered, since, any(letter.has_patient for letter in group))


_THREADS = f"""
WITH n AS (INSERT INTO mailbox_threadtoken (mailbox_id, token, thread_id)
  SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[]) ON CONFLICT (mailbox_id, token) DO NOTHING),
x AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::int[],
  %s::timestamptz[], %s::timestamptz[], %s::bool[])
  AS x (id, box, status, subject, modseq, last_at, count, answered_at, since, with_patient)),
e AS (INSERT INTO mailbox_threadevent (mailbox_id, thread_id, at, verb, word)
  SELECT x.box, x.id, x.last_at, 'reopened', t.status FROM x JOIN mailbox_thread t ON t.mailbox_id = x.box AND t.id = x.id
   WHERE x.status = 'open' AND t.status <> 'open')
INSERT INTO mailbox_thread AS t (id, mailbox_id, status, subject_token, modseq, last_at, message_count, answered_at,
  waits_since, with_patient, acted_modseq)
SELECT id, box, CASE WHEN status NOT IN ('{KEPT}', '{BROUGHT}') THEN status
                     WHEN EXISTS (SELECT FROM mailbox_thread o WHERE o.mailbox_id = box AND o.id = x.id) THEN '{KEPT}'
                     WHEN status = '{KEPT}' THEN 'open' ELSE 'done' END,
       subject, modseq, last_at, count, answered_at, CASE WHEN status <> 'done' THEN since END, with_patient, 0 FROM x
ON CONFLICT (mailbox_id, id) DO UPDATE SET
  modseq = excluded.modseq,
  status = CASE excluded.status WHEN '{KEPT}' THEN t.status ELSE excluded.status END,
  done_at = CASE WHEN excluded.status = 'done' THEN excluded.last_at
                 WHEN t.status = 'done' AND t.done_at >= excluded.waits_since  -- it came before, and was not there yet
                 THEN excluded.waits_since - interval '1 microsecond' ELSE t.done_at END,
  last_at = greatest(t.last_at, excluded.last_at),
  message_count = t.message_count + excluded.message_count,
  answered_at = greatest(t.answered_at, excluded.answered_at),
  waits_since = CASE
    WHEN excluded.status = 'done' THEN NULL
    WHEN t.status = 'done' THEN excluded.waits_since
    WHEN excluded.answered_at >= t.waits_since THEN
      CASE WHEN t.last_at > excluded.answered_at
           THEN least(excluded.waits_since, (SELECT min(m.filed_at) FROM mailbox_message m
             WHERE m.mailbox_id = t.mailbox_id AND m.thread_id = t.id AND m.direction = 'in'
               AND m.filed_at > excluded.answered_at AND NOT m.keywords && {standing.UNANSWERED}))
           ELSE excluded.waits_since END
    WHEN excluded.waits_since <= greatest(t.answered_at, t.done_at) THEN t.waits_since
    ELSE least(t.waits_since, excluded.waits_since) END,
  with_patient = t.with_patient OR excluded.with_patient
"""  # noqa: S608  (constants)


def upsert_list_rows(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """The row by which each folder lists each thread; those of its other folders learn what it has become."""
    rows = []
    for group in _grouped(letters, lambda message: (message.folder_id, message.thread_id)):
        messages = [_row(letter) for letter in group]
        newest = max(messages, key=lambda message: message.filed_at)
        has_files, size = any(m.has_attachments for m in messages), sum(m.size for m in messages)
        place = (newest.mailbox_id, newest.folder_id, newest.thread_id)
        rows.append((*place, newest.pk, newest.filed_at, len(group), has_files, size))
    joined = {(letter.mailbox.pk, letter.thread_id) for letter in letters if letter.joins}
    cursor.execute(_LIST_ROWS, [*_columns(rows, 8), *_columns(sorted(joined), 2)])


_LIST_ROWS = f"""
WITH x AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::int[], %s::bool[],
  %s::bigint[]) AS x (box, folder, thread, newest, last_at, count, files, size)),
o AS (UPDATE mailbox_folderthread r
  SET rank = {standing.RANK}, waits_since = t.waits_since, has_patient = {standing.HAS_PATIENT}
  FROM unnest(%s::uuid[], %s::uuid[]) AS j (box, thread) JOIN mailbox_thread t ON t.mailbox_id = j.box AND t.id = j.thread
  WHERE r.mailbox_id = j.box AND r.thread_id = j.thread
    AND NOT EXISTS (SELECT FROM x WHERE x.folder = r.folder_id AND x.thread = r.thread_id))
INSERT INTO mailbox_folderthread AS r (mailbox_id, folder_id, thread_id, newest_id, last_at, message_count, has_attachments,
  size, rank, assigned_to_id, waits_since, has_patient)
SELECT x.*, {standing.RANK}, t.assigned_to_id, t.waits_since, {standing.HAS_PATIENT}
  FROM x JOIN mailbox_thread t ON t.mailbox_id = x.box AND t.id = x.thread
ON CONFLICT (mailbox_id, folder_id, thread_id) DO UPDATE SET
  newest_id = CASE WHEN excluded.last_at >= r.last_at THEN excluded.newest_id ELSE r.newest_id END,
  last_at = greatest(r.last_at, excluded.last_at),
  message_count = r.message_count + excluded.message_count,
  has_attachments = r.has_attachments OR excluded.has_attachments,
  size = r.size + excluded.size, rank = excluded.rank, assigned_to_id = excluded.assigned_to_id,
  waits_since = excluded.waits_since, has_patient = excluded.has_patient
"""  # noqa: S608  (constants)


def reckon(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """Of old threads that got several letters at once, as an import gives: which of them were answered is in the messages."""
    groups = list(_grouped(letters, lambda message: message.thread_id))
    for mailbox_id in {group[0].mailbox.pk for group in groups if len(group) > 1 and group[0].joins}:
        many = [group for group in groups if len(group) > 1 and group[0].joins and group[0].mailbox.pk == mailbox_id]
        standing.reckon(cursor, mailbox_id, sorted({group[0].thread_id for group in many}))


def insert_index(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """What finds a message again. Without a lock: the rows are of letters whose ids nobody knows yet.

    Arrays travel as their literals: a tenth of the cost of adapting 250 integers a message.
    """
    rows = [
        (letter.id, letter.mailbox.pk, letter.filing.filed_at, f"{{{','.join(map(str, letter.tokens))}}}")
        for letter in letters
    ]
    cursor.execute(
        "INSERT INTO mailbox_searchentry (message_id, mailbox_id, filed_at, tokens)"
        " SELECT x.id, x.box, x.at, x.tokens::bigint[]"
        " FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[]) AS x (id, box, at, tokens)",
        _columns(rows, 4),
    )


def drop_index(cursor: Cursor, duplicates: Sequence["Letter"]) -> None:
    """Of letters that are here already: seen once their mailbox is locked."""
    if duplicates:
        ids = [letter.id for letter in duplicates]
        cursor.execute("DELETE FROM mailbox_searchentry WHERE message_id = ANY(%s::uuid[])", [ids])


def queue_examinations(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """Documents are looked at later, by who may read hostile bytes (mailbox/documents): here they are only due."""
    rows = [
        (message.pk, message.mailbox_id, message.filed_at)
        for letter in letters
        if (message := _row(letter)).has_attachments
        or is_prefixed(letter.parsed.subject)
        or (settings.CLAMD_SOCKET and letter.parsed.attachments)  # images that the body shows: scanned, not opened
    ]
    if rows:
        cursor.execute(
            "INSERT INTO mailbox_examination (message_id, mailbox_id, due_at, attempts, scan)"
            " SELECT x.message, x.box, x.at, 0, '' FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])"
            " AS x (message, box, at)",
            _columns(rows, 3),
        )


def insert_unread(cursor: Cursor, letters: Sequence["Letter"]) -> None:
    """What arrives is unread for every member, save the one who needs no mark; and due to be sorted, where there are rules."""
    rows = [
        (message.mailbox_id, message.pk, message.thread_id, letter.filing.seen_by, _is_sorted(letter))
        for letter in letters
        if (message := _row(letter)).direction == Message.Direction.IN and not letter.filing.is_read
    ]
    if rows:
        cursor.execute(_UNREAD, _columns(rows, 5))


_UNREAD = """
WITH x AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bool[])
  AS x (box, message, thread, but, is_sorted)),
q AS (INSERT INTO mailbox_sorting (message_id, mailbox_id, due_at, attempts, is_answered, done)
  SELECT x.message, x.box, now(), 0, false, '{}' FROM x WHERE x.is_sorted
    AND (EXISTS (SELECT FROM mailbox_rule r WHERE r.mailbox_id = x.box AND r.is_on)
      OR EXISTS (SELECT FROM mailbox_absence a WHERE a.mailbox_id = x.box AND a.is_on AND a.ends_at > now())))
INSERT INTO mailbox_seen (mailbox_id, membership_id, message_id, thread_id)
SELECT x.box, s.id, x.message, x.thread FROM x
  JOIN mailbox_membership s ON s.mailbox_id = x.box AND s.user_id IS DISTINCT FROM x.but
"""


def _is_sorted(letter: "Letter") -> bool:
    """Rules see what somebody wrote to this mailbox now: nothing that was brought, put aside, or written by the house."""
    filing = letter.filing
    is_house = not filing.mail_from and letter.parsed.headers.get("auto-submitted", "") == "auto-generated"
    return filing.folder_role == "inbox" and not filing.is_imported and not is_house


def advance(cursor: Cursor, letters: Sequence["Letter"], shelves: dict[UUID, Shelf]) -> None:
    """Write back the counters that the lock protects: uids, modseq, occupation."""
    sizes = dict.fromkeys(shelves, 0)
    for letter in letters:
        sizes[letter.mailbox.pk] += len(letter.filing.raw)
    touched = {_row(letter).folder_id for letter in letters}
    folders = [(f, uid) for shelf in shelves.values() for f, uid in shelf.uid_next.items() if f in touched]
    cursor.execute(
        "WITH f AS (UPDATE mailbox_folder f SET uid_next = x.uid"
        "  FROM unnest(%s::uuid[], %s::bigint[]) AS x (id, uid) WHERE f.id = x.id)"
        " UPDATE mailbox_mailbox m SET modseq = x.modseq, used_bytes = m.used_bytes + x.size"
        " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS x (id, modseq, size) WHERE m.id = x.id",
        [*_columns(folders, 2), *_columns([(box, shelf.modseq, sizes[box]) for box, shelf in shelves.items()], 3)],
    )


def bump(cursor: Cursor, mailbox_id: UUID, *, freed: int = 0) -> int:
    """The next modseq of a mailbox; `freed` bytes leave its occupation."""
    cursor.execute(
        "UPDATE mailbox_mailbox SET modseq = modseq + 1, used_bytes = greatest(0, used_bytes - %s) WHERE id = %s"
        " RETURNING modseq",
        [freed, mailbox_id],
    )
    modseq: int = cursor.fetchone()[0]
    return modseq


def relist(cursor: Cursor, mailbox_id: UUID, thread_ids: Iterable[UUID]) -> None:
    """Make the list rows of these threads again from their messages: enough where none came and none went."""
    cursor.execute(_RELIST, {"box": mailbox_id, "threads": sorted(set(thread_ids))})


_RELIST = f"""
WITH x AS (SELECT m.folder_id AS folder, m.thread_id AS thread,
    (array_agg(m.id ORDER BY m.filed_at DESC, m.id DESC))[1] AS newest,
    max(m.filed_at) AS last_at, count(*) AS count, bool_or(m.has_attachments) AS files, sum(m.size) AS size
  FROM mailbox_message m WHERE m.mailbox_id = %(box)s AND m.thread_id = ANY(%(threads)s) GROUP BY 1, 2),
d AS (DELETE FROM mailbox_folderthread r WHERE r.mailbox_id = %(box)s AND r.thread_id = ANY(%(threads)s)
  AND NOT EXISTS (SELECT FROM x WHERE x.folder = r.folder_id AND x.thread = r.thread_id))
INSERT INTO mailbox_folderthread AS r (mailbox_id, folder_id, thread_id, newest_id, last_at, message_count, has_attachments,
  size, rank, assigned_to_id, waits_since, has_patient)
SELECT t.mailbox_id, x.folder, x.thread, x.newest, x.last_at, x.count, x.files, x.size, {standing.RANK}, t.assigned_to_id,
  t.waits_since, {standing.HAS_PATIENT}
  FROM x JOIN mailbox_thread t ON t.mailbox_id = %(box)s AND t.id = x.thread
ON CONFLICT (mailbox_id, folder_id, thread_id) DO UPDATE SET newest_id = excluded.newest_id, last_at = excluded.last_at,
  message_count = excluded.message_count, has_attachments = excluded.has_attachments, size = excluded.size
"""  # noqa: S608  (constants)


def rebuild(cursor: Cursor, mailbox_id: UUID, thread_ids: list[UUID], *, was_sent: bool = False) -> None:
    """Make the list rows and sums of these threads again from their messages; empty threads go."""
    given: dict[str, Any] = {"box": mailbox_id, "threads": thread_ids}
    relist(cursor, mailbox_id, thread_ids)
    cursor.execute(
        "UPDATE mailbox_thread t SET message_count = x.count, last_at = coalesce(x.last_at, t.last_at)"
        " FROM (SELECT i.id, count(m.id) AS count, max(m.filed_at) AS last_at"
        "  FROM unnest(%(threads)s::uuid[]) AS i (id)"
        "  LEFT JOIN mailbox_message m ON m.mailbox_id = %(box)s AND m.thread_id = i.id"
        "  GROUP BY i.id) x"
        " WHERE t.id = x.id AND t.mailbox_id = %(box)s",
        given,
    )
    Thread.objects.filter(mailbox_id=mailbox_id, pk__in=thread_ids, message_count=0).delete()
    standing.reckon(cursor, mailbox_id, thread_ids, keeps_answers=was_sent)


def unclose(cursor: Cursor, mailbox_id: UUID, message_ids: list[UUID]) -> None:
    """Threads that one of these, which ends an exchange and never left, made done are so no more. Before it is destroyed."""
    cursor.execute(
        "UPDATE mailbox_thread t SET status = 'waiting', done_at = NULL FROM mailbox_message m"
        " WHERE m.mailbox_id = %(box)s AND m.id = ANY(%(messages)s) AND m.direction = 'out'"
        " AND t.mailbox_id = %(box)s AND t.id = m.thread_id AND t.status = 'done' AND t.done_at = m.filed_at",
        {"box": mailbox_id, "messages": message_ids},
    )


def unanswer(cursor: Cursor, mailbox_id: UUID, thread_ids: list[UUID]) -> None:
    """What these threads waited for was taken back before it left: what it answered is to be done again."""
    if thread_ids:
        cursor.execute(
            "UPDATE mailbox_thread SET status = 'open' WHERE mailbox_id = %(box)s AND id = ANY(%(threads)s)"
            " AND status = 'waiting' AND waits_since IS NOT NULL",
            {"box": mailbox_id, "threads": thread_ids},
        )
        standing.show(cursor, mailbox_id, thread_ids)


def patients_changed(cursor: Cursor, mailbox_id: UUID, thread_ids: Sequence[UUID]) -> None:
    """For whoever has written or deleted ThreadPatient rows of these threads, in the same transaction."""
    standing.show(cursor, mailbox_id, thread_ids)


def _grouped(letters: Sequence["Letter"], key: Callable[[Message], Hashable]) -> Iterable[list["Letter"]]:
    """Letters by a key of their rows, each group in the order of filing."""
    groups: dict[Hashable, list[Letter]] = {}
    for letter in letters:
        groups.setdefault(key(_row(letter)), []).append(letter)
    return groups.values()


def _row(letter: "Letter") -> Message:
    assert letter.row is not None  # noqa: S101  (numbered before any statement runs)
    return letter.row


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Rows to the columns that unnest() takes; no row gives empty columns."""
    return [[row[i] for row in rows] for i in range(width)]
