"""A verification is an event of the journal itself: when, how it ended, where it broke; the last one is shown."""

import logging
from datetime import date

from mssweb.audit import keeper
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import ERROR, OK, record
from mssweb.audit.verify import Broken, Whole, verify

log = logging.getLogger(__name__)


class Busy(Exception):
    """Days are being purged: verify again when they are."""


def verified(*, since: date | None = None, expected: str = "") -> Whole | Broken:
    """Verify, tell the journal, and give what was found; Busy while a purge goes on."""
    found: Whole | Broken
    with keeper.keeping("purge", shared=True) as quiet:
        if not quiet:
            raise Busy
        try:
            found = verify(since=since, expected=expected)
        except Broken as broken:
            found = broken
    if isinstance(found, Broken):
        log.error("journal broken: %s: %s", found.kind, found.where)
        day = str(found.day) if found.day else None
        record("audit.verify", result=ERROR, kind=found.kind, batch=found.batch, day=day, broken=str(found))
    else:
        record("audit.verify", result=OK, events=found.events, links=found.links, head=found.head)
    return found


def last() -> AuditEvent | None:
    return AuditEvent.objects.filter(action="audit.verify").order_by("-at").first()
