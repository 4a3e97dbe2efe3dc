"""Celery: an alarm clock only. What is due is asked of the database and of the services themselves."""

import logging

from celery import Task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from directory import client, fetch, overrides, progress, sync_api
from directory.models import DirectoryLoad
from mssweb.celery import app

log = logging.getLogger(__name__)
_WANTED_SECONDS = 600  # what nobody began by then is asked for again by whoever still wants it


def ring(task: "Task[..., None]", *ids: int) -> bool:
    """A person asks: is it in the queue?"""
    try:
        task.apply_async(args=ids, expires=_WANTED_SECONDS, retry=False)
    except OperationalError as error:
        log.warning("wake-up not sent: %s", type(error).__name__)
        return False
    return True


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
