"""How old the last good backup is: told by the journal, which each backup tells that it was made."""

from datetime import datetime, timedelta

from mssweb.audit.models import AuditEvent
from mssweb.audit.record import OK

OLD = timedelta(hours=26)  # a day, and two hours for a backup that takes its time


def last() -> AuditEvent | None:
    return AuditEvent.objects.filter(action="backup.done", result=OK).order_by("-at").first()


def age(now: datetime) -> timedelta | None:
    """None when none was ever made."""
    event = last()
    return now - event.at if event else None
