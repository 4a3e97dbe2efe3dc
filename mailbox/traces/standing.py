"""How the operator's service stands, in four statements whatever the number of transactions: hours, causes, queues, peers.

Hours come from `flows`, at most a minute late; counts of queues end at a limit, beyond which «more» is all one needs to know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from mailbox.models import Incident, Peer

MOST_COUNTED = 10_000

_HOURS = """
SELECT hour, way, coalesce(sum(count) FILTER (WHERE cause = ''), 0), coalesce(sum(count) FILTER (WHERE cause <> ''), 0),
       max(p50) FILTER (WHERE cause = ''), max(p95) FILTER (WHERE cause = '')
  FROM mailbox_flow WHERE hour >= %s GROUP BY hour, way ORDER BY hour
"""
_CAUSES = """
SELECT way, cause, sum(count)::bigint FROM mailbox_flow WHERE hour >= %s AND cause <> ''
 GROUP BY way, cause ORDER BY 3 DESC, 2 LIMIT 12
"""
_NOW = f"""
WITH waiting AS (SELECT not_before, state FROM mailbox_recipient
                  WHERE state IN ('held', 'queued', 'sending', 'delayed') LIMIT {MOST_COUNTED + 1})
SELECT (SELECT count(*) FROM (SELECT FROM mailbox_arrival LIMIT {MOST_COUNTED + 1}) a),
       (SELECT min(arrived_at) FROM (SELECT arrived_at FROM mailbox_arrival LIMIT {MOST_COUNTED + 1}) a),
       (SELECT count(*) FROM waiting WHERE state <> 'sending' AND not_before <= %s),
       (SELECT min(not_before) FROM waiting WHERE state <> 'sending' AND not_before <= %s),
       (SELECT count(*) FROM waiting WHERE state = 'delayed'),
       (SELECT generated_at FROM mailbox_edition WHERE is_current),
       (SELECT max(this_update) FROM mailbox_revocationlist WHERE sha256 <> ''),
       (SELECT max(next_update) FROM mailbox_revocationlist WHERE sha256 <> ''),
       (SELECT until FROM mailbox_watched WHERE name = 'certificate'),
       (SELECT faults FROM mailbox_watched WHERE name = 'certificate'),
       (SELECT started_at FROM mailbox_probe WHERE way = 'in' AND seen_at IS NOT NULL ORDER BY started_at DESC LIMIT 1),
       (SELECT started_at FROM mailbox_probe WHERE way = 'out' AND seen_at IS NOT NULL ORDER BY started_at DESC LIMIT 1),
       (SELECT beat_at FROM mailbox_lease WHERE name = 'worker')
"""  # noqa: S608  (a number of ours)


@dataclass(frozen=True, slots=True)
class Hour:
    hour: datetime
    way: str
    accepted: int
    refused: int
    p50: float | None  # seconds
    p95: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Instants are None where nothing is known; `causes`: (way, code, how many)."""

    hours: list[Hour]
    causes: list[tuple[str, str, int]]
    peers: list[Peer]
    incidents: list[Incident]
    arrivals: int
    oldest_arrival: datetime | None
    due: int
    oldest_due: datetime | None
    delayed: int
    list_made: datetime | None
    crl_made: datetime | None
    crl_ends: datetime | None
    certificate_ends: datetime | None
    certificate_faults: list[str] | None
    probe_in: datetime | None
    probe_out: datetime | None
    worker: datetime | None

    @property
    def open_incidents(self) -> list[Incident]:
        return [one for one in self.incidents if one.closed_at is None]


def standing(now: datetime) -> Standing:
    """Five statements, each bounded."""
    this = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [this - timedelta(days=30)])
        hours = [Hour(*row) for row in cursor.fetchall()]
        cursor.execute(_CAUSES, [this - timedelta(hours=23)])
        causes = cursor.fetchall()
        cursor.execute(_NOW, [now, now])
        told = cursor.fetchone()
    peers = list(Peer.objects.order_by("since")[:11])
    incidents = list(Incident.objects.order_by("-opened_at")[:6])
    return Standing(hours, causes, peers, incidents, *told)


def probes_run() -> bool:
    return bool(settings.PROBE_SECONDS)
