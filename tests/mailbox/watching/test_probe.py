"""Probes through the whole path, to our own receiver; what is not seen opens an incident, one more success closes it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox.inbound.drain import drain
from mailbox.models import Arrival, Blob, Incident, Mailbox, Message, Probe, Recipient
from mailbox.outbound.submit import check_recipients
from mailbox.outbound.worker import send_due
from mailbox.publication import desk
from mailbox.watching import incidents, probe, tallies
from mssweb.audit.models import AuditEvent
from tests import peers


@pytest.fixture(autouse=True)
def _probing(settings):
    settings.PROBE_SECONDS, settings.PROBE_LATE_SECONDS = 270.0, 300.0
    incidents.forget()


@pytest.fixture
def nobody(settings):
    settings.SMTP_PORT = peers.free_port()


def began(way: str, at, *, seen: bool = False, detail: str = "") -> Probe:
    return Probe.objects.create(way=way, started_at=at, seen_at=at if seen else None, detail=detail)


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_a_probe_goes_the_whole_way_both_ways_and_leaves_nothing(trust, domain, settings):
    call_command("grant_roles")
    with peers.smtpd(trust) as settings.SMTP_PORT:
        start = timezone.now()
        for kind in ("in", "out", "both"):
            incidents.open_one(kind, since=start, detail="x")
        probe.look(start)
        assert list(Probe.objects.order_by("way").values_list("way", "detail")) == [
            ("in", "accepted"),
            ("out", "queued"),
        ]
        assert (Arrival.objects.count(), Message.objects.count()) == (1, 1), "one is in; the other is a copy in Sent"
        send_due(timezone.now())
        assert (Recipient.objects.get().state, Arrival.objects.count()) == ("relayed", 2)
        probe.look(timezone.now())
        assert not Probe.objects.filter(seen_at__isnull=False).exists(), "nothing is filed yet"
        drain(timezone.now())
        probe.look(timezone.now())
    assert list(Probe.objects.values_list("detail", flat=True)) == ["seen", "seen"]
    counted = tallies.totals()  # smtpd wrote what it counted, in its own role, before it ended
    assert (counted["received", "2xx"], counted["decisions", "listed"]) == (2, 2) and counted["acceptance", "sum"] > 0
    assert not Incident.objects.filter(closed_at=None).exists(), "one success of each is the end of what was late"
    for rows in (Message, Blob, Recipient, Arrival):
        assert not rows.objects.exists(), rows
    probe.look(start + timedelta(seconds=269))
    assert Probe.objects.count() == 2, "not due again"


def test_the_mailbox_of_probes_is_nobody_s_and_never_published_nor_written_to(trust, domain, nobody):
    box, again = probe.technical_mailbox(), probe.technical_mailbox()
    assert box == again and (box.kind, box.state, box.is_technical) == ("APP", "active", True)
    assert not box.memberships.exists()
    desk.look_over(timezone.now())
    assert not desk.listed().exists()
    assert box.address in check_recipients([box.address])


def test_without_a_domain_or_when_turned_off_nobody_probes(db, settings, nobody):
    probe.look(timezone.now())
    settings.PROBE_SECONDS = 0.0
    probe.look(timezone.now())
    assert not Probe.objects.exists() and not Mailbox.objects.exists()


def test_a_probe_that_is_not_accepted_says_why_and_is_an_incident_after_five_minutes_only(trust, domain, nobody):
    start = timezone.now()
    probe.look(start)
    assert Probe.objects.get(way="in").detail == "refused 451 4.4.1"
    probe.look(start + timedelta(seconds=299))
    assert not Incident.objects.exists()
    probe.look(start + timedelta(seconds=300))
    found = {row.kind: (row.opened_at, row.detail) for row in Incident.objects.all()}
    assert found["in"] == (start, "refused 451 4.4.1") and found["out"] == (start, "queued")
    probe.look(start + timedelta(seconds=600))
    assert Incident.objects.count() == 2, "one of a kind at a time"
    assert AuditEvent.objects.filter(action="incident.open").count() == 2


def test_one_more_success_closes_what_was_opened_before_it_and_no_other(db):
    now = timezone.now()
    for kind, since in (("in", 20), ("both", 10), ("out", 20)):
        incidents.open_one(kind, since=now - timedelta(minutes=since), detail="x")
    assert incidents.close(["in", "both"], proof=now - timedelta(minutes=15), now=now) == 1
    assert set(Incident.objects.filter(closed_at=None).values_list("kind", flat=True)) == {"both", "out"}
    assert incidents.close(["in", "both"], proof=now, now=now) == 1
    assert incidents.open_one("in", since=now, detail="again"), "another one"


def test_late_is_told_since_the_first_probe_that_was_lost(db, trust, domain, nobody):
    now = timezone.now()
    began("in", now - timedelta(minutes=30), seen=True)
    began("out", now - timedelta(minutes=4), seen=True)
    first = began("in", now - timedelta(minutes=20))
    began("in", now - timedelta(minutes=15), detail="refused 550 5.7.1")
    probe.look(now)
    told = incidents.late(now)
    assert (told.kind, told.since) == ("in", first.started_at)
    assert Incident.objects.get().detail == "refused 550 5.7.1"


def test_when_nobody_looks_any_more_a_page_says_so_itself(db, django_assert_num_queries):
    """Worker, beat or Redis is dead: the last success is what tells."""
    now = timezone.now()
    assert incidents.late(now) is None, "a new installation"
    incidents.forget()
    began("in", now - timedelta(seconds=595), seen=True)
    with django_assert_num_queries(1):
        assert incidents.late(now) is None
        assert incidents.late(now) is None
    incidents.forget()
    told = incidents.late(now + timedelta(seconds=6))
    assert (told.kind, told.since) == ("both", now - timedelta(seconds=595))
    assert Incident.objects.get().detail == "silent"


def test_what_lost_probes_left_is_destroyed_after_an_hour(trust, domain, nobody):
    start = timezone.now()
    probe.look(start)
    assert Message.objects.count() == 1
    probe.look(start + timedelta(minutes=61))
    left = Message.objects.get()
    assert left.filed_at == start + timedelta(minutes=61)
    probe.look(start + timedelta(days=8))
    assert Probe.objects.count() == 2
