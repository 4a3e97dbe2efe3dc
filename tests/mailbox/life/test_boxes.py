"""«Boîtes de la pharmacie»: who sees which mailboxes, who asks, who agrees, who closes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mailbox.life import desk
from mailbox.models import Life, Mailbox, MailboxRequest, NoticeChannel, Tenant
from mssweb.audit.models import AuditEvent
from mssweb.templatetags.addresses import breakable
from tests.conftest import DOMAIN
from tests.mailbox.life.conftest import DAY, by, life


def asked(tenant, **more) -> dict[str, object]:
    domain = tenant.mailboxes.first().domain_id
    return {"kind": "ORG", "label": "Vaccination", "domain": domain, "reason": "Campagne", "person": ""} | more


def test_a_manager_is_offered_addresses_and_asks_for_one_and_the_titulaire_agrees(
    client, sign_in, dupont, tenant, anne, claire
):
    dupont.memberships.filter(user=claire).update(role="manager")
    sign_in(client, claire)
    url = f"/boites/{tenant.pk}/demander/"
    assert client.get(url).status_code == 200
    page = client.post(url, asked(tenant)).content.decode()
    address = f"pharmacie-dupont-paris-vaccination@{DOMAIN}"
    assert f'value="{address}" checked' in page
    assert not MailboxRequest.objects.exists(), "first one looks"
    assert client.post(url, asked(tenant, address=f"postmaster@{DOMAIN}")).status_code == 422
    assert client.post(url, asked(tenant, address=address)).status_code == 302
    row = MailboxRequest.objects.get()
    assert (row.address, row.asked_by, row.agreed_by) == (address, claire, None)
    assert "Attend l’accord du titulaire" in client.get("/boites/").content.decode()
    assert client.post(f"/boites/demande/{row.pk}/", {"action": "agree"}).status_code == 404
    sign_in(client, anne)
    assert client.post(f"/boites/demande/{row.pk}/", {"action": "agree"}).status_code == 302
    row.refresh_from_db()
    assert row.agreed_by == anne
    told = AuditEvent.objects.filter(action__startswith="request.").order_by("pk").values_list("action", "actor")
    assert list(told) == [("request.create", claire.pk), ("request.agree", anne.pk)]


def test_a_form_that_lacks_something_says_what_and_near_addresses_are_told(
    client, sign_in, dupont, annes_box, tenant, anne
):
    sign_in(client, anne)
    url = f"/boites/{tenant.pk}/demander/"
    for lacking, words in (({"kind": "PER"}, "Choisissez la personne"), ({"kind": "APP", "label": ""}, "nom du logiciel"),
                           ({"reason": ""}, "obligatoire"), ({"kind": "CAB"}, "choix")):  # fmt: skip
        answer = client.post(url, asked(tenant, **lacking))
        assert answer.status_code == 422 and words in answer.content.decode(), words
    page = client.post(url, asked(tenant, kind="PER", person=anne.pk)).content.decode()
    assert f"anne.dupont2@{DOMAIN}" in page and "adresses voisines" in page and breakable(annes_box.address) in page


def test_members_readers_and_strangers_govern_nothing(client, sign_in, dupont, tenant, anne, claire, hugo, stranger):
    row = MailboxRequest.objects.create(
        tenant=tenant, domain=dupont.domain, kind="ORG", address=f"x@{DOMAIN}", skeleton=f"x@{DOMAIN}", display_name="x",
        reason="m", asked_by=anne, asked_at=timezone.now(),
    )  # fmt: skip
    for user in (claire, hugo, stranger):
        sign_in(client, user)
        page = client.get("/boites/").content.decode()
        assert "Vous ne gérez aucune boîte" in page and breakable(dupont.address) not in page
        for url in (f"/boites/{tenant.pk}/demander/", f"/boites/demande/{row.pk}/", f"/boites/{dupont.pk}/cloture/"):
            assert client.post(url, {"action": "refuse"}).status_code == 404, (user, url)
    sign_in(client, anne)
    for url in (f"/boites/{uuid4()}/demander/", f"/boites/demande/{uuid4()}/", f"/boites/{uuid4()}/cloture/"):
        assert client.post(url).status_code == 404, url
    assert row.state == "waiting"


def test_who_decides_of_a_closure_is_the_titulaire_or_a_manager_and_of_a_personal_mailbox_its_holder(
    client, sign_in, dupont, annes_box, anne, claire
):
    dupont.memberships.filter(user=claire).update(role="manager")
    on = (timezone.localdate() + timedelta(days=10)).isoformat()
    sign_in(client, claire)
    page = client.get("/boites/").content.decode()
    assert breakable(annes_box.address) in page
    assert client.post(f"/boites/{annes_box.pk}/cloture/", {"on": on, "reason": "m"}).status_code == 403
    for bad in (
        {"on": on, "reason": ""},
        {"on": timezone.localdate().isoformat(), "reason": "m"},
        {"on": "2099-01-01", "reason": "m"},
    ):
        client.post(f"/boites/{dupont.pk}/cloture/", bad)
        assert not Life.objects.filter(closing_at__isnull=False).exists(), bad
    client.post(f"/boites/{dupont.pk}/cloture/", {"on": on, "reason": "Vente"})
    assert (life(dupont).closing_at, life(dupont).reason) != (None, "")
    assert "Clôture demandée pour le" in client.get("/boites/").content.decode()
    dupont.memberships.filter(user=anne).delete()
    sign_in(client, anne)
    client.post(f"/boites/{dupont.pk}/cloture/", {"action": "keep"})
    assert life(dupont).closing_at is None, "the titulaire, member or not"
    assert client.post(f"/boites/{annes_box.pk}/cloture/", {"on": on, "reason": "m"}).status_code == 302
    assert life(annes_box).closing_at


def test_the_page_says_how_each_mailbox_stands_in_few_statements(
    client, sign_in, dupont, annes_box, anne, tenant, django_assert_max_num_queries
):
    desk.suspend(annes_box.pk, by(anne, "Congé"), until=timezone.now() + 9 * DAY)
    desk.close(dupont.pk, by(anne))
    sign_in(client, anne)
    client.get("/boites/")
    with django_assert_max_num_queries(13):
        page = client.get("/boites/").content.decode()
    for words in ("Suspendue jusqu’au", "Congé", "se lit et s’exporte jusqu’au", "Clôturée"):
        assert words in page, words
    Mailbox.objects.filter(pk=dupont.pk).update(state="deleted")
    assert "l’adresse reste réservée" in client.get("/boites/").content.decode() or dupont.memberships.exists()


def test_of_a_mailbox_suspended_until_further_notice_everybody_reads_why(client, sign_in, dupont, anne, hugo):
    desk.suspend(dupont.pk, by(anne, "Pièces attendues"))
    for user, url, times in (
        (anne, "/boites/", 2),
        (hugo, f"/b/{dupont.pk}/inbox/", 1),
    ):  # in the banner, and in its line
        sign_in(client, user)
        assert client.get(url).content.decode().count("Motif&nbsp;: Pièces attendues") == times, url


def test_a_day_of_closure_that_will_be_refused_cannot_be_chosen_and_the_delay_is_said(
    client, sign_in, dupont, anne, settings
):
    settings.CLOSURE_GRACE_DAYS = 45
    sign_in(client, anne)
    page, today = client.get("/boites/").content.decode(), timezone.localdate()
    first, last = today + timedelta(days=1), today + timedelta(days=366)
    assert f'min="{first:%Y-%m-%d}" max="{last:%Y-%m-%d}"' in page
    assert "s’exporte encore 45 jours" in page
    for day, is_asked in ((today, False), (last + timedelta(days=1), False), (first, True)):
        client.post(f"/boites/{dupont.pk}/cloture/", {"on": f"{day:%Y-%m-%d}", "reason": "m"})
        assert Life.objects.filter(pk=dupont.pk, closing_at__isnull=False).exists() is is_asked, day


@pytest.mark.parametrize("name", ["Pharmacie Vide"])
def test_a_structure_without_a_mailbox_says_what_to_do(client, sign_in, anne, name, domain):
    made = Tenant.objects.create(name=name, holder=anne, town="Lyon")
    sign_in(client, anne)
    assert "Demandez la première" in client.get("/boites/").content.decode()
    assert client.get(f"/boites/{made.pk}/demander/").status_code == 200


def test_how_to_be_warned_is_each_persons_choice(client, sign_in, dupont, hugo):
    sign_in(client, hugo)
    assert "•• 03" in client.get("/avertissements/").content.decode()
    assert client.post("/avertissements/", {"channel": "mailbox"}).status_code == 302
    assert NoticeChannel.objects.get(user=hugo).channel == "mailbox"
    assert client.post("/avertissements/", {"channel": "pigeon"}).status_code == 404
    assert AuditEvent.objects.get(action="channel.change").facts == {"channel": "mailbox"}


def test_requests_are_linked_for_who_may_answer_them_and_for_nobody_who_would_find_no_page(
    client, dupont, claire, anne, sign_in
):
    for user, leads in ((claire, False), (anne, True)):
        sign_in(client, user)
        assert ('href="/demandes/"' in client.get("/boites/").content.decode()) is leads
        assert (client.get("/demandes/").status_code == 200) is leads
