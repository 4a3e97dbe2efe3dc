"""Who sends what next: domains in their turn, each to a few workers at once (settings.OUTBOUND_PER_DOMAIN).

A turn is of one domain: some of its due rows, under a lease. Ten thousand messages for one domain keep nobody else
waiting, and a domain that does not answer (peers.py) is passed over without a look at its rows. The rows are the queue:
who sends to a domain is told by the leases on them, whatever the process or the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from mailbox.models import Recipient
from mailbox.outbound import peers
from mailbox.outbound.states import DELAY_TOLD_AFTER, LADDER, State
from mailbox.reply import Reply

BATCH = 20  # recipients of a turn
_CLAIMING = (
    0x6D73736F  # of advisory locks: claims of one domain follow each other, so that each sees the leases before it
)

# The domains that have a row in the queue, one probe of its index each; the first that is due, free and not left alone.
# Subselects, because joins could be planned as a reading of the whole queue.
_NEXT = """
WITH RECURSIVE waiting(domain) AS (
  (SELECT domain FROM mailbox_recipient WHERE state IN ('held', 'queued', 'sending', 'delayed') AND domain > %s
    ORDER BY domain LIMIT 1)
  UNION ALL
  SELECT (SELECT r.domain FROM mailbox_recipient r WHERE r.state IN ('held', 'queued', 'sending', 'delayed')
             AND r.domain > w.domain ORDER BY r.domain LIMIT 1)
    FROM waiting w WHERE w.domain IS NOT NULL)
SELECT w.domain, (SELECT true FROM mailbox_peer p WHERE p.domain = w.domain)
  FROM waiting w, LATERAL (
         SELECT r.not_before, r.is_local FROM mailbox_recipient r
          WHERE r.domain = w.domain AND r.state IN ('held', 'queued', 'sending', 'delayed')
          ORDER BY r.not_before LIMIT 1) AS first
 WHERE first.not_before <= %s AND w.domain <> ALL(%s::text[])
   AND (SELECT p.not_before FROM mailbox_peer p WHERE p.domain = w.domain AND p.not_before > %s) IS NULL
   AND (first.is_local OR (SELECT count(DISTINCT b.lease) FROM mailbox_recipient b
         WHERE b.domain = w.domain AND b.state = 'sending' AND b.not_before > %s) < %s)
 LIMIT 1
"""

_CLAIM = """
UPDATE mailbox_recipient SET state = 'sending', lease = %s, attempts = attempts + 1, not_before = %s
 WHERE id IN (SELECT r.id FROM mailbox_recipient r
               WHERE r.domain = %s AND r.not_before <= %s AND r.state IN ('held', 'queued', 'sending', 'delayed')
                 AND (r.is_local OR (SELECT count(DISTINCT b.lease) FROM mailbox_recipient b
                       WHERE b.domain = %s AND b.state = 'sending' AND b.not_before > %s) < %s)
               ORDER BY r.not_before, r.submission_id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING *
"""

_OVERDUE = """
UPDATE mailbox_recipient SET state = 'sending', lease = %s, not_before = %s
 WHERE id IN (SELECT r.id FROM mailbox_recipient r JOIN mailbox_submission s ON s.id = r.submission_id
               WHERE r.domain = %s AND r.not_before <= %s AND r.state IN ('held', 'queued', 'sending', 'delayed')
                 AND (COALESCE(r.retried_at, s.submitted_at) <= %s
                      OR (r.delay_reported_at IS NULL AND COALESCE(r.retried_at, s.submitted_at) <= %s))
               ORDER BY r.submission_id LIMIT %s FOR UPDATE OF r SKIP LOCKED)
RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Rows of one domain, ours until the lease ends. `is_probe`: the domain did not answer, this one asks again."""

    domain: str
    lease: UUID
    rows: list[Recipient]
    is_probe: bool = False


class Round:
    """One run of one worker through the domains, beginning where the run before it ended."""

    _after = ""  # of this process

    def __init__(self) -> None:
        self._barren: list[str] = []  # due, yet others had taken all of it: once is enough in a run

    def next(self, now: datetime, lease: timedelta) -> Turn | None:
        """The next turn, None when nothing is due that we may send."""
        while found := self._next_domain(now):
            domain, is_in_trouble = found
            Round._after = domain
            if turn := _claimed(domain, is_in_trouble, now, lease):
                return turn
            self._barren.append(domain)
        return None

    def _next_domain(self, now: datetime) -> tuple[str, bool] | None:
        starts = dict.fromkeys((Round._after, ""))
        return next((found for start in starts if (found := _first(start, self._barren, now))), None)


def _first(after: str, barren: Sequence[str], now: datetime) -> tuple[str, bool] | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [after, now, list(barren), now, now, settings.OUTBOUND_PER_DOMAIN])
        row = cursor.fetchone()
    return (row[0], bool(row[1])) if row else None


@transaction.atomic
def _claimed(domain: str, is_in_trouble: bool, now: datetime, lease: timedelta) -> Turn | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_CLAIMING, domain])
    if is_in_trouble and not peers.may_probe(domain, now=now, until=now + lease):
        return None
    given = [key := uuid4(), now + lease, domain, now, domain, now, settings.OUTBOUND_PER_DOMAIN]
    rows = list(Recipient.objects.raw(_CLAIM, [*given, 1 if is_in_trouble else BATCH]))
    if is_in_trouble and not rows:  # who was to try it has nothing to send
        peers.try_next(domain, now=now)
    return Turn(domain, key, rows, is_in_trouble) if rows else None


def overdue(domain: str, now: datetime, lease: timedelta) -> Turn | None:
    """Rows that wait while their domain is left alone, and whose own 48 hours are over, or 4 and nobody was told."""
    told, ended = (now - wait * settings.RETRY_SCALE for wait in (DELAY_TOLD_AFTER, LADDER[-1]))
    given = [key := uuid4(), now + lease, domain, now, ended, told, BATCH]
    rows = list(Recipient.objects.raw(_OVERDUE, given))
    return Turn(domain, key, rows) if rows else None


def give_back(rows: Sequence[Recipient], lease: UUID, reply: Reply | None = None) -> None:
    """They were not attempted, and are due. `reply`: why, when it is that their domain does not answer."""
    said = {}
    if reply:
        said = {"state": State.DELAYED, "reply_code": reply.code, "reply_enhanced": reply.enhanced[:12],
                "reply_text": reply.text[:500]}  # fmt: skip
    ours = Recipient.objects.filter(pk__in=[row.pk for row in rows], lease=lease, state=State.SENDING)
    ours.update(lease=None, not_before=timezone.now(), attempts=F("attempts") - 1, **said)
