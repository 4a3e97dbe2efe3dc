"""From what we hold to what the national directory holds: the queue, its states, its stops, and workers that die."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from directory.fhir import systems
from mailbox import leases
from mailbox.models import Listing, Membership, open_mailbox
from mailbox.publication import desk, worker
from mailbox.publication.fhir import Fhir
from mailbox.publication.publisher import DryRun
from mailbox.publication.states import STANDS
from tests.mailbox.publication.conftest import FINESS, OURS, RPPS, due_again, listing, publish, told
from tests.mailbox.publication.national import metadata

pytestmark = [pytest.mark.wire]


def test_each_mailbox_stands_where_it_belongs_and_nothing_is_sent_twice(national, hers, shared):
    assert publish() == 2
    anne, place = national.resources
    assert (national.addresses(anne), national.addresses(place)) == ([hers.address], [shared.address])
    assert {listing(box).state for box in (hers, shared)} == {"accepted"}
    assert told() == [("listing.publish", "ok", "insert")] * 2
    national.calls.clear()
    assert publish() == 0
    assert national.calls == []


def test_what_is_written_of_a_mailbox_is_published_and_a_change_replaces_it(national, shared):
    desk.add_missing()
    Listing.objects.update(service="Comptoir", responsible="Dr A", description="Accueil", rank=2, is_paperless=True)
    publish()
    [point] = national.resources[1]["telecom"]
    said = metadata(point)
    assert (said["service"], said["responsible"], said["description"], point["rank"]) == (
        "Comptoir",
        "Dr A",
        "Accueil",
        2,
    )
    assert "digitization" not in said
    Listing.objects.update(service="Préparatoire")
    publish()
    assert metadata(national.resources[1]["telecom"][0])["service"] == "Préparatoire"
    assert national.sent == ["insert", "replace"]


def test_zero_paper_is_told_to_a_server_that_still_takes_it(national, shared, settings):
    settings.PUBLISH_DIGITIZATION = True
    desk.add_missing()
    Listing.objects.update(is_paperless=True)
    publish()
    assert metadata(national.resources[1]["telecom"][0])["digitization"] is True


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("red_list", True, "Liste rouge."),
        ("state", "suspended", "Boîte suspendue."),
        ("state", "closed", "Boîte clôturée."),
    ],
)
def test_a_red_listed_suspended_or_closed_mailbox_is_withdrawn_and_comes_back_when_it_is_not(
    national, shared, field, value, reason
):
    publish()
    before = getattr(shared, field)
    setattr(shared, field, value)
    shared.save()
    publish()
    assert national.addresses(national.resources[1]) == []
    row = listing(shared)
    assert (row.state, row.reason, row.carrier) == ("withdrawn", reason, "")
    setattr(shared, field, before)
    shared.save()
    publish()
    assert national.addresses(national.resources[1]) == [shared.address]
    assert national.sent == ["insert", "delete", "insert"]


def test_a_mailbox_of_a_domain_that_closes_is_withdrawn(national, shared, zone):
    publish()
    zone.state = "closed"
    zone.save()
    publish()
    assert national.addresses(national.resources[1]) == []


def test_what_was_never_to_be_published_is_never_spoken_of(national, hers, shared, tenant, zone):
    hers.red_list = True
    hers.save()
    shared.state = "requested"
    shared.save()
    demo = {"address": "x@autre.mssante.example", "kind": "ORG", "display_name": "x", "state": "active"}
    other = open_mailbox(tenant=tenant, domain=zone, **demo)
    assert publish() == 0
    assert national.calls == []
    assert [listing(box).state for box in (hers, shared, other)] == ["withdrawn", "withdrawn", "incomplete"]


def test_what_is_missing_is_said_and_sent_once_it_is_written(national, hers, shared, anne, tenant):
    anne.rpps, tenant.finess = "", ""
    anne.save()
    tenant.save()
    assert publish() == 0
    assert "numéro RPPS" in listing(hers).reason
    assert "FINESS" in listing(shared).reason
    anne.rpps = RPPS
    anne.save()
    Listing.objects.filter(pk=shared.pk).update(structure=FINESS)
    assert publish() == 2
    anne.rpps = ""
    anne.save()
    assert publish() == 0
    assert listing(hers).state == "incomplete"
    assert "reste en place" in listing(hers).reason
    assert national.addresses(national.resources[0]) == [hers.address]


def test_a_mailbox_that_passes_to_another_person_leaves_the_former_first(national, hers, claire):
    publish()
    claire.rpps = "99900000029"
    claire.save()
    hers_now = national.person(claire.rpps)
    Membership.objects.filter(mailbox=hers).update(user=claire)
    publish()
    assert national.addresses(national.resources[0]) == []
    assert national.addresses(hers_now) == [hers.address]
    assert national.sent == ["insert", "delete", "insert"]
    assert listing(hers).state == "accepted"


def test_what_the_directory_refuses_waits_for_a_person_or_for_another_change(national, hers, anne):
    national.resources.clear()
    assert publish() == 1
    row = listing(hers)
    assert (row.state, row.attempts) == ("rejected", 1)
    assert f"ne connaît pas ce numéro RPPS ({RPPS})" in row.reason
    assert told() == [("listing.publish", "refused", None)]
    assert publish() == 0
    national.person(RPPS)
    assert desk.republish(row, now=timezone.now())
    worker.publish_due(timezone.now())
    assert listing(hers).state == "accepted"
    assert told()[1:] == [("listing.republish", "ok", None), ("listing.publish", "ok", "insert")]


def test_a_refusal_ends_with_the_change_that_it_was_about(national, hers):
    national.resources.clear()
    publish()
    hers.red_list = True
    hers.save()
    publish()
    assert (listing(hers).state, listing(hers).reason) == ("withdrawn", "Liste rouge.")


def test_an_error_of_one_mailbox_puts_it_off_and_the_others_leave(national, hers, shared, settings):
    settings.RETRY_SCALE = 1
    national.faults = [("GET", 500)]
    assert publish() == 2
    [put_off], [done] = (Listing.objects.filter(state=state) for state in ("pending", "accepted"))
    assert (put_off.attempts, done.attempts) == (1, 0)
    assert "code 500" in put_off.reason
    assert timedelta(seconds=50) < put_off.next_try_at - timezone.now() < timedelta(seconds=90)
    assert publish() == 0
    due_again()
    publish()
    put_off.refresh_from_db()
    assert (put_off.state, put_off.reason, put_off.attempts) == ("accepted", "", 0)


def test_an_error_nobody_foresaw_puts_off_and_its_words_are_in_no_log(national, hers, monkeypatch, caplog):
    monkeypatch.setattr(Fhir, "publish", lambda *given: 1 / 0)
    publish()
    row = listing(hers)
    assert (row.state, row.reason) == ("pending", worker.UNFORESEEN)
    assert "ZeroDivisionError" in caplog.text
    assert "division by" not in caplog.text


_STEPS = ("_note", "publish", "_accept", "_tell")
_DEATHS = [
    (act, step) for act in ("insert", "replace", "delete") for step in _STEPS if (act, step) != ("delete", "_note")
]


@pytest.mark.parametrize(("act", "step"), _DEATHS)  # a withdrawal notes nothing before it is sent
def test_a_worker_killed_at_any_step_leaves_one_more_sending_and_no_second_address(
    national, shared, monkeypatch, act, step
):
    """Between the answer and its settlement nobody knows: the next one looks, and replaces what stands there."""
    if act != "insert":
        publish()
        shared.red_list = act == "delete"
        shared.save()
        Listing.objects.update(service="Comptoir")
    target, name = (Fhir, "publish") if step == "publish" else (worker, step)
    real = getattr(target, name)

    def die(*given: object, **how: object) -> None:
        if step == "publish":
            real(*given, **how)  # the directory has done it
        raise SystemExit

    monkeypatch.setattr(target, name, die)
    with pytest.raises(SystemExit):
        publish()
    monkeypatch.undo()
    assert listing(shared).state == "sending"
    assert publish() == 0  # the claim is a lease
    due_again()
    assert publish() == 1
    assert national.addresses(national.resources[1]) == ([] if act == "delete" else [shared.address])
    assert listing(shared).state == ("withdrawn" if act == "delete" else "accepted")
    known = national.sent[0 if act == "insert" else 1 :]
    once = {"insert": ["insert"], "replace": ["replace"], "delete": ["delete"]}[act]
    assert known == (once if step == "_note" or act == "delete" else [*once, "replace"])


def test_what_changes_while_it_is_sent_is_sent_again(national, shared, monkeypatch):
    real = Fhir.publish

    def meanwhile(fhir, change):
        Listing.objects.update(service="Comptoir")  # the first time only: then it is so already
        desk.look_over(timezone.now())
        return real(fhir, change)

    monkeypatch.setattr(Fhir, "publish", meanwhile)
    publish()
    assert metadata(national.resources[1]["telecom"][0])["service"] == "Comptoir"
    assert national.sent == ["insert", "replace"]


def test_a_claim_whose_lease_was_lost_settles_nothing(national, shared, monkeypatch):
    real = Fhir.publish

    def slow(fhir, change):
        Listing.objects.update(lease=None)
        return real(fhir, change)

    monkeypatch.setattr(Fhir, "publish", slow)
    publish()
    assert (listing(shared).state, listing(shared).digest) == ("sending", "")
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_one_worker_publishes_at_a_time(national, shared):
    assert leases.take(worker.LEASE_NAME, "another", now=timezone.now(), hold=timedelta(minutes=1))
    assert publish() == 0
    assert worker.publish_due(timezone.now() + timedelta(minutes=2)) == 1

    def run() -> int:
        try:
            return worker.publish_due(timezone.now())
        finally:
            connection.close()

    desk.republish(listing(shared), now=timezone.now())
    with ThreadPoolExecutor(4) as pool:
        assert sum(job.result() for job in [pool.submit(run) for _ in range(4)]) == 1


def test_a_withheld_mailbox_stays_out_until_it_is_republished(national, shared):
    desk.add_missing()
    national.resources[1]["telecom"] = []
    publish()
    desk.withhold(listing(shared), now=timezone.now())
    publish()
    assert national.addresses(national.resources[1]) == []
    assert publish() == 0
    assert listing(shared).reason == "Retirée par un administrateur."
    desk.republish(listing(shared), now=timezone.now())
    publish()
    assert national.addresses(national.resources[1]) == [shared.address]


def test_a_mailbox_that_another_put_there_is_withheld_too(national, shared):
    publish()
    Listing.objects.update(carrier="", digest="", state="rejected")  # we know nothing of it
    desk.withhold(listing(shared), now=timezone.now())
    publish()
    assert national.addresses(national.resources[1]) == []


def test_where_a_worker_put_a_mailbox_meanwhile_is_not_forgotten_by_who_withholds_it(national, shared):
    desk.add_missing()
    read_before = listing(shared)
    elsewhere = f"Organization?identifier={systems.FINESS}|999999991"
    Listing.objects.filter(pk=shared.pk).update(carrier=elsewhere, digest=STANDS)
    desk.withhold(read_before, now=timezone.now())
    assert (listing(shared).carrier, listing(shared).digest) == (elsewhere, STANDS)
    desk.republish(read_before, now=timezone.now())
    assert (listing(shared).carrier, listing(shared).digest) == (elsewhere, STANDS)


def test_a_rehearsal_sends_nothing(national, shared):
    dry = DryRun()
    desk.look_over(timezone.now())
    assert worker.publish_due(timezone.now(), dry) == 1
    assert national.calls == []
    assert [(one.method, one.target) for one in dry.sent] == [
        ("PATCH", f"Organization?identifier=https://finess.esante.gouv.fr|{FINESS}")
    ]


def test_a_rank_begins_at_one(shared):
    with pytest.raises(ValidationError):
        Listing(mailbox=shared, rank=0).full_clean()


@pytest.mark.parametrize("many", [1, 40])
def test_as_many_queries_for_one_mailbox_as_for_many(tenant, zone, anne, many, django_assert_num_queries):
    for number in range(many):
        box = open_mailbox(
            tenant=tenant, domain=zone, address=f"b{number}@{OURS}", kind="PER", display_name="x", state="active"
        )
        Membership.objects.create(mailbox=box, user=anne, role="manager")
    desk.look_over(timezone.now())
    with django_assert_num_queries(4):  # those without a listing, all numbers, the mailboxes, their holders
        desk.look_over(timezone.now())
