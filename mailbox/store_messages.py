"""The rows of messages: written as they are filed, and given another shelf with new uids there, in one statement each.

Every statement names the mailbox, which the caller has locked (store_rows.lock); lists learn it from the caller
(store_rows). Refuses to decide which message goes where, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper as Cursor

from mailbox.models import Message

_ARRAYS = {"keywords", "warnings"}
_FIELDS = {field.column: field.attname for field in Message._meta.concrete_fields}


def _insertion() -> str:
    """A column travels as one array, whatever the number of letters: the statement is composed, and read, once.

    Types without their length: a cast would cut what the column refuses.
    """
    types = {
        str(field.column): str(field.db_type(connection)).partition("(")[0] for field in Message._meta.concrete_fields
    }
    given = ", ".join(f"%s::{'text' if column in _ARRAYS else kind}[]" for column, kind in types.items())
    chosen = ", ".join(f"x.{column}::varchar[]" if column in _ARRAYS else f"x.{column}" for column in types)
    names = ", ".join(types)
    return f"INSERT INTO {Message._meta.db_table} ({names}) SELECT {chosen} FROM unnest({given}) AS x ({names})"  # noqa: S608  (names of our own columns)


_INSERT = _insertion()


def insert(cursor: Cursor, messages: Sequence[Message]) -> None:
    """As the ORM would; it composed 25 parameters a letter, and the driver read them again: an eighth of all filing."""
    rows = [vars(message) for message in messages]
    columns = [
        [_literal(row[name]) for row in rows] if column in _ARRAYS else [row[name] for row in rows]
        for column, name in _FIELDS.items()
    ]
    cursor.execute(_INSERT, columns)
    for message in messages:
        message._state.adding, message._state.db = False, connection.alias


def _literal(words: Sequence[str]) -> str:
    """An array of an array's elements: unnest() would flatten it."""
    quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    return "".join(("{", ",".join(quoted), "}"))


@dataclass(frozen=True, slots=True)
class Moved:
    """Messages, each with its thread, and with the folder where it was; the modseq at which they moved."""

    threads: dict[UUID, UUID]
    folders: dict[UUID, UUID]
    modseq: int


def move(cursor: Cursor, mailbox_id: UUID, message_ids: list[UUID], folder_id: UUID) -> Moved:
    """Give messages a new folder and new uids there (RFC 9051 §2.3.1.1); those that are there already stay."""
    given = {"box": mailbox_id, "ids": message_ids, "folder": folder_id, "sent": folder_id}
    return _move(cursor, "m.id = ANY(%(ids)s)", given)


def move_threads(
    cursor: Cursor, mailbox_id: UUID, thread_ids: list[UUID], from_ids: list[UUID], folder_id: UUID, sent_id: UUID,
    spared_id: UUID | None,
) -> Moved:  # fmt: skip
    """All that these threads have in some folders; what left from here goes to `sent_id`.

    From `spared_id`, one of them, only what its thread has nowhere else among them.
    """
    given = {
        "box": mailbox_id, "threads": thread_ids, "from": from_ids, "folder": folder_id, "sent": sent_id, "spared": spared_id,
    }  # fmt: skip
    return _move(cursor, _OF_THREADS if spared_id else _OF_THREADS.partition("\n")[0], given)


_OF_THREADS = """m.folder_id = ANY(%(from)s::uuid[]) AND m.thread_id = ANY(%(threads)s)
  AND (m.folder_id <> %(spared)s OR NOT EXISTS (SELECT FROM mailbox_folderthread r WHERE r.mailbox_id = m.mailbox_id
    AND r.thread_id = m.thread_id AND r.folder_id = ANY(%(from)s::uuid[]) AND r.folder_id <> %(spared)s))
"""


def _move(cursor: Cursor, which: str, given: dict[str, Any]) -> Moved:
    """The caller has locked the mailbox."""
    cursor.execute(_MOVE.replace("{which}", which), given)
    rows = cursor.fetchall()
    threads, folders = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    return Moved(threads, folders, rows[0][3] if rows else 0)


_MOVE = """
WITH x AS (SELECT y.id, y.folder, y.folder_id AS was,
    row_number() OVER (PARTITION BY y.folder ORDER BY y.filed_at, y.id) - 1 AS rank
  FROM (SELECT m.id, m.filed_at, m.folder_id,
               CASE WHEN m.direction = 'out' THEN %(sent)s::uuid ELSE %(folder)s::uuid END AS folder
          FROM mailbox_message m WHERE m.mailbox_id = %(box)s AND {which}) y WHERE y.folder <> y.folder_id),
b AS (UPDATE mailbox_mailbox SET modseq = modseq + 1 WHERE id = %(box)s AND EXISTS (SELECT FROM x) RETURNING modseq),
n AS (UPDATE mailbox_folder f SET uid_next = f.uid_next + c.count FROM (SELECT folder, count(*) FROM x GROUP BY 1) c
  WHERE f.mailbox_id = %(box)s AND f.id = c.folder RETURNING f.id, f.uid_next - c.count AS first)
UPDATE mailbox_message m SET folder_id = n.id, modseq = b.modseq, moved_at = clock_timestamp(), uid = n.first + x.rank
  FROM b, x JOIN n ON n.id = x.folder WHERE m.mailbox_id = %(box)s AND m.id = x.id
RETURNING m.id, m.thread_id, x.was, b.modseq
"""
