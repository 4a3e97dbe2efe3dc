"""What /metrics says, in the text format of Prometheus: the state of the queues and of the watch, and what was counted.

Everything is read from the database at each scrape, whatever process is asked, so web, workers and receivers may be many:
prometheus_client's own ways (a registry a process, or files shared by processes of one machine) would tell of one machine.
Two statements, each bounded by what waits, not by what is kept. Refuses labels that are not codes.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db import connection

from mailbox.watching import tallies
from mssweb.tally import BUCKETS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
type Samples = Mapping[tuple[str, str], float]

_WAITING = "state IN ('held', 'queued', 'sending', 'delayed')"  # of the partial index
_STATE = f"""
WITH unchained AS MATERIALIZED (SELECT at FROM audit_auditevent WHERE link IS NULL LIMIT 100000)
SELECT 'arrivals_waiting', '', count(*)::float8 FROM mailbox_arrival
UNION ALL SELECT 'arrivals_oldest_seconds', '', coalesce(extract(epoch FROM %(now)s - min(arrived_at)), 0)
  FROM mailbox_arrival
UNION ALL SELECT 'recipients_waiting', state, count(*) FROM mailbox_recipient WHERE {_WAITING} GROUP BY state
UNION ALL SELECT 'recipients_overdue_seconds', '', greatest(0, coalesce(extract(epoch FROM %(now)s - min(due)), 0))
  FROM (SELECT greatest(min(not_before), (SELECT p.not_before FROM mailbox_peer p WHERE p.domain = r.domain)) AS due
          FROM mailbox_recipient r WHERE {_WAITING} GROUP BY r.domain) AS queues
UNION ALL SELECT 'white_list_age_seconds', '', extract(epoch FROM %(now)s - generated_at)
  FROM mailbox_edition WHERE is_current
UNION ALL SELECT 'white_list_source_failures', '', coalesce(max(failures), 0) FROM mailbox_whitelistsource
UNION ALL SELECT 'crl_left_seconds', '', extract(epoch FROM max(next_update) - %(now)s)
  FROM mailbox_revocationlist WHERE sha256 <> ''
UNION ALL SELECT 'card_list_left_seconds', '', extract(epoch FROM max(next_update) - %(now)s)
  FROM auth_otp_cardlist WHERE sha256 <> ''
UNION ALL SELECT 'certificate_left_days', '', extract(epoch FROM until - %(now)s) / 86400
  FROM mailbox_watched WHERE name = 'certificate'
UNION ALL SELECT 'faults', name, cardinality(faults) FROM mailbox_watched
UNION ALL SELECT 'worker_silence_seconds', '', extract(epoch FROM %(now)s - beat_at)
  FROM mailbox_lease WHERE name = 'worker'
UNION ALL SELECT 'incidents_open', kind, count(*) FROM mailbox_incident WHERE closed_at IS NULL GROUP BY kind
UNION ALL SELECT 'probe_age_seconds', way, extract(epoch FROM %(now)s - max(started_at))
  FROM mailbox_probe WHERE seen_at IS NOT NULL GROUP BY way
UNION ALL (SELECT DISTINCT ON (way) 'probe_seconds', way, extract(epoch FROM seen_at - started_at)
  FROM mailbox_probe WHERE seen_at IS NOT NULL ORDER BY way, started_at DESC)
