"""Walks: Pro Santé Connect in a real browser, with and without JavaScript, and what axe says of each page."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from auth_otp.models import Session
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]
HOME = re.compile(r"/b/")


@pytest.fixture
def door(settings, live_server, wallet, anne) -> None:
    settings.BASE_URL = live_server.url
    wallet.returns = [f"{live_server.url}/connexion/psc/{end}/" for end in ("retour", "parti")]


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).click()


def _look(page: Page, scripts: bool) -> None:
    if scripts:  # axe is one
        look(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_in_by_card_locked_reopened_out_here_and_there(open_page, door, wallet, scripts):
    page = open_page(scripts=scripts)
    page.goto("/")
    _look(page, scripts)
    page.get_by_role("link", name="Pro Santé Connect").click()
    choose(page, "INCONNUE")
    expect(page.get_by_role("alert")).to_contain_text("Annuaire Santé")
    _look(page, scripts)
    page.get_by_role("link", name="Choisir une autre identité").click()
    choose(page, "ANNE")
    page.wait_for_url(HOME)
    if scripts:
        looked(page)
    Session.objects.update(locked_at=timezone.now())
    page.reload()
    _look(page, scripts)
    page.get_by_role("link", name="Rouvrir avec Pro Santé Connect").click()
    choose(page, "ANNE")
    page.wait_for_url(HOME)
    page.goto("/confirmer/?next=/moi/securite/")
    _look(page, scripts)
    page.get_by_role("link", name="Confirmer avec Pro Santé Connect").click()
    choose(page, "ANNE")
    page.wait_for_url(re.compile(r"/moi/securite/"))
    _look(page, scripts)
    Session.objects.update(locked_at=timezone.now())
    page.goto("/verrou/")
    page.get_by_role("button", name="Terminer cette session").click()
    page.wait_for_url(re.compile(r"/connexion/psc/parti/"))
    _look(page, scripts)
    assert (
        len(wallet.sessions) == 3 and not Session.objects.exists()
    )  # those of the three other proofs, which wait for their end


@pytest.mark.parametrize("scripts", [True, False])
def test_in_by_the_telephone(open_page, door, wallet, scripts):
    page = open_page(scripts=scripts)
    page.goto("/connexion/")
    page.get_by_role("link", name="e-CPS mobile").click()
    page.get_by_label("Numéro RPPS").fill("99900000011")
    page.get_by_role("button", name="Demander sur mon téléphone").click()
    expect(page.get_by_role("heading", name="Confirmez sur votre téléphone")).to_be_visible()
    _look(page, scripts)
    telephone = page.context.new_page()
    if scripts:
        telephone.goto(f"{wallet.base}/telephone")
        choose(telephone, "Refuser")
        expect(page.get_by_role("alert")).to_contain_text("refusée dans l’application e-CPS", timeout=20_000)
        page.get_by_role("link", name="Réessayer").click()
        page.get_by_label("Numéro RPPS").fill("99900000011")
        page.get_by_role("button", name="Demander sur mon téléphone").click()
    telephone.goto(f"{wallet.base}/telephone")
    choose(telephone, "Confirmer")
    if not scripts:
        page.wait_for_timeout(5_500)  # what the provider asks to wait
        page.get_by_role("button", name="J’ai confirmé").click()
    page.wait_for_url(HOME, timeout=20_000)
