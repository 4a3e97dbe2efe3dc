"""Celery: an alarm clock. Every task can be lost without loss: the sweeps of beat find what is due in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "worker")

app = Celery("mssweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Tasks are declared with this app (`from mssweb.celery import app`), so the package itself imports nothing.
app.autodiscover_tasks()
