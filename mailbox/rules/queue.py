"""What rules have still to see: claimed under a lease, due again or gone. The row is the queue (design §4.2).

The rows are made by the statement that files (store_rows.insert_unread), where a mailbox has rules or an absence.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from mailbox.models import Sorting

MAX_ATTEMPTS = 4
LEASE = timedelta(minutes=2)
AGAIN = timedelta(minutes=1)  # documents are not examined yet: looked at again, though nobody rang

# What was tried already is claimed alone: what kills its worker costs no other an attempt
_CLAIM = """
UPDATE mailbox_sorting s SET attempts = least(s.attempts + 1, 1000), due_at = %(lease)s
  FROM (SELECT message_id, attempts, row_number() OVER line AS place, first_value(attempts) OVER line AS head
          FROM (SELECT message_id, due_at, attempts FROM mailbox_sorting WHERE due_at <= %(now)s
                 ORDER BY due_at LIMIT %(count)s FOR UPDATE SKIP LOCKED) locked
        WINDOW line AS (ORDER BY due_at, message_id)) due
 WHERE s.message_id = due.message_id AND (place = 1 OR (head = 0 AND due.attempts = 0))
RETURNING s.message_id, s.mailbox_id
"""


def claim(now: datetime, *, count: int) -> list[tuple[UUID, UUID]]:
    """(message, mailbox) of what is ours until `now` and a lease, the longest due first."""
    given: dict[str, Any] = {"now": now, "lease": now + LEASE, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        return list(cursor.fetchall())


def examined(mailbox_id: UUID, message_id: UUID, now: datetime) -> None:
    """Its documents are known: what waited for them is due. In the transaction that says what they are."""
    Sorting.objects.filter(mailbox=mailbox_id, pk=message_id, due_at__gt=now).update(due_at=now)


def not_tried(row: Sorting) -> None:
    """What could not be read now, through no fault of its own, is due at the end of its lease as if nobody had claimed it."""
    mine = Sorting.objects.filter(pk=row.pk, mailbox=row.mailbox_id, due_at=row.due_at, attempts=row.attempts)
    mine.update(attempts=max(0, row.attempts - 1))


def drop(mailbox_id: UUID, message_id: UUID) -> None:
    """Nothing of it can be sorted any more."""
    Sorting.objects.filter(mailbox=mailbox_id, pk=message_id).delete()
