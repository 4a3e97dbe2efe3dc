"""Administrators see whether all is published, write what is said of a mailbox, and compare with the directory."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from mailbox import leases
from mailbox.models import Listing
from mailbox.publication import desk, halt, worker
from mailbox.publication.gateway import REFUSED_KEY
from mssweb.audit.models import AuditEvent
from tests.mailbox.publication.conftest import FINESS, OURS, listing, publish

LIST = "/admin/mailbox/listing/"
pytestmark = pytest.mark.wire


@pytest.fixture
def boss(make_user):
    return make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


@pytest.fixture
def desk_client(client, boss, sign_in) -> Client:
    sign_in(client, boss)
    return client


def told(boss) -> list[tuple[str, object]]:
    rows = AuditEvent.objects.filter(actor=boss).exclude(action__startswith="session").order_by("pk")
    return list(rows.values_list("action", "mailbox_id"))


def test_the_list_says_the_state_of_each_and_whether_anything_is_sent(
    desk_client, national, hers, shared, anne, settings
):
    anne.rpps = ""
    anne.save()
    publish()
    page = desk_client.get(LIST).content.decode()
    assert shared.address in page
    assert "publiée" in page
    assert "le numéro RPPS de son responsable" in page
    assert "La publication est" not in page
    leases.take(worker.LEASE_NAME, worker._PAUSED, now=timezone.now(), hold=timedelta(minutes=1))
    assert "ne répond pas, ou demande d’attendre" in desk_client.get(LIST).content.decode()
    halt.stop(REFUSED_KEY, now=timezone.now())
    page = desk_client.get(LIST).content.decode()
    assert "La publication est arrêtée" in page and 'value="Reprendre"' in page
    settings.PUBLISH_URL = ""
    assert "La publication est éteinte" in desk_client.get(LIST).content.decode()


def test_what_is_said_of_a_mailbox_is_written_and_queued_at_once(desk_client, boss, national, shared):
    publish()
    given = {"structure": "75 000 0002", "service": "Comptoir", "responsible": "Dr A", "description": "", "rank": "1",
             "is_paperless": "true"}  # fmt: skip
    answer = desk_client.post(f"{LIST}{shared.pk}/change/", given)
    assert answer.status_code == 302, answer.context["errors"]
    row = listing(shared)
    assert (row.structure, row.service, row.rank, row.is_paperless, row.state) == (
        FINESS,
        "Comptoir",
        1,
        True,
        "pending",
    )
    assert told(boss) == [("listing.change", shared.pk)]
    wrong = desk_client.post(f"{LIST}{shared.pk}/change/", {**given, "structure": "750000003", "rank": "0"})
    page = wrong.content.decode()
    assert "Il faut un FINESS juste" in page
    assert listing(shared).structure == FINESS


def test_a_personal_mailbox_has_no_service_to_write(desk_client, national, hers):
    desk.add_missing()
    page = desk_client.get(f"{LIST}{hers.pk}/change/").content.decode()
    assert 'name="rank"' in page
    assert 'name="service"' not in page and 'name="state"' not in page


def test_a_mailbox_put_on_the_red_list_is_queued_for_withdrawal_as_it_is_saved(desk_client, national, shared):
    publish()
    given = {"display_name": "P", "state": "active", "quota_bytes": "1000", "red_list": "on",
             "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}  # fmt: skip
    assert desk_client.post(f"/admin/mailbox/mailbox/{shared.pk}/change/", given).status_code == 302
    assert listing(shared).state == "pending"
    publish()
    assert national.addresses(national.resources[1]) == []


def test_a_new_mailbox_is_listed_as_it_is_opened(desk_client, tenant, zone):
    given = {"tenant": tenant.pk, "domain": zone.pk, "address": f"neuve@{OURS}", "kind": "ORG", "display_name": "N",
             "state": "active", "quota_bytes": "1000", "memberships-TOTAL_FORMS": "0",
             "memberships-INITIAL_FORMS": "0"}  # fmt: skip
    answer = desk_client.post("/admin/mailbox/mailbox/add/", given)
    assert answer.status_code == 302, answer.context["errors"]
    assert Listing.objects.get().state == "pending"


def test_mailboxes_are_republished_and_withdrawn_from_the_list(desk_client, boss, national, hers, shared):
    publish()
    for action, due in (("withhold", {"withdrawn"}), ("republish", {"accepted"})):
        chosen = {"action": action, "_selected_action": [str(hers.pk), str(shared.pk)]}
        answer = desk_client.post(LIST, chosen, follow=True)
        assert "2 boîtes " in answer.content.decode()
        publish()
        assert {row.state for row in Listing.objects.all()} == due
    assert [action for action, _ in told(boss)] == ["listing.withhold"] * 2 + ["listing.republish"] * 2
    assert national.sent == ["insert"] * 2 + ["delete"] * 2 + ["insert"] * 2


def test_the_report_is_read_exported_and_resynchronised(desk_client, boss, national, extraction, shared):
    desk.look_over(timezone.now())
    extraction(shared.address, "ORG", structure="F750000028")
    extraction(f"inconnue@{OURS}", "PER", rpps="99900000011")
    page = desk_client.get(f"{LIST}rapprochement/").content.decode()
    assert "15 janvier 2026" in page
    assert "inscrite sur 750000028" in page.lower() and "orpheline" in page
    answer = desk_client.get(f"{LIST}rapprochement.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode().count(OURS) == 4
    again = desk_client.post(f"{LIST}resynchroniser/", follow=True).content.decode()
    assert "1 boîte mise en file" in again
    assert [action for action, _ in told(boss)] == ["listing.export", "listing.resync"]
    assert listing(shared).carrier.endswith("|750000028")


def test_without_an_extraction_the_report_says_so(desk_client, shared):
    assert "n’est chargée" in desk_client.get(f"{LIST}rapprochement/").content.decode()
    answer = desk_client.post(f"{LIST}resynchroniser/", follow=True)
    assert "Aucune extraction" in answer.content.decode()


def test_a_replaced_key_is_told_by_a_person(desk_client, boss, shared):
    halt.stop(REFUSED_KEY, now=timezone.now())
    assert "La publication reprend" in desk_client.post(f"{LIST}reprendre/", follow=True).content.decode()
    assert halt.current() is None
    assert told(boss) == [("publication.resume", None)]


def test_reading_needs_the_right_to_view_and_acting_the_right_to_change(client, sign_in, make_user, shared):
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    sign_in(client, clerk)
    desk.add_missing()
    halt.stop(REFUSED_KEY, now=timezone.now())

    def statuses() -> list[int]:
        pages = [client.get(LIST + page).status_code for page in ("", "rapprochement/", "rapprochement.csv")]
        return pages + [client.post(LIST + page).status_code for page in ("resynchroniser/", "reprendre/")]

    assert statuses() == [403] * 5
    clerk.user_permissions.add(Permission.objects.get(codename="view_listing"))
    assert statuses() == [200, 200, 200, 403, 403]
    page = client.get(LIST).content.decode()
    assert 'value="Reprendre"' not in page and "Retirer" not in page
    clerk.user_permissions.add(Permission.objects.get(codename="change_listing"))
    assert statuses() == [200, 200, 200, 302, 302]
    assert client.get(f"{LIST}resynchroniser/").status_code == 405
