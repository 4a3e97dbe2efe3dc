"""The life of mailboxes for administrators: what waits, what the directory says of it, acts with reasons."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from mailbox.life import requests
from mailbox.life.requests import Wish
from mailbox.models import Credential, Life, Mailbox, MailboxRequest, open_mailbox
from mssweb.audit.models import AuditEvent
from tests.conftest import DOMAIN
from tests.mailbox.life.conftest import by


@pytest.fixture
def boss(make_user):
    return make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


@pytest.fixture
def office(client, boss, sign_in) -> Client:
    sign_in(client, boss)
    return client


@pytest.fixture
def waiting(tenant, domain, anne) -> MailboxRequest:
    return requests.ask(
        Wish(tenant=tenant, domain=domain, kind="PER", person=anne), f"anne.dupont@{DOMAIN}", by(anne, "m")
    )


def test_what_agrees_and_what_does_not_is_shown_to_who_decides(office, known, waiting, boss):
    page = office.get(f"/admin/mailbox/mailboxrequest/{waiting.pk}/change/").content.decode()
    assert page.count("<td>concorde</td>") == 3 and page.count("ne concorde pas</strong>") == 1, (
        "her profession is not told"
    )
    act = f"/admin/mailbox/mailboxrequest/{waiting.pk}/decision/"
    for given in ({"action": "accept"}, {"action": "accept", "reason": "m"}, {"action": "refuse"}, {}):
        assert office.post(act, given).status_code == 302
        assert MailboxRequest.objects.get().is_waiting, given
    done = office.post(act, {"action": "accept", "reason": "Carte vue", "despite": "on"}, follow=True)
    assert "est ouverte" in done.content.decode() and "Carte vue" in done.content.decode()
    assert (MailboxRequest.objects.get().decided_by, Mailbox.objects.get().state) == (boss, "active")


def test_the_home_page_says_how_many_requests_wait_to_who_may_see_them(
    client, office, sign_in, make_user, waiting, tenant, domain, claire
):
    assert "Une demande de boîte attend une décision" in (home := office.get("/admin/").text)
    assert "/admin/mailbox/mailboxrequest/?state__exact=waiting" in home and "a donné son accord." in home
    wish = Wish(tenant=tenant, domain=domain, kind="ORG", label="Vaccination")
    requests.ask(wish, requests.offers(wish)[0], by(claire, "m"))
    assert "2 demandes de boîtes attendent" in (home := office.get("/admin/").text) and "pour 1 d’entre elles" in home
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    sign_in(client, clerk)
    for codename, is_told in (("view_mailbox", False), ("view_mailboxrequest", True)):
        clerk.user_permissions.add(Permission.objects.get(codename=codename))
        assert ("2 demandes de boîtes attendent" in client.get("/admin/").text) == is_told, codename
    MailboxRequest.objects.update(state="withdrawn")
    assert "attend" not in client.get("/admin/").text


def test_a_refusal_says_why_and_the_address_is_free_again(office, waiting, anne, tenant, domain):
    office.post(f"/admin/mailbox/mailboxrequest/{waiting.pk}/decision/", {"action": "refuse", "reason": "Doublon"})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.answer) == ("refused", "Doublon")
    assert requests.offers(Wish(tenant=tenant, domain=domain, kind="PER", person=anne))[0] == waiting.address


def test_who_may_only_look_decides_and_changes_nothing(client, sign_in, make_user, dupont, waiting):
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_mailbox", "view_mailboxrequest"]))
    sign_in(client, clerk)
    page = f"/admin/mailbox/mailbox/{dupont.pk}/vie/"
    assert client.get(page).status_code == 200 and "Suspendre" not in client.get(page).content.decode()
    assert client.post(page, {"act": "suspend", "reason": "m"}).status_code == 403
    decision = f"/admin/mailbox/mailboxrequest/{waiting.pk}/decision/"
    assert client.post(decision, {"action": "accept", "reason": "m", "despite": "on"}).status_code == 403
    assert "Ouvrir la boîte" not in client.get(f"/admin/mailbox/mailboxrequest/{waiting.pk}/change/").content.decode()


def test_acts_have_a_reason_a_day_to_come_and_a_history(office, dupont):
    page = f"/admin/mailbox/mailbox/{dupont.pk}/vie/"
    assert office.post(page, {"act": "suspend", "reason": "m", "on": "2020-01-01T10:00"}).status_code == 422
    office.post(page, {"act": "suspend", "reason": "Contrôle", "on": "2099-01-01T10:00"})
    shown = office.get(page).content.decode()
    assert "Contrôle" in shown and "Ada MINISTRE" in shown and "1 janvier 2099" in shown
    office.post(page, {"act": "resume", "reason": "Fini"})
    office.post(page, {"act": "close", "reason": "Vente", "on": "2099-01-01T10:00"})
    assert (Mailbox.objects.get().state, Life.objects.get().closing_at.year) == ("active", 2099)
    told = AuditEvent.objects.filter(action__startswith="mailbox.").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["mailbox.suspend", "mailbox.resume", "mailbox.close_ask"]


def test_no_new_mailbox_has_a_reserved_or_used_address(office, dupont, tenant, domain):
    for address in (f"postmaster@{DOMAIN}", f"pharmacie.dupont.paris@{DOMAIN}"):
        made = {
            "tenant": tenant.pk,
            "domain": domain.pk,
            "address": address,
            "kind": "ORG",
            "state": "active",
            "display_name": "x",
        }
        made |= {"quota_bytes": "1000", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
        answer = office.post("/admin/mailbox/mailbox/add/", made)
        assert answer.status_code == 200 and (
            "réservé" in answer.content.decode() or "prise" in answer.content.decode()
        )
    assert Mailbox.objects.count() == 1


def test_a_certificate_is_of_an_applicative_mailbox_is_told_and_is_revoked_for_good(office, dupont, tenant, domain):
    app = open_mailbox(
        tenant=tenant, domain=domain, address=f"l-applicatif@{DOMAIN}", kind="APP", display_name="L", state="active"
    )
    given = {
        "certificate_dn": "CN=lgo,O=X,C=FR",
        "serial": "0A:1b",
        "not_after_0": "2099-01-01",
        "not_after_1": "00:00",
    }
    refused = office.post("/admin/mailbox/credential/add/", given | {"mailbox": dupont.pk})
    assert "Seule une boîte applicative" in refused.content.decode()
    assert office.post("/admin/mailbox/credential/add/", given | {"mailbox": app.pk}).status_code == 302
    row = Credential.objects.get()
    assert (row.mailbox, row.serial, row.revoked_at) == (app, "a1b", None)
    office.post("/admin/mailbox/credential/", {"action": "revoke", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert row.revoked_at and row.revoked_at <= timezone.now()
    told = (
        AuditEvent.objects.filter(action__startswith="credential.").order_by("pk").values_list("action", "mailbox_id")
    )
    assert list(told) == [("credential.create", app.pk), ("credential.revoke", app.pk)]


def test_nobody_is_added_to_a_personal_mailbox_nor_anybody_else_made_its_holder(office, annes_box, anne, claire):
    page = f"/admin/mailbox/mailbox/{annes_box.pk}/change/"
    own = annes_box.memberships.get()
    held = {
        "memberships-0-id": own.pk,
        "memberships-0-mailbox": annes_box.pk,
        "memberships-0-user": anne.pk,
        "memberships-0-role": "manager",
    }
    second = {"memberships-1-mailbox": annes_box.pk, "memberships-1-user": claire.pk, "memberships-1-role": "reader"}
    base = {"display_name": "Anne_A", "quota_bytes": 1000, "memberships-INITIAL_FORMS": 1}
    told = office.post(page, base | held | second | {"memberships-TOTAL_FORMS": 2})
    assert "aucun autre membre" in told.content.decode()
    swap = held | second | {"memberships-TOTAL_FORMS": 2, "memberships-0-DELETE": "on"}
    assert office.post(page, base | swap).status_code == 200
    assert office.post(page, base | held | {"memberships-TOTAL_FORMS": 1}).status_code == 302
    assert Life.objects.get().holder == anne
    own.delete()
    for user, words in ((claire, "autre personne"), (anne, "")):
        given = {"mailbox": annes_box.pk, "user": user.pk, "role": "manager"}
        answer = office.post("/admin/mailbox/membership/add/", given)
        assert answer.status_code == (200 if words else 302) and words in answer.content.decode()
