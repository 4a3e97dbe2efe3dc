"""Walks with a virtual authenticator (CDP, WebAuthn domain): every door of a passkey in a real browser, on a phone too."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect

from auth_otp.models import Passkey, Session
from tests.auth_otp.conftest import code_field
from tests.conftest import PASSWORD
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1440, "height": 900}


class Device:
    """What holds keys and asks who one is; it says yes, unless told to."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def held(self) -> list[dict[str, object]]:
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]  # type: ignore[no-any-return]

    def holds(self, keys: list[dict[str, object]]) -> None:
        for key in keys:
            self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": key})

    def waits(self, is_waiting: bool = True) -> None:
        """Nobody touches it."""
        self._set("WebAuthn.setAutomaticPresenceSimulation", enabled=not is_waiting)

    def refuses(self, is_refusing: bool = True) -> None:
        """The finger is not the right one."""
        self._set("WebAuthn.setUserVerified", isUserVerified=not is_refusing)

    def _set(self, verb: str, **how: bool) -> None:
        self.cdp.send(verb, {"authenticatorId": self.id, **how})


@pytest.fixture
def at_home(live_server, settings) -> str:
    """Keys are bound to a name, never to an address of the network."""
    settings.BASE_URL = live_server.url.replace("127.0.0.1", "localhost")
    return settings.BASE_URL


@pytest.fixture
def device(open_page, at_home) -> Callable[..., tuple[Page, Device]]:
    def opened(size: dict[str, int], keys: list[dict[str, object]] | None = None) -> tuple[Page, Device]:
        page: Page = open_page()
        page.set_viewport_size(size)  # type: ignore[arg-type]
        held = Device(page)
        held.holds(keys or [])
        return page, held

    return opened


def give_password(page: Page, login: str) -> None:
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def enrol(page: Page, base: str, anne, pocket) -> None:
    page.goto(base)
    give_password(page, anne.login)
    expect(page.get_by_role("status")).to_contain_text("est parti à")
    code_field(page).press_sequentially(pocket.code)
    page.wait_for_url(re.compile(r"/b/"))
    page.goto(f"{base}/moi/securite/")
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    look(page)
    page.get_by_role("button", name="Créer la clé d’accès").click()
    expect(page.get_by_text("est ajoutée")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_key_is_added_then_opens_every_door(device, at_home, pocket, anne, size):
    page, held = device(size)
    enrol(page, at_home, anne, pocket)
    expect(page.get_by_text("Vous n’avez pas de code de secours")).to_be_visible()
    look(page)
    sent = len(pocket.messages)
    page.set_viewport_size(size)
    # the lock
    looked(page)
    Session.objects.update(locked_at=timezone.now())
    page.goto(f"{at_home}/moi/clavier/")
    expect(page.get_by_role("button", name="Rouvrir avec ma clé d’accès")).to_be_focused()
    look(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{at_home}/moi/clavier/")
    # before a sensitive act
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    page.goto(f"{at_home}/moi/securite/codes/")
    look(page)
    page.get_by_role("button", name="Confirmer avec ma clé d’accès").click()
    page.get_by_role("button", name="Faire dix codes").click()
    expect(page.locator(".me-codes code")).to_have_count(10)
    # sign-in, with no name
    other, finger = device(size, held.held())
    finger.waits()  # else the list of the login's field enters at once
    other.goto(f"{at_home}/connexion/?next=/moi/securite/")
    button = other.get_by_role("button", name="Clé d’accès")
    expect(button).to_be_visible()
    look(other)
    button.click()
    finger.waits(False)
    other.wait_for_url(f"{at_home}/moi/securite/")
    expect(other.get_by_text("cette session")).to_be_visible()
    # after a password
    third, again = device(size, [key | {"signCount": 100} for key in held.held()])
    again.waits()
    third.goto(at_home)
    give_password(third, anne.login)
    expect(third.get_by_role("heading", name="Votre clé d’accès")).to_be_visible()
    third.get_by_text("Une autre façon", exact=True).click()
    look(third)
    again.waits(False)
    third.get_by_role("button", name="Continuer avec ma clé d’accès").click()
    third.wait_for_url(re.compile(r"/b/"))
    assert len(pocket.messages) == sent, "no SMS was asked for"
    # renamed, removed
    other.get_by_role("link", name=re.compile("Modifier")).click()
    look(other)
    other.get_by_label("Nom").fill("Téléphone d’Anne")
    other.get_by_role("button", name="Renommer").click()
    other.get_by_role("link", name="Modifier Téléphone d’Anne").click()
    other.get_by_role("button", name="Retirer la clé").click()
    other.wait_for_url(re.compile("/connexion/"))
    assert not Passkey.objects.exists()


def test_the_list_of_the_login_field_offers_it_and_enters(device, at_home, pocket, anne):
    """Conditional UI: a virtual authenticator picks the one key that it holds."""
    page, held = device(DESK)
    enrol(page, at_home, anne, pocket)
    other, _ = device(DESK, [key | {"signCount": 100} for key in held.held()])
    other.goto(f"{at_home}/connexion/?next=/moi/")
    other.wait_for_url(f"{at_home}/moi/")


def test_what_fails_is_said_and_the_other_ways_stay(device, at_home, pocket, anne):
    page, held = device(DESK)
    page.goto(f"{at_home}/connexion/")
    page.get_by_role("button", name="Clé d’accès").click()
    expect(page.get_by_role("alert")).to_contain_text("Rien n’a été confirmé")
    expect(page.get_by_role("button", name="Clé d’accès")).to_be_focused()
    look(page)
    enrol(page, at_home, anne, pocket)
    page.goto(f"{at_home}/moi/securite/cles/")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    expect(page.get_by_role("alert")).to_contain_text("a déjà une clé d’accès")
    other, again = device(PHONE, held.held())
    again.refuses()
    other.goto(f"{at_home}/connexion/")
    other.get_by_role("button", name="Clé d’accès").click()
    expect(other.get_by_role("alert")).to_contain_text("Rien n’a été confirmé")
    Passkey.objects.all().delete()
    again.refuses(False)
    other.get_by_role("button", name="Clé d’accès").click()
    expect(other.get_by_role("alert")).to_contain_text("n’a pas été acceptée")
    look(other)
    give_password(other, anne.login)
    expect(other.get_by_role("status")).to_contain_text("est parti à")
    code_field(other).press_sequentially(pocket.code)
    other.wait_for_url(re.compile(r"/b/"))


def test_a_browser_that_cannot_shows_no_door_and_says_so_where_it_matters(open_page, device, at_home, pocket, anne):
    page, _ = device(DESK)
    enrol(page, at_home, anne, pocket)
    for scripts in (True, False):
        other = open_page(scripts=scripts)
        other.add_init_script("delete window.PublicKeyCredential")
        other.goto(f"{at_home}/connexion/")
        expect(other.get_by_role("button", name="Clé d’accès")).to_be_hidden()
        give_password(other, anne.login)
        if scripts:  # the engine of the walks draws no <noscript>
            expect(other.get_by_text("Ce navigateur ne sait pas se servir d’une clé")).to_be_visible()
            look(other)
        if not other.get_by_role("button", name="Recevoir un code par SMS").is_visible():
            other.get_by_text("Une autre façon", exact=True).click()
        other.get_by_role("button", name="Recevoir un code par SMS").click()
        expect(other.get_by_role("status")).to_contain_text("finit par 01")
        other.wait_for_timeout(300)
        code_field(other).fill(pocket.code)
        other.get_by_role("button", name="Valider").click()
        other.wait_for_url(re.compile(r"/b/"))
