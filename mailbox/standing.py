"""Where a thread stands: status, person, since when it waits, patients; and its copies in the rows that folders list.

The thread has the truth, `FolderThread` what lists and counters read. Each verb here runs in the transaction of the change
that makes it needed, under the lock on the mailbox. What is filed keeps both itself (store_rows.py), by the same rules.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper as Cursor

from mailbox.models.message import IMPORTED

AUTOMATIC = "$autosent"  # keyword of what a machine wrote
# Nobody waits for an answer to what a machine wrote, nor to what was brought from elsewhere
UNANSWERED = f"ARRAY['{AUTOMATIC}', '{IMPORTED}']::varchar[]"
RANK = "CASE t.status WHEN 'open' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END"
HAS_PATIENT = (
    "t.with_patient OR EXISTS (SELECT FROM mailbox_threadpatient p"
    " WHERE p.mailbox_id = t.mailbox_id AND p.thread_id = t.id)"
)
_WAITS = f"""
SELECT i.id, a.answered_at,
       CASE WHEN h.status = 'done' THEN NULL ELSE (
         SELECT min(m.filed_at) FROM mailbox_message m
          WHERE m.mailbox_id = h.mailbox_id AND m.thread_id = h.id AND m.direction = 'in'
            AND m.filed_at > coalesce(greatest(a.answered_at, h.done_at), '-infinity')
            AND NOT m.keywords && {UNANSWERED}) END AS since
  FROM unnest(%(threads)s::uuid[]) AS i (id)
  JOIN mailbox_thread h ON h.mailbox_id = %(box)s AND h.id = i.id
  CROSS JOIN LATERAL (SELECT max(m.filed_at) AS answered_at FROM mailbox_message m
                       WHERE m.mailbox_id = h.mailbox_id AND m.thread_id = h.id AND m.direction = 'out') a
"""  # noqa: S608  (a constant)


class NoMember(Exception):
    """Only who may write in a mailbox is given its threads."""


_STAND = f"""
WITH b AS (UPDATE mailbox_mailbox SET modseq = modseq + 1 WHERE id = %(box)s AND (%(person)s IS NULL OR EXISTS (
  SELECT FROM mailbox_membership s WHERE s.mailbox_id = %(box)s AND s.user_id = %(person)s AND s.role <> 'reader'
     AND (mailbox_mailbox.kind = 'PER' OR EXISTS (SELECT FROM mailbox_staff w WHERE w.tenant_id = mailbox_mailbox.tenant_id
       AND w.user_id = s.user_id AND w.state = 'authorised'))))
  RETURNING modseq),
x AS ({
    _WAITS.replace("h.status = 'done'", "coalesce(%(status)s, h.status) = 'done'").replace(
        "h.done_at)", "CASE WHEN %(redone)s THEN %(done_at)s ELSE h.done_at END)"
    )
}),
t AS (UPDATE mailbox_thread t SET modseq = b.modseq, acted_modseq = b.modseq, status = coalesce(%(status)s, t.status),
    done_at = CASE WHEN %(redone)s THEN %(done_at)s ELSE t.done_at END,
    assigned_to_id = CASE WHEN %(given)s THEN %(person)s ELSE t.assigned_to_id END,
    answered_at = x.answered_at, waits_since = x.since
  FROM b, x WHERE t.mailbox_id = %(box)s AND t.id = x.id
  RETURNING t.id, t.mailbox_id, t.status, t.assigned_to_id, t.waits_since),
r AS (UPDATE mailbox_folderthread r SET rank = {RANK}, assigned_to_id = t.assigned_to_id, waits_since = t.waits_since
  FROM t WHERE r.mailbox_id = %(box)s AND r.thread_id = t.id),
e AS (INSERT INTO mailbox_threadevent (mailbox_id, thread_id, at, verb, actor_id, person_id, word)
  SELECT t.mailbox_id, t.id, %(now)s, %(verb)s, %(by)s, %(person)s, coalesce(%(status)s, '') FROM t)
SELECT modseq FROM b
"""  # noqa: S608  (constants)


def stand(
    cursor: Cursor, mailbox_id: UUID, thread_ids: Sequence[UUID], *, by: UUID | None, now: datetime, status: str | None = None,
    redone: bool = False, done_at: datetime | None = None, given: bool = False, person: UUID | None = None,
) -> int:  # fmt: skip
    """A new status, or a new person (`given`), for these threads, their list rows and their history, in one statement.

    `redone`: `done_at` too. The caller has locked the mailbox. Returns its new modseq; NoMember when `person` may not have
    them now that it is locked, whatever was read before.
    """
    verb = "status" if not given else "assigned" if person else "unassigned"  # ThreadEvent.Verb
    cursor.execute(
        _TYPED,
        {
            "box": mailbox_id, "threads": list(thread_ids), "by": by, "now": now, "status": status, "redone": redone,
            "done_at": done_at, "given": given, "person": person, "verb": verb,
        },
    )  # fmt: skip
    found = cursor.fetchone()
    if found is None:
        raise NoMember
    modseq: int = found[0]
    return modseq


_CASTS = {
    "status": "text",
    "done_at": "timestamptz",
    "person": "uuid",
    "redone": "boolean",
    "given": "boolean",
    "by": "uuid",
}
_TYPED = _STAND
for _name, _cast in _CASTS.items():  # a parameter that may be null has no type of its own
    _TYPED = _TYPED.replace(f"%({_name})s", f"%({_name})s::{_cast}")


def reckon(cursor: Cursor, mailbox_id: UUID, thread_ids: Sequence[UUID], *, keeps_answers: bool = False) -> None:
    """Since when these threads wait, from their messages, and all that their list rows say of them.

    `keeps_answers`: an answer that is destroyed was given all the same.
    """
    given: dict[str, Any] = {"box": mailbox_id, "threads": list(thread_ids)}
    waits = _WAITS.replace("max(m.filed_at)", "greatest(max(m.filed_at), h.answered_at)") if keeps_answers else _WAITS
    cursor.execute(
        f"UPDATE mailbox_thread t SET waits_since = x.since, answered_at = x.answered_at FROM ({waits}) x"  # noqa: S608
        " WHERE t.mailbox_id = %(box)s AND t.id = x.id",
        given,
    )
    show(cursor, mailbox_id, thread_ids)


def show(cursor: Cursor, mailbox_id: UUID, thread_ids: Sequence[UUID]) -> None:
    """Copy what threads are to their list rows."""
    cursor.execute(
        f"UPDATE mailbox_folderthread r SET rank = {RANK}, assigned_to_id = t.assigned_to_id,"  # noqa: S608  (constants)
        f" waits_since = t.waits_since, has_patient = {HAS_PATIENT} FROM mailbox_thread t"
        " WHERE r.mailbox_id = %(box)s AND r.thread_id = ANY(%(threads)s)"
        " AND t.mailbox_id = %(box)s AND t.id = r.thread_id",
        {"box": mailbox_id, "threads": list(thread_ids)},
    )
