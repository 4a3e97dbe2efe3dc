"""Where a thread stands: status, person, since when it waits, patients; and its copies in the rows that folders list.

The thread has the truth, `FolderThread` what lists and counters read. Each verb here runs in the transaction of the change
that makes it needed, under the lock on the mailbox. What is filed keeps both itself (store_rows.py), by the same rules.
"""

from collections.abc import Sequence
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


def reckon(cursor: Cursor, mailbox_id: UUID, thread_ids: Sequence[UUID]) -> None:
    """Since when these threads wait, from their messages, and all that their list rows say of them."""
    given: dict[str, Any] = {"box": mailbox_id, "threads": list(thread_ids)}
    cursor.execute(
        f"UPDATE mailbox_thread t SET waits_since = x.since, answered_at = x.answered_at FROM ({_WAITS}) x"  # noqa: S608
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
