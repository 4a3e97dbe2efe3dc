"""A titulaire decides of people and rules without JavaScript; whoever is confined sees the way on."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import expect

from mailbox.models import Staff
from mailbox.staff import policy
from mailbox.staff.policy import Policy, Told, Way
from tests.conftest import work
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def enter(open_page, sign_in, live_server):
    def entered(user, *, scripts: bool = True):
        opened, client = open_page(scripts=scripts), Client()
        sign_in(client, user)
        name = django_settings.SESSION_COOKIE_NAME
        opened.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return opened

    return entered


def test_a_titulaire_decides_of_people_and_rules_without_javascript(enter, dupont, tenant, anne, claire):
    work(tenant, claire, function="preparateur")
    page = enter(anne, scripts=False)
    page.goto("/structure/")
    expect(page.get_by_role("heading", name="Pharmacie Dupont")).to_be_visible()
    page.get_by_role("link", name="Gérer Claire MARTIN").click()
    page.get_by_role("button", name="Suspendre").click()
    expect(page.get_by_text("Claire MARTIN n’ouvre plus les boîtes partagées")).to_be_visible()
    assert Staff.objects.get(user=claire).state == "suspended"
    page.get_by_role("link", name="Toutes les personnes").click()
    page.get_by_role("link", name="Modifier").click()
    page.get_by_label(re.compile("Code par SMS")).check()
    page.get_by_label("À partir du").check()
    page.get_by_role("button", name="Enregistrer les règles").click()
    expect(page.get_by_text("Choisissez un jour entre demain et un an.")).to_be_visible()


def test_every_page_of_a_structure_is_accessible_and_so_is_that_of_who_is_confined(enter, dupont, tenant, anne, claire):
    page = enter(anne)
    for path in ("", f"personne/{Staff.objects.get(user=claire).pk}/", "regles/"):
        page.goto(f"/structure/{tenant.pk}/{path}")
        look(page)
    tenant.policy = policy.kept(Told(Policy(refused=frozenset({Way.SMS}))))
    tenant.save()
    page = enter(claire)
    page.goto("/")
    expect(page.get_by_text("Encore un pas avant vos boîtes aux lettres")).to_be_visible()
    look(page)
