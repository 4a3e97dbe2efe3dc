"""Celery: an alarm clock. Every task can be lost without loss: the sweeps of beat find what is due in the database."""

import gc
import os

from celery import Celery
from celery.signals import worker_init, worker_process_init, worker_ready, worker_shutting_down

from mssweb import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "worker")
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")  # Django's load every page, and judge code, not this installation

app = Celery("mssweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Tasks are declared with this app (`from mssweb.celery import app`), so the package itself imports nothing.
app.autodiscover_tasks()


_PATIENCE = 10  # tenths of a second


@worker_init.connect
def _let_processes_end(**_: object) -> None:
    """A process that ends waits 30 s for its parent to have counted its results, which a parent that stops no longer does.

    Seen at one stop in ten under load (celery 5.7, billiard 4.3): longer than an administrator or systemd waits. We have
    no results, and what was taken from the broker is not given back: nothing is lost by going.
    """
    from billiard import pool

    pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _PATIENCE


@worker_process_init.connect
def _keep_what_is_loaded(**_: object) -> None:
    """It stays to the end: no collection looks at it again, and its pages stay shared with the parent."""
    gc.freeze()


@worker_ready.connect
def _look_at_once(**_: object) -> None:
    """What fell due while no worker was there is not left until the next stroke of beat."""
    app.send_task("mailbox.tasks.sweep", ignore_result=True, expires=10)


@worker_shutting_down.connect
def _tell_processes(**_: object) -> None:
    """What empties a queue ends with the step it is at; the rows that are left are found by who is there."""
    stopping.ask()
