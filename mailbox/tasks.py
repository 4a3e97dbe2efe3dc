"""Celery: an alarm clock only. Each task asks the database what is due: losing one loses nothing (design §4.2)."""

import os
import socket

from django.utils import timezone

from mailbox import leases
from mssweb.celery import app


@app.task(ignore_result=True)
def ingest() -> int:
    from mailbox.inbound.drain import drain  # above this module on the ladder: tasks are called from below it

    settled: int = drain(timezone.now())
    return settled


@app.task(ignore_result=True)
def send() -> int:
    from mailbox.outbound.worker import send_due

    return send_due(timezone.now())


@app.task(ignore_result=True)
def sweep() -> None:
    """Every few seconds, from beat: what a lost wake-up left behind."""
    leases.beat("worker", f"{socket.gethostname()}:{os.getpid()}", now=timezone.now())
    ingest.delay()
    send.delay()


@app.task(ignore_result=True)
def refresh_white_list() -> None:
    from mailbox.whitelist import load_file

    load_file(now=timezone.now())
