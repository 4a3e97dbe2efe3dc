"""The figures of one day, counted again as often as one likes: each statement reads that day of an index and no more.

What stands at the end of a day (mailboxes by state) has no history: it is counted for the day that just ended, and kept
when an older one is counted again. Probes of ours are nobody's mail. Refuses days whose traces are purged, and those of a
month that was already given away, unless told so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from mailbox.indicators.days import bounds, day_of, labels
from mailbox.mime.address import PATIENT_DOMAIN
from mailbox.models import Indicator, IndicatorMonth

STANDING = ("mailboxes",)
_NOT_OURS = "NOT m.is_technical"

_MAILBOXES = f"""
SELECT d.name AS domain, m.kind, m.state, s.finess AS structure, count(*) AS mailboxes
  FROM mailbox_mailbox m JOIN mailbox_domain d ON d.id = m.domain_id JOIN mailbox_tenant s ON s.id = m.tenant_id
 WHERE {_NOT_OURS} AND m.created_at < %(end)s GROUP BY 1, 2, 3, 4
"""  # noqa: S608  (our own words, here and below)
_CREATED = f"""
SELECT d.name AS domain, m.kind, count(*) AS mailboxes_created FROM mailbox_mailbox m JOIN mailbox_domain d ON d.id = m.domain_id
 WHERE {_NOT_OURS} AND m.created_at >= %(start)s AND m.created_at < %(end)s GROUP BY 1, 2
"""  # noqa: S608
_CONNECTIONS = """
SELECT facts->>'means' AS means, count(*) AS connections, count(DISTINCT actor_id) AS connected_people
  FROM audit_auditevent WHERE at >= %(start)s AND at < %(end)s AND action = 'session.sign_in' GROUP BY 1
"""
_REFUSED_CONNECTIONS = """
SELECT action AS cause, count(*) AS connections_refused FROM audit_auditevent
 WHERE at >= %(start)s AND at < %(end)s AND action LIKE 'session.%%\\_failed' AND facts ? 'means' GROUP BY 1
"""  # a password asked again within a session has no means: it opens none
_CLASS = f"CASE WHEN t.mail_from = '' THEN 'report' WHEN t.domain = '{PATIENT_DOMAIN}' THEN 'patient' ELSE 'professional' END"
_TRAFFIC = f"""
SELECT d.name AS domain, m.kind, s.finess AS structure, {_CLASS} AS class,
       CASE WHEN t.reason = 'local' THEN 'internal' ELSE 'external' END AS "from",
       count(*) AS {{name}}, sum(t.size) AS {{name}}_bytes
  FROM mailbox_transaction t JOIN mailbox_mailbox m ON {{mailbox}}
  JOIN mailbox_domain d ON d.id = m.domain_id JOIN mailbox_tenant s ON s.id = m.tenant_id
 WHERE t.at >= %(start)s AND t.at < %(end)s AND t.code < 400 AND {{which}} AND {_NOT_OURS} GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608
_RECEIVED = _TRAFFIC.format(
    name="received", mailbox="m.id = t.mailbox_id", which="t.way = 'in' AND t.message_id IS NOT NULL"
)
_RECEIVED_HERE = _TRAFFIC.format(
    name="received", mailbox="m.address = t.rcpt_to", which="t.way = 'out' AND t.reason = 'local'"
)
_SENT = _TRAFFIC.format(name="sent", mailbox="m.id = t.mailbox_id", which="t.way = 'out'")
_REFUSED = """
SELECT way, reason AS cause, sum(repeats) AS refused FROM mailbox_transaction
 WHERE at >= %(start)s AND at < %(end)s AND code >= 400 GROUP BY 1, 2
"""
_DELAYS = """
SELECT way, percentile_cont(0.5) WITHIN GROUP (ORDER BY delay) AS delay_p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY delay) AS delay_p95
  FROM mailbox_transaction WHERE at >= %(start)s AND at < %(end)s AND delay IS NOT NULL
   AND mailbox_id <> ALL (ARRAY(SELECT id FROM mailbox_mailbox WHERE is_technical)) GROUP BY 1
"""
_FACTS = (  # of the fields X-MSS-* (reference trust-space §6); a letter between two of our mailboxes counts as sent
    "SELECT t.way, e.nil, count(DISTINCT e.id) AS messages_by_nil",
    "SELECT t.way, e.has_codecda AS flag, count(DISTINCT e.id) AS messages_by_codecda",
    "SELECT t.way, e.ins_flag AS flag, count(DISTINCT e.id) AS messages_by_ins",
)
_OF_MESSAGES = """
  FROM mailbox_transaction t JOIN mailbox_message e ON e.id = t.message_id JOIN mailbox_mailbox m ON m.id = t.mailbox_id
 WHERE t.at >= %(start)s AND t.at < %(end)s AND t.code < 400 AND NOT m.is_technical GROUP BY 1, 2
"""


class Kept(Exception):
    """Why a day is not counted again: its values stay as they are."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    labels: str
    value: float


def count_day(day: date, now: datetime, *, even_written: bool = False) -> int:
    """Count a day that is over; how many figures it has. Kept when it must stay as it is."""
    _check(day, now, even_written)
    has_ended_last = day == day_of(now) - timedelta(days=1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mssweb indicators'))")
        found = _figures(cursor, day, with_standing=has_ended_last)
        former = Indicator.objects.filter(day=day)
        (former if has_ended_last else former.exclude(name__in=STANDING)).delete()
        Indicator.objects.bulk_create(Indicator(day=day, name=f.name, labels=f.labels, value=f.value) for f in found)
    return len(found)


def _check(day: date, now: datetime, even_written: bool) -> None:
    if day >= day_of(now):
        raise Kept(f"{day} is not over")
    if bounds(day)[0] < now - timedelta(days=settings.TRACE_DAYS - 1):
        raise Kept(f"{day}: its traces are purged (TRACE_DAYS)")
    if not even_written and IndicatorMonth.objects.filter(month=day.replace(day=1)).exists():
        raise Kept(f"{day}: its month was written")


def _figures(cursor: object, day: date, *, with_standing: bool) -> list[Figure]:
    asked = [
        _CREATED, _CONNECTIONS, _REFUSED_CONNECTIONS, _RECEIVED, _RECEIVED_HERE, _SENT, _REFUSED, _DELAYS,
        *(facts + _OF_MESSAGES for facts in _FACTS),
    ]  # fmt: skip
    start, end = bounds(day)
    sums: dict[tuple[str, str], float] = {}
    for sql in [*asked, *([_MAILBOXES] if with_standing else [])]:
        for figure in _asked(cursor, sql, {"start": start, "end": end}):
            key = (figure.name, figure.labels)
            sums[key] = sums.get(key, 0.0) + figure.value
    return [Figure(name, told, value) for (name, told), value in sorted(sums.items())]


def _asked(cursor: object, sql: str, given: dict[str, datetime]) -> Iterable[Figure]:
    """Columns of text are labels, of numbers figures of their name; a truth is O or N."""
    cursor.execute(sql, given)  # type: ignore[attr-defined]  # Django's wrapper, which its stubs do not export
    names = [column.name for column in cursor.description]  # type: ignore[attr-defined]
    for row in cursor.fetchall():  # type: ignore[attr-defined]
        told = dict(zip(names, row, strict=True))
        words = {
            k: ("O" if v else "N") if isinstance(v, bool) else v for k, v in told.items() if isinstance(v, (str, bool))
        }
        for name, value in told.items():
            if name not in words and value is not None:
                yield Figure(name, labels(words), float(value))
