"""Transactions by the hour: what the operator's page draws. Counted again as often as one likes, with the same result.

What arrived is traced when it is filed, which may be hours later: the last hours are counted every minute, two days every
hour. Probes of our own are no traffic.
"""

from datetime import datetime, timedelta

from django.db import connection

from mailbox.models import Flow

RECENT, AGAIN = timedelta(hours=2), timedelta(hours=48)
_MOST = timedelta(days=31)  # of one statement

_COUNT = """
INSERT INTO mailbox_flow (hour, way, cause, count, size, p50, p95)
SELECT date_trunc('hour', at, 'UTC'), way, CASE WHEN code >= 400 THEN reason ELSE '' END AS cause, sum(repeats),
       coalesce(sum(size) FILTER (WHERE code < 400), 0),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY delay), percentile_cont(0.95) WITHIN GROUP (ORDER BY delay)
  FROM mailbox_transaction
 WHERE at >= %s AND at < %s
   AND (mailbox_id IS NULL OR mailbox_id <> ALL (ARRAY(SELECT id FROM mailbox_mailbox WHERE is_technical)))
 GROUP BY 1, 2, 3
ON CONFLICT (hour, way, cause) DO UPDATE SET count = excluded.count, size = excluded.size, p50 = excluded.p50, p95 = excluded.p95
"""


def count(now: datetime, since: timedelta = RECENT) -> None:
    """The hours from `since` before now, or before the last hour that was counted: after a night without worker, all of it."""
    last = Flow.objects.order_by("-hour").values_list("hour", flat=True).first()
    start = max(min(last or now, now) - since, now - _MOST)
    start = start.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [start, now + timedelta(hours=1)])


def forget(now: datetime, *, days: int) -> None:
    """Hours that are older than the transactions that they count."""
    Flow.objects.filter(hour__lt=now - timedelta(days=days + 1)).delete()
