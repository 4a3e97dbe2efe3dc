"""Celery: an alarm clock only. What is due is asked of the database and of the services themselves."""

from django.utils import timezone

from directory import client, sync_api
from mssweb.celery import app


@app.task(ignore_result=True)
def follow_api() -> None:
    if client.is_configured():
        sync_api.follow(client.from_settings(), clock=timezone.now)
