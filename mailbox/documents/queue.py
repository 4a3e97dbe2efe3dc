"""What is to be examined: asked for, claimed under a lease, done or due again. The row is the queue (design §4.2)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from mailbox.models import Examination, Mailbox

MAX_ATTEMPTS = 3
LEASE = timedelta(minutes=5)  # longer than one message may take in a turn (examining)
_AGAIN = timedelta(seconds=30)  # clamd is away: how long until it is asked again, a little longer each time
_LONGEST = timedelta(minutes=10)

# What was tried and is not known yet may be what killed its worker: it is claimed alone, and costs no other an attempt
_CLAIM = """
UPDATE mailbox_examination e SET attempts = least(e.attempts + 1, 1000), due_at = %(lease)s
  FROM (SELECT message_id, is_suspect, row_number() OVER line AS place, first_value(is_suspect) OVER line AS head
          FROM (SELECT message_id, due_at, attempts > 0 AND box IS NULL AS is_suspect FROM mailbox_examination
                 WHERE due_at <= %(now)s ORDER BY due_at {order} LIMIT %(count)s FOR UPDATE SKIP LOCKED) locked
        WINDOW line AS (ORDER BY due_at {order}, message_id)) due
 WHERE e.message_id = due.message_id AND (place = 1 OR NOT (head OR is_suspect)) RETURNING e.message_id, e.mailbox_id
"""


def ask(mailbox: Mailbox, message_ids: Iterable[UUID], *, now: datetime) -> None:
    """Of messages filed before there was a quarantine: due when somebody first looks at them."""
    rows = [Examination(message_id=pk, mailbox=mailbox, due_at=now) for pk in message_ids]
    Examination.objects.bulk_create(rows, ignore_conflicts=True)


def claim(now: datetime, *, count: int, newest: bool = False) -> list[tuple[UUID, UUID]]:
    """(message, mailbox) of what is ours until `now` and a lease: the longest due first, or what came last."""
    given: dict[str, Any] = {"now": now, "lease": now + LEASE, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(order="DESC" if newest else "ASC"), given)
        return list(cursor.fetchall())


def give_back(claimed: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """What was claimed at `now` and not begun is due, as if nobody had claimed it."""
    rows = Examination.objects.filter(pk__in=[message_id for message_id, _ in claimed], due_at=now + LEASE)
    rows.update(due_at=now, attempts=F("attempts") - 1)


def give_up(row: Examination) -> bool:
    """Due no more, and shown as such; false when another worker has taken it since."""
    mine = Examination.objects.filter(pk=row.pk, mailbox=row.mailbox_id, due_at=row.due_at, attempts=row.attempts)
    return bool(mine.update(due_at=None))


def not_tried(row: Examination) -> None:
    """What could not be read now, through no fault of its own, is due at the end of its lease as if nobody had claimed it."""
    mine = Examination.objects.filter(pk=row.pk, mailbox=row.mailbox_id, due_at=row.due_at, attempts=row.attempts)
    mine.update(attempts=max(0, row.attempts - 1))


def later(attempts: int) -> timedelta:
    return min(_AGAIN * max(1, attempts), _LONGEST)
