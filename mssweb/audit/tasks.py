"""Celery: an alarm clock only. What no batch holds yet is asked of the journal itself; losing a task loses nothing."""

import logging

from django.conf import settings
from django.utils import timezone

from mssweb.audit import keeper, report
from mssweb.audit.purge import purge as purge_days
from mssweb.audit.verify import Broken
from mssweb.celery import app

log = logging.getLogger(__name__)


@app.task(ignore_result=True)
def chain() -> int:
    return keeper.chain_due(timezone.now())


@app.task(ignore_result=True)
def verify() -> None:
    """Every day, from beat: the whole chain."""
    report.verified()


@app.task(ignore_result=True)
def purge() -> None:
    """Every day, from beat."""
    try:
        purge_days(timezone.now(), days=settings.AUDIT_DAYS)
    except Broken as broken:
        log.error("journal not purged, broken: %s", broken)
