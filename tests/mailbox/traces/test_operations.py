"""The operator's page: for who may see it, in few statements whatever the traffic, and true hour by hour."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox.models import Flow, Incident, Peer, Watched
from mailbox.traces import flows
from mailbox.traces.standing import standing
from mailbox.traces.write import insert
from mailbox.views.operations import gauges, lasting
from mailbox.watching import probe
from tests.mailbox.traces.test_refusals import LINE

PAGE = "/exploitation/"


@pytest.fixture
def now():
    return timezone.now()


def test_hours_are_counted_as_often_as_one_likes_late_lines_and_floods_too_and_probes_not(domain, now):
    hour = now.replace(minute=0, second=0, microsecond=0)
    good = replace(LINE, reason="listed", code=250, size=10)
    insert([replace(good, at=hour - timedelta(hours=1), delay=delay) for delay in (1.0, 2.0, 9.0)])
    insert([replace(LINE, at=hour, repeats=500), replace(good, at=hour, mailbox_id=probe.technical_mailbox().pk)])
    flows.count(now)
    insert([replace(good, at=hour - timedelta(hours=1), delay=3.0, mailbox_id=uuid4())])
    for _ in range(2):
        flows.count(now)
    told = Flow.objects.order_by("hour").values_list("hour", "cause", "count", "size", "p50")
    assert list(told) == [(hour - timedelta(hours=1), "", 4, 40, 2.5), (hour, "unknown-recipient", 500, 0, None)]


def test_a_night_without_a_worker_is_caught_up(db, now):
    hour = now.replace(minute=0, second=0, microsecond=0)
    Flow.objects.create(hour=hour - timedelta(hours=9), way="in", cause="", count=1)
    insert([replace(LINE, at=hour - timedelta(hours=n)) for n in range(9)])
    flows.count(now)
    assert Flow.objects.count() == 10


def test_the_page_is_of_staff_with_its_right_and_costs_the_same_whatever_the_traffic(
    client, make_user, sign_in, now, settings
):
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    sign_in(client, clerk)
    assert client.get(PAGE).status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    counts = []
    for number in (1, 50):
        Flow.objects.all().delete()
        Peer.objects.all().delete()
        Flow.objects.bulk_create(
            Flow(hour=now - timedelta(hours=n), way=way, cause=cause, count=n, p50=1, p95=2)
            for n in range(number) for way in ("in", "out") for cause in ("", "handshake")
        )  # fmt: skip
        Peer.objects.bulk_create(
            Peer(domain=f"d{n}.example", since=now - timedelta(minutes=n), failures=1, not_before=now, reply_code=451)
            for n in range(number)
        )
        with CaptureQueriesContext(connection) as told:
            page = client.get(PAGE)
        counts.append(len(told))
    assert page.status_code == 200 and counts[0] == counts[1] <= 8
    assert "Poignée de main TLS refusée" in page.text and "d49.example" in page.text
    assert client.post(PAGE).status_code == 405
    clerk.is_staff = False
    clerk.save()
    assert client.get(PAGE).status_code == 404


def test_nothing_known_and_trouble_are_told_as_such(client, make_user, sign_in, now, settings):
    settings.PROBE_SECONDS = 270.0
    sign_in(client, make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    empty = client.get(PAGE).text
    assert empty.count("Aucune donnée sur cette période.") == 6 and "Rien n’a été refusé." in empty
    Incident.objects.create(kind="in", opened_at=now)
    Watched.objects.create(name="certificate", until=now + timedelta(days=3), checked_at=now)
    levels = {gauge.label: gauge.level for gauge in gauges(standing(now), now)}
    assert levels["Notre certificat"] == levels["Liste de révocation"] == levels["Sonde, aller et retour"] == "danger"
    assert levels["File de réception"] == "good"
    assert "Incident en cours" in client.get(PAGE).text


def test_a_length_of_time_is_told_shortly():
    told = [lasting(timedelta(seconds=n)) for n in (-1, 59, 60, 3599, 3900, 172_800)]
    assert told == ["0 s", "59 s", "1 min", "59 min", "1 h 05", "2 j"]
