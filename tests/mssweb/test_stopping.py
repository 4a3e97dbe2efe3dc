"""A worker that is told to stop ends with the step it is at: its processes are told, and what is left waits in its rows."""

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from billiard import pool
from celery.signals import worker_init, worker_shutting_down
from celery.utils.dispatch.signal import _make_id
from django.utils import timezone

from mailbox.inbound import drain
from mailbox.models import Arrival, Recipient
from mailbox.outbound import worker
from mssweb import celery as clock
from mssweb import stopping
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.outbound.conftest import DR, send  # noqa: F401  (fixture)
from tests.mailbox.test_store import letter


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    yield
    stopping.forget()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")  # the child reads, looks and ends
def test_processes_that_were_there_before_hear_what_their_parent_was_told():
    told, told_in = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(told, 1)
        os._exit(stopping.is_asked())
    assert not stopping.is_asked()
    worker_shutting_down.send(sender="worker", sig="SIGTERM", how="warm", exitcode=0)
    os.write(told_in, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1 and stopping.is_asked()


def test_a_drain_claims_no_more_and_the_next_worker_files_what_is_left(dupont, monkeypatch):
    monkeypatch.setattr(drain, "_BATCH", 1)
    for n in range(3):
        arrive(dupont, letter(body=f"{n}"))
    settled = drain._settle
    monkeypatch.setattr(drain, "_settle", lambda batch: stopping.ask() or settled(batch))
    assert (drain.drain(timezone.now()), Arrival.objects.count()) == (1, 2), "whatever waits"
    stopping.forget()
    monkeypatch.setattr(drain, "_settle", settled)
    assert (drain.drain(timezone.now()), Arrival.objects.count()) == (2, 0), "nobody holds it"


def test_the_transaction_that_is_under_way_ends_and_the_others_are_given_back_uncharged(trust, send, monkeypatch):  # noqa: F811
    for _ in range(3):
        send(DR)
    begun: list[int] = []
    monkeypatch.setattr(worker, "_try", lambda group, *_: begun.append(len(group)) or stopping.ask() or [])
    assert worker.send_due(timezone.now()) == 1 and begun == [1]
    left = Recipient.objects.filter(lease=None, not_before__lte=timezone.now())
    assert [row.attempts for row in left] == [0, 0], "due for whoever is there, as if nobody had taken them"
    assert worker.send_due(timezone.now()) == 0 and begun == [1], "nor is any other begun"


def test_a_process_waits_a_second_for_a_parent_that_counts_no_more(monkeypatch):
    """Billiard's own figure is 30 s, each process of a worker."""
    waits: list[float] = []
    monkeypatch.setattr(pool, "time", SimpleNamespace(sleep=waits.append))
    monkeypatch.setattr(pool, "GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT", 300)
    assert clock._let_processes_end in worker_init._live_receivers(_make_id(None)), "before any process is forked"
    clock._let_processes_end()
    ending = pool.Worker.__new__(pool.Worker)
    ending.on_ready_counter = SimpleNamespace(value=6)
    assert (ending._ensure_messages_consumed(completed=6), sum(waits)) == (True, 0)
    assert ending._ensure_messages_consumed(completed=7) is False and 0 < sum(waits) < 1.05
