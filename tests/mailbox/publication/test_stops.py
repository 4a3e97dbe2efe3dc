"""What stops the queue for all: publication is off, the directory is away, our key is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import tasks
from mailbox.models import Halt, Lease, Listing
from mailbox.publication import halt, worker
from mailbox.publication.gateway import REFUSED_KEY
from tests.mailbox.publication.conftest import due_again, listing, publish, told

pytestmark = [pytest.mark.wire]


@pytest.mark.parametrize("fault", [429, 503, "lost"])
def test_a_directory_that_is_away_is_asked_once_and_holds_no_mailbox_to_account(
    national, hers, shared, settings, fault
):
    settings.RETRY_SCALE = 1
    national.faults = [("GET", fault)]
    assert publish() == 1
    assert [row.attempts for row in Listing.objects.all()] == [0, 0]
    assert {row.state for row in Listing.objects.all()} == {"pending"}
    due_again()
    assert worker.publish_due(timezone.now()) == 0
    pause = worker.paused_until(timezone.now()) - timezone.now()
    least = 100 if fault == 429 else 50
    assert timedelta(seconds=least) < pause < timedelta(seconds=125)
    after = timezone.now() + timedelta(minutes=3)
    assert worker.publish_due(after) == 2
    assert {row.state for row in Listing.objects.all()} == {"accepted"}


def test_one_that_always_finds_the_directory_away_holds_no_other(national, hers, shared, settings):
    settings.RETRY_SCALE = 1
    national.faults = [("GET", (404, b"not ours")), ("GET", (404, b"not ours"))]
    publish()
    Lease.objects.update(until=timezone.now())
    assert worker.publish_due(timezone.now()) == 1  # the other one, now first; away again
    Lease.objects.update(until=timezone.now())
    due_again()
    assert worker.publish_due(timezone.now()) == 2


def test_a_refused_key_stops_the_queue_with_one_alarm_and_is_tried_again_by_one_mailbox(
    national, hers, shared, settings, caplog
):
    good, settings.PUBLISH_KEY = settings.PUBLISH_KEY, "autre"
    assert publish() == 1
    assert len(national.calls) == 1
    stop = Halt.objects.get()
    assert stop.reason == REFUSED_KEY
    due_again()
    assert publish() == 0
    later = stop.until + timedelta(seconds=1)
    assert worker.publish_due(later) == 1
    assert len(national.calls) == 2
    assert caplog.text.count("publication to the national directory stopped") == 1
    assert told("publication.halt") == [("publication.halt", "error", None)]
    assert Halt.objects.get().since == stop.since
    assert "autre" not in caplog.text
    settings.PUBLISH_KEY = good
    due_again()
    assert worker.publish_due(later + timedelta(hours=2)) == 2
    assert not Halt.objects.exists()
    assert told("publication.resume") == [("publication.resume", "ok", None)]


def test_a_refusal_of_the_mailbox_itself_ends_the_alarm_too(national, hers):
    national.resources.clear()
    halt.stop(REFUSED_KEY, now=timezone.now() - timedelta(hours=2))
    publish()
    assert (listing(hers).state, halt.current()) == ("rejected", None)


def test_a_person_who_replaced_the_key_does_not_wait(national, hers, settings):
    halt.stop(REFUSED_KEY, now=timezone.now())
    assert publish() == 0
    assert halt.lift() is True
    assert halt.lift() is False
    assert publish() == 1


def test_publication_that_is_off_sends_nothing_and_queues_all_the_same(national, shared, settings, monkeypatch):
    settings.PUBLISH_URL = ""
    rung: list[object] = []
    monkeypatch.setattr(tasks, "ring", rung.append)
    tasks.sweep()
    assert tasks.publish not in rung
    assert publish() == 0
    assert (national.calls, listing(shared).state) == ([], "pending")
    settings.PUBLISH_URL = national.url
    tasks.sweep()
    assert tasks.publish in rung
    tasks.look_over_listings()
    assert tasks.publish() == 1
