"""A real browser with a real client certificate, our own listener for cards, and the pages: each way in and each refusal."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from auth_otp.cps import lists
from auth_otp.models import Session, User
from mailbox.management.demo.cards import CardAuthority
from tests.auth_otp.cps.conftest import CRL_URL
from tests.auth_otp.cps.test_front import listener  # noqa: F401
from tests.walking import NO_STREAM, look, looked, rest

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def carried(chromium, live_server, dupont, listener, settings, authority, tmp_path):  # noqa: F811
    """A browser that carries this card (or none), at a live door."""
    settings.CPS_URL, settings.BASE_URL = f"https://localhost:{listener}", live_server.url
    lists.load(authority.crl(), url=CRL_URL, now=datetime.now(UTC))
    contexts = []

    def opened(card=None, *, scripts: bool = True) -> Page:
        given = {}
        if card:
            certificate, key = card.write(tmp_path, f"{card.certificate.serial_number:x}")
            given = {"client_certificates": [{"origin": settings.CPS_URL, "certPath": certificate, "keyPath": key}]}
        context = chromium.new_context(
            base_url=live_server.url, locale="fr-FR", java_script_enabled=scripts, ignore_https_errors=True, **given
        )
        contexts.append(context)
        context.add_init_script(NO_STREAM)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    rest(live_server.url)


def come_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Carte CPS").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_card_opens_reopens_and_confirms(carried, authority, anne, scripts):
    anne.set_unusable_password()
    anne.save()
    page = carried(authority.issue(), scripts=scripts)
    come_in(page)
    page.wait_for_url(re.compile(r"/b/"))
    there = page.url
    if scripts:
        looked(page)
    Session.objects.update(locked_at=timezone.now())
    page.goto(there)
    expect(page.get_by_role("heading", name="Session verrouillée")).to_be_visible()
    if scripts:
        look(page)
    page.get_by_role("link", name="Rouvrir avec ma carte CPS").click()
    page.wait_for_url(there)
    page.goto("/confirmer/?next=/moi/securite/")
    if scripts:
        look(page)
    page.get_by_role("link", name="Confirmer avec ma carte CPS").click()
    page.wait_for_url(re.compile(r"/moi/securite/"))
    expect(page.locator("li", has_text="Carte CPS").get_by_text("rattachée")).to_be_visible()
    if scripts:
        look(page)


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (None, "Insérez votre carte CPS"),
        ({"ended": True}, "Carte expirée"),
        ({"subject": "899900000999"}, "Numéro RPPS inconnu"),
    ],
)
def test_a_card_that_does_not_open_says_why_and_leads_on(carried, authority: CardAuthority, anne, given, title):
    page = carried(None if given is None else authority.issue(**given))
    come_in(page)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    look(page)
    page.get_by_role("link", name="Se connecter autrement").click()
    expect(page.get_by_label("Identifiant")).to_be_visible()


def test_a_stolen_card_and_one_of_somebody_else(carried, authority, anne, claire):
    stolen = authority.issue()
    lists.load(authority.crl([stolen], number=2), url=CRL_URL, now=datetime.now(UTC))
    page = carried(stolen)
    come_in(page)
    expect(page.get_by_role("heading", name="Carte révoquée")).to_be_visible()
    User.objects.filter(pk=claire.pk).update(rpps="99900000029")
    hers = carried(authority.issue("899900000029"))
    come_in(hers)
    hers.wait_for_url(re.compile(r"/b/"))
    looked(hers)
    Session.objects.update(locked_at=timezone.now())
    User.objects.filter(pk=claire.pk).update(
        rpps="99900000037"
    )  # the session's person has another number than the card
    hers.reload()
    hers.get_by_role("link", name="Rouvrir avec ma carte CPS").click()
    expect(hers.get_by_role("heading", name="C’est la carte de quelqu’un d’autre")).to_be_visible()
    look(hers)
    hers.get_by_role("link", name="Revenir").click()
    expect(hers.get_by_role("heading", name="Session verrouillée")).to_be_visible()
