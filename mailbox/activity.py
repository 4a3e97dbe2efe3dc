"""What a mailbox did: received, answered, how soon, waiting now; by day and by member. Counts and times, never a word.

Computed from messages and threads, in two statements bounded by the period; nothing is kept. An exchange is asked by the
first message received since the last answer, and answered by the next message that a person sent in its thread. Mail of our
own service asks nothing; what was brought from elsewhere (imports/) neither came nor left here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from mailbox.models import Folder, Mailbox, Thread
from mailbox.models.message import IMPORTED

PERIODS = (7, 30, 90)  # days
MOST_WAITING = 2_000  # newest threads of the inbox that are looked at
_LOOK_BACK = timedelta(days=30)  # a letter received before the period may be answered in it

# One sort of the period's messages by thread: both windows use it, the second sees only where the word passes to the other
# side. What is no person's letter (ours) is left out. Days are by number: their first instants are given.
_TURNS = f"""
WITH m AS MATERIALIZED (
  SELECT id, thread_id, filed_at, direction = 'out' AS is_out, author_id
    FROM mailbox_message
   WHERE mailbox_id = %(box)s AND filed_at >= %(before)s AND filed_at < %(end)s
     AND (direction = 'out' OR fingerprint IS NOT NULL OR is_verified) AND NOT '{IMPORTED}' = ANY(keywords)),
said AS (
  SELECT id, thread_id, filed_at, is_out, author_id, lag(is_out) OVER (PARTITION BY thread_id ORDER BY filed_at, id) AS before
    FROM m),
turns AS (
  SELECT is_out, before, author_id, filed_at, filed_at - lag(filed_at) OVER (PARTITION BY thread_id ORDER BY filed_at, id) AS took
    FROM said WHERE before IS DISTINCT FROM is_out),
answers AS (
  SELECT width_bucket(filed_at, %(days)s::timestamptz[]) AS day, author_id, extract(epoch FROM took)::float8 AS seconds
    FROM turns WHERE is_out AND NOT before AND filed_at >= %(start)s)
SELECT day, author_id, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), grouping(day), grouping(author_id)
  FROM answers GROUP BY GROUPING SETS ((day), (author_id), ())
 UNION ALL
SELECT width_bucket(filed_at, %(days)s::timestamptz[]), author_id, count(*), NULL, is_out::int, NULL
  FROM m WHERE filed_at >= %(start)s GROUP BY 1, author_id, is_out
"""  # noqa: S608  (a constant)
_WAITING = f"""
SELECT t.assigned_to_id, count(*), min(r.last_at)
  FROM (SELECT r.thread_id, r.newest_id, r.last_at FROM mailbox_folderthread r
          JOIN mailbox_folder f ON f.id = r.folder_id AND f.mailbox_id = %(box)s AND f.role = %(inbox)s
         WHERE r.mailbox_id = %(box)s ORDER BY r.last_at DESC LIMIT {MOST_WAITING}) r
  JOIN mailbox_thread t ON t.id = r.thread_id AND t.mailbox_id = %(box)s AND t.status <> %(done)s AND t.last_at <= r.last_at
  JOIN mailbox_message n ON n.id = r.newest_id AND n.mailbox_id = %(box)s AND n.direction = 'in'
       AND (n.fingerprint IS NOT NULL OR n.is_verified) AND NOT '{IMPORTED}' = ANY(n.keywords)
 GROUP BY 1
"""  # noqa: S608  (our own number and word)


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    received: int = 0
    sent: int = 0
    answered: int = 0
    median: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Part:
    """What one member did; `user_id` None: what nobody is in charge of. `median` in seconds."""

    user_id: UUID | None
    sent: int = 0
    answered: int = 0
    median: float | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """`days` oldest first, each of them; `median` in seconds; `oldest` waits since then."""

    days: list[Day]
    parts: dict[UUID | None, Part]
    answered: int = 0
    median: float | None = None
    waiting: int = 0
    oldest: datetime | None = None

    @property
    def received(self) -> int:
        return sum(one.received for one in self.days)

    @property
    def sent(self) -> int:
        return sum(one.sent for one in self.days)


type _Row = tuple[date | None, UUID | None, int, float | None, int, int | None]


def activity(mailbox: Mailbox, *, last: date, days: int, zone: ZoneInfo) -> Activity:
    """The `days` that end with `last`, on the clock of the pharmacy."""
    wanted = [last - timedelta(days=n) for n in reversed(range(days))]
    *begun, end = (datetime.combine(day, time(), zone) for day in (*wanted, last + timedelta(days=1)))
    given: dict[str, Any] = {
        "box": mailbox.pk, "before": begun[0] - _LOOK_BACK, "start": begun[0], "end": end, "days": begun,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, given)
        rows = [_row(wanted, *row) for row in cursor.fetchall()]
        cursor.execute(_WAITING, {"box": mailbox.pk, "inbox": Folder.Role.INBOX, "done": Thread.Status.DONE})
        waiting = cursor.fetchall()
    return _told(wanted, rows, waiting)


def _row(wanted: Sequence[date], number: int | None, *rest: Any) -> _Row:
    return (wanted[number - 1] if number else None, *rest)


def _told(
    wanted: Sequence[date], rows: Iterable[_Row], waiting: Sequence[tuple[UUID | None, int, datetime]]
) -> Activity:
    """Rows of answers say by which of day and author they are summed; rows of letters (the last field null), which way."""
    waits: dict[UUID | None, int] = {user: count for user, count, _ in waiting}
    letters: Counter[tuple[bool, date | UUID | None]] = Counter()
    answers: dict[date | UUID | None, tuple[int, float | None]] = {}
    for day, author, count, median, flag, is_answer in rows:
        if is_answer is None:
            letters[bool(flag), day] += count
            if flag:
                letters[True, author] += count
        elif not (flag and not is_answer and author is None):
            answers[day if not flag else author] = (count, median)
    nothing: tuple[int, float | None] = (0, None)
    days = [Day(day, letters[False, day], letters[True, day], *answers.get(day, nothing)) for day in wanted]
    people = {who for _, who in letters if isinstance(who, UUID)} | waits.keys()
    parts = {who: _part(who, letters, answers, waits) for who in people}
    oldest = min((at for *_, at in waiting), default=None)
    return Activity(days, parts, *answers.get(None, nothing), sum(waits.values()), oldest)


def _part(
    who: UUID | None, letters: Counter[tuple[bool, date | UUID | None]],
    answers: Mapping[date | UUID | None, tuple[int, float | None]], waits: Mapping[UUID | None, int],
) -> Part:  # fmt: skip
    told = answers.get(who, (0, None)) if who is not None else (0, None)
    return Part(who, letters[True, who] if who is not None else 0, *told, waits.get(who, 0))
