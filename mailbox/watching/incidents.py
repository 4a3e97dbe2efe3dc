"""Is mail late, and since when: opened and closed by who sees it, asked by every page at most every few seconds.

Worker opens an incident for a probe that was not seen; any page opens one when worker itself has been silent for too long.
Refuses to know why: codes only.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection

from mailbox.models import Incident
from mssweb.audit.record import record

_RECHECK_SECONDS = 5.0  # how late a page may be
_LOOKED_EVERY = timedelta(seconds=30)  # twice what lies between two looks of worker
_NOW = """
SELECT (SELECT max(started_at) FROM mailbox_probe WHERE seen_at IS NOT NULL),
       ARRAY(SELECT kind || ' ' || extract(epoch FROM opened_at) FROM mailbox_incident WHERE closed_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Late:
    """What is late (a kind of Incident), and since when."""

    kind: str
    since: datetime


_seen: dict[str, tuple[float, Late | None]] = {}


def late(now: datetime) -> Late | None:
    """None when all goes well, nobody probes, or the database is away (which pages show by themselves)."""
    if not settings.PROBE_SECONDS:
        return None
    checked_at, known = _seen.get("late", (0.0, None))
    if checked_at and time.monotonic() - checked_at < min(_RECHECK_SECONDS, settings.PROBE_SECONDS / 4):
        return known
    try:
        found = _look(now)
    except DatabaseError:
        return known
    _seen["late"] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Ask the database again at the next use (tests)."""
    _seen.clear()


def _look(now: datetime) -> Late | None:
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        last, rows = cursor.fetchone()
    opened = {kind: datetime.fromtimestamp(float(at), now.tzinfo) for kind, at in (row.split() for row in rows)}
    if not opened and last and now - last > patience():
        open_one(Incident.Kind.BOTH, since=last, detail="silent")  # worker, beat or Redis: nobody looks any more
        opened[Incident.Kind.BOTH] = last
    if not opened:
        return None
    kind = next(iter(opened)) if len(opened) == 1 else Incident.Kind.BOTH.value
    return Late(kind, min(opened.values()))


def patience() -> timedelta:
    """After the last probe that was seen, how long nobody need have looked."""
    return timedelta(seconds=settings.PROBE_SECONDS + settings.PROBE_LATE_SECONDS) + min(
        _LOOKED_EVERY, timedelta(seconds=settings.PROBE_SECONDS)
    )


def open_one(kind: str, *, since: datetime, detail: str) -> bool:
    """Once: whoever comes second finds it open, and only the detail is his."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailbox_incident (id, kind, opened_at, detail) VALUES (gen_random_uuid(), %s, %s, %s)"
            " ON CONFLICT (kind) WHERE closed_at IS NULL DO NOTHING RETURNING id::text",
            [kind, since, detail[:40]],
        )
        made = cursor.fetchone()
    if made:
        record("incident.open", subject=("incident", made[0]), kind=kind, detail=detail[:40])
    else:
        Incident.objects.filter(kind=kind, closed_at=None).exclude(detail=detail[:40]).update(detail=detail[:40])
    return bool(made)


def close(kinds: list[str], *, proof: datetime, now: datetime) -> int:
    """A probe that left at `proof` was seen: what was opened before that is over."""
    closed = 0
    for incident in Incident.objects.filter(kind__in=kinds, closed_at=None, opened_at__lte=proof):
        if Incident.objects.filter(pk=incident.pk, closed_at=None).update(closed_at=now):
            record("incident.close", subject=("incident", incident.pk), kind=incident.kind)
            closed += 1
    return closed
