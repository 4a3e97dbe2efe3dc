"""Celery: an alarm clock only. What no batch holds yet is asked of the journal itself; losing a task loses nothing."""

import logging

from django.conf import settings
from django.utils import timezone

from mssweb.audit import backups, keeper, report
from mssweb.audit.purge import purge
from mssweb.audit.verify import Broken
from mssweb.celery import app

log = logging.getLogger(__name__)


@app.task(ignore_result=True)
def chain() -> int:
    return keeper.chain_due(timezone.now())


@app.task(ignore_result=True)
def look_over() -> None:
    """Every day, from beat: what is older than its retention goes, then the whole chain is verified. One after the other:
    a purge and a verification keep each other out."""
    try:
        purge(timezone.now(), days=settings.AUDIT_DAYS)
    except Broken as broken:
        log.error("journal not purged, broken: %s: %s", broken.kind, broken.where)
    try:
        report.verified()
    except report.Busy:
        log.info("journal: another process purges it")


@app.task(ignore_result=True)
def look_for_backup() -> None:
    """Every hour, from beat. One who never made a backup here has it done by other means, or is a demonstration."""
    told = backups.age(timezone.now())
    if told is not None and told > backups.OLD:
        log.error("no backup since %d hours: its timer, its disk", told.total_seconds() // 3600)
