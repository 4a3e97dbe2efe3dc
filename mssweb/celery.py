"""Celery: an alarm clock. Every task can be lost without loss: the sweeps of beat find what is due in the database."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "worker")

app = Celery("mssweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Tasks are declared with this app (`from mssweb.celery import app`), so the package itself imports nothing.
app.autodiscover_tasks()


@worker_ready.connect
def _look_at_once(**_: object) -> None:
    """What fell due while no worker was there is not left until the next stroke of beat."""
    app.send_task("mailbox.tasks.sweep", ignore_result=True, expires=10)