UNION ALL SELECT 'journal_unchained', '', count(*) FROM unchained
UNION ALL SELECT 'journal_unchained_seconds', '', coalesce(extract(epoch FROM %(now)s - min(at)), 0) FROM unchained
UNION ALL SELECT 'publication', state, count(*) FROM mailbox_listing GROUP BY state
UNION ALL SELECT 'database_bytes', '', pg_database_size(current_database())
"""  # noqa: S608  (a constant of ours)


@dataclass(frozen=True, slots=True)
class Family:
    """`source`: the name in the statement or of the count; `label`: what its code is of."""

    source: str
    name: str
    kind: Literal["gauge", "counter"]
    help: str
    label: str = ""


FAMILIES = (
    Family("arrivals_waiting", "arrivals_waiting", "gauge", "Messages answered 250 and not filed yet"),
    Family("arrivals_oldest_seconds", "arrivals_oldest_seconds", "gauge", "Age of the oldest of them"),
    Family("recipients_waiting", "recipients_waiting", "gauge", "Recipients that have not left", "state"),
    Family(
        "recipients_overdue_seconds",
        "recipients_overdue_seconds",
        "gauge",
        "How long the oldest that may leave is overdue",
    ),
    Family("white_list_age_seconds", "white_list_age_seconds", "gauge", "Since the edition in force was generated"),
    Family("white_list_source_failures", "white_list_source_failures", "gauge", "Failures in a row to fetch it"),
    Family("crl_left_seconds", "crl_left_seconds", "gauge", "Until the last list of revocations ends"),
    Family(
        "card_list_left_seconds", "card_list_left_seconds", "gauge", "Until the last list of revoked CPS cards ends"
    ),
    Family("certificate_left_days", "certificate_left_days", "gauge", "Until our certificate ends"),
    Family("faults", "faults", "gauge", "Faults of what is watched", "what"),
    Family("worker_silence_seconds", "worker_silence_seconds", "gauge", "Since the last sweep"),
    Family("incidents_open", "incidents_open", "gauge", "Open incidents", "kind"),
    Family("probe_age_seconds", "probe_age_seconds", "gauge", "Since the last probe that was found left", "way"),
    Family("probe_seconds", "probe_seconds", "gauge", "From its leaving to its being found", "way"),
    Family("journal_unchained", "journal_unchained", "gauge", "Audit events not in the chain yet"),
    Family("journal_unchained_seconds", "journal_unchained_seconds", "gauge", "Age of the oldest of them"),
    Family("publication", "publication", "gauge", "Mailboxes by state of their publication", "state"),
    Family("database_bytes", "database_bytes", "gauge", "Size of the database"),
    Family("disk_free_bytes", "disk_free_bytes", "gauge", "Left on the disk of the embedded database"),
    Family(
        "received", "messages_received_total", "counter", "Messages by the class of our answer, probes too", "class"
    ),
    Family("sent", "recipients_sent_total", "counter", "Recipients by the class of their host's answer", "class"),
    Family("decisions", "decisions_total", "counter", "Peers by what the trust space says of them", "reason"),
    Family("refused", "refusals_total", "counter", "Refusals by enhanced code", "code"),
    Family(
        "examinations", "examinations_total", "counter", "Messages whose documents were read, or given up", "result"
    ),
    Family("sortings", "sortings_total", "counter", "Messages that rules gave up", "result"),
    Family(
        "slowed",
        "sign_ins_slowed_total",
        "counter",
        "Tries of a password that had to wait, by what was counted",
        "place",
    ),
    Family("psc", "pro_sante_connect_total", "counter", "What became of who came by Pro Santé Connect", "result"),
    Family("codes", "sms_codes_total", "counter", "Codes by SMS", "result"),
    Family("probe_seen", "probes_found_total", "counter", "Probes that were found", "way"),
)


def text(now: datetime) -> str:
    samples = {**_state(now), **tallies.totals()}
    return "\n".join([*_lines(samples), *_histogram(samples), ""])


def _state(now: datetime) -> Samples:
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"now": now})
        found = {(name, label): float(value) for name, label, value in cursor.fetchall() if value is not None}
    if settings.DATABASE_IS_EMBEDDED:
        found["disk_free_bytes", ""] = float(shutil.disk_usage(settings.MSSWEB_HOME).free)
    return found


def _lines(samples: Samples) -> Iterator[str]:
    for family in FAMILIES:
        name = f"mssweb_{family.name}"
        yield f"# HELP {name} {family.help}"
        yield f"# TYPE {name} {family.kind}"
        for label, value in sorted(
            (label, value) for (source, label), value in samples.items() if source == family.source
        ):
            yield f"{name}{_labels([(family.label, label)])} {value!r}"


def _histogram(samples: Samples) -> Iterator[str]:
    name, total = "mssweb_acceptance_seconds", 0.0
    yield f"# HELP {name} From the last byte of a message to our answer"
    yield f"# TYPE {name} histogram"
    for limit in (*map(str, BUCKETS), "+Inf"):
        total += samples.get(("acceptance", limit), 0)
        yield f"{name}_bucket{_labels([('le', limit)])} {total:.0f}"
    yield f"{name}_sum {samples.get(('acceptance', 'sum'), 0):.6f}"
    yield f"{name}_count {total:.0f}"


def _labels(pairs: Iterable[tuple[str, str]]) -> str:
    told = [f'{name}="{_escaped(value)}"' for name, value in pairs if name]
    return f"{{{','.join(told)}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
