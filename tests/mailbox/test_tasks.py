"""The row is the queue: without Redis nothing is lost; the sweep of beat finds everything that is due."""

import pytest
import redis
from celery.signals import worker_ready
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from mailbox import tasks
from mailbox.inbound import wake
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Arrival, Message, Recipient
from mailbox.outbound.submit import submit
from mssweb import notify
from mssweb.celery import app
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.test_store import letter


@pytest.fixture
def no_redis(monkeypatch) -> None:
    """Everything that speaks to Redis is refused."""

    def refuse(*args: object, **how: object) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(app, "send_task", refuse)
    monkeypatch.setattr(tasks.Task, "apply_async", refuse)
    monkeypatch.setattr(notify, "client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))


def write_to(neighbour, author, dupont) -> None:
    now = timezone.now()
    text = Outgoing(
        from_=Address("", dupont.address), to=(Address("", neighbour.address),), subject="INR", text="4,8",
        message_id="x@officine.mssante.example", date=now,
    )  # fmt: skip
    submit(
        mailbox=dupont, author=author, letter=text, recipients=[neighbour.address], thread_id=None, not_before=now, now=now
    )  # fmt: skip


def test_a_worker_that_starts_looks_at_once_for_what_is_due(monkeypatch):
    rung: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, **how: rung.append(name))
    worker_ready.send(sender=None)
    assert rung == ["mailbox.tasks.sweep"] and rung[0] in app.tasks


def test_what_arrived_and_what_was_sent_without_redis_is_found_by_the_sweep(
    dupont, annes_box, claire, no_redis, monkeypatch, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        arrive(dupont, letter())
        wake._send()
        write_to(annes_box, claire, dupont)
    assert (Arrival.objects.count(), Recipient.objects.get().state) == (1, "queued")
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "ring", lambda task: task())
    tasks.sweep()
    assert not Arrival.objects.exists()
    assert Message.objects.filter(mailbox=dupont, direction="in").count() == 1
    assert Recipient.objects.get().state == "delivered"


def test_the_sweep_is_rung_by_beat_every_few_seconds():
    sweeps = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == tasks.sweep.name]
    assert [entry["schedule"] <= 10 for entry in sweeps] == [True]
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= app.tasks.keys()


def test_an_act_whose_live_event_is_lost_is_done_all_the_same(dupont, no_redis, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        notify.changed(dupont.pk, 1)
        notify.kill(dupont.pk)
