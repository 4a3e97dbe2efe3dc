"""Celery: an alarm clock only. What is due is asked of the database and of the services themselves."""

import logging

from django.conf import settings
from django.utils import timezone

from directory import client, fetch, overrides, progress, sync_api
from directory.models import DirectoryLoad
from mssweb.celery import app

log = logging.getLogger(__name__)


@app.task(ignore_result=True)
def follow_api() -> None:
    if client.is_configured():
        sync_api.follow(client.from_settings(), clock=timezone.now)


@app.task(ignore_result=True)
def fetch_newest() -> None:
    """Every hour, from beat, where ANNUAIRE_FETCH is set."""
    progress.settle(timezone.now())
    overrides.settle(timezone.now())
    try:
        if settings.ANNUAIRE_FETCH:
            fetch.newest(clock=timezone.now)
    except progress.Busy:
        log.info("annuaire: another process loads")


@app.task(ignore_result=True, autoretry_for=(progress.Busy,), max_retries=30, default_retry_delay=60)
def fetch_again(load_id: int) -> None:
    """A person wants that load although it makes the directory shrink."""
    fetch.again(DirectoryLoad.objects.get(pk=load_id), clock=timezone.now)
