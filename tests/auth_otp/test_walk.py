"""Walks: sign-in, lock and return in a real browser, with and without JavaScript, and what axe says of each page."""

import base64
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from auth_otp import totp
from auth_otp.models import Session
from tests.auth_otp.conftest import code_field
from tests.conftest import PASSWORD
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


def give_password(page: Page, login: str, password: str = PASSWORD) -> None:
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter").click()


def test_every_page_of_the_door_is_accessible(open_page, pocket, anne):
    page = open_page()
    page.goto("/")
    expect(page.get_by_label("Identifiant")).to_be_focused()
    look(page)
    give_password(page, anne.login, "faux")
    expect(page.get_by_role("alert")).to_have_text("Identifiant ou mot de passe incorrect.")
    expect(page.get_by_label("Mot de passe", exact=True)).to_be_focused()
    look(page)
    give_password(page, anne.login)
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("est parti à")
    look(page)
    code_field(page).press_sequentially(pocket.wrong)  # the sixth digit sends
    expect(page.get_by_role("alert")).to_contain_text("il reste 4 essais")
    look(page)
    code_field(page).press_sequentially(pocket.code)
    page.wait_for_url(re.compile(r"/b/"))
    looked(page)  # else it finds out by itself, and leaves while it is reloaded
    Session.objects.update(locked_at=timezone.now())
    page.reload()
    expect(page.get_by_role("heading", name="Session verrouillée")).to_be_visible()
    look(page)


def test_a_password_begun_before_the_scripts_are_there_is_not_interrupted(open_page, anne):
    page, held = open_page(), []
    page.route("**/auth.js", lambda route: held.append(route))  # noqa: PLW0108  (playwright marks what it is given)
    page.goto("/", wait_until="commit")
    field = page.locator("#id_password")
    field.press_sequentially("ordonnance")
    held[0].continue_()
    expect(page.get_by_role("button", name="Afficher la saisie")).to_be_visible()
    page.keyboard.type("-bleue")
    expect(field).to_have_value("ordonnance-bleue")


def test_without_scripts_one_signs_in_too(open_page, pocket, anne):
    page = open_page(scripts=False)
    page.goto("/")
    give_password(page, anne.login)
    code_field(page).fill(pocket.code)
    page.get_by_role("button", name="Valider").click()
    page.wait_for_url(re.compile(r"/b/"))


def test_a_page_left_open_covers_itself_and_comes_back(open_page, pocket, anne):
    page = open_page()
    page.goto("/")
    give_password(page, anne.login)
    code_field(page).press_sequentially(pocket.code)
    page.wait_for_url(re.compile(r"/b/"))
    place = page.url
    looked(page)
    Session.objects.update(locked_at=timezone.now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # what a look a minute does in the end
    page.wait_for_url(re.compile(r"/verrou/"))
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Déverrouiller").click()
    page.wait_for_url(place)


@pytest.mark.soak
def test_a_page_whose_stream_ends_covers_itself_at_once(open_page, pocket, anne):
    page = open_page()
    page.add_init_script("""{
      const Silent = window.EventSource;
      window.EventSource = class extends Silent { constructor() { super(); window.stream = this; } };
    }""")
    page.goto("/")
    give_password(page, anne.login)
    code_field(page).press_sequentially(pocket.code)
    page.wait_for_url(re.compile(r"/b/"))
    page.wait_for_function("window.stream")
    looked(page)
    Session.objects.update(locked_at=timezone.now())
    page.evaluate("setTimeout(() => stream.dispatchEvent(new MessageEvent('end', {data: '[]'})))")
    page.wait_for_url(re.compile(r"/verrou/"), timeout=5000)


@pytest.mark.soak
def test_the_wait_is_told_and_counted_down(open_page, anne):
    page = open_page()
    page.goto("/")
    for _ in range(5):
        if page.get_by_label("Identifiant").count():
            give_password(page, anne.login, "faux")
            page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Patientez un instant")).to_be_visible()
    look(page)


@pytest.mark.soak
@pytest.mark.parametrize("scripts", [True, False])
def test_an_authenticator_is_added_then_asked_for_and_a_paper_serves_in_its_place(open_page, pocket, anne, scripts):
    page = open_page(scripts=scripts)
    page.goto("/")
    give_password(page, anne.login)
    code_field(page).fill(pocket.code)
    page.get_by_role("button", name="Valider").click()
    page.wait_for_url(re.compile(r"/b/"))
    page.goto("/moi/securite/application/")
    page.get_by_text("Je ne peux pas le viser").click()
    secret = base64.b32decode(page.locator(".me-key code").inner_text().replace(" ", ""))
    _look(page, scripts)
    page.get_by_label("Code affiché").fill(totp.code_of(secret, totp.step_of(timezone.now())))
    page.get_by_role("button", name="Confirmer").click()
    paper = page.locator(".me-codes code").first.inner_text()
    _look(page, scripts)
    page.get_by_role("link", name="C’est noté").click()
    expect(page.get_by_text("10 sur 10")).to_be_visible()
    _look(page, scripts)
    other, sent = open_page(scripts=scripts), len(pocket.messages)
    other.goto("/")
    give_password(other, anne.login)
    expect(other.get_by_text("Ouvrez votre application")).to_be_visible()
    other.get_by_text("Une autre façon").click()
    _look(other, scripts)
    other.get_by_role("button", name="Code de secours").click()
    other.get_by_label("Code de secours").fill(paper)
    other.get_by_role("button", name="Valider").click()
    other.wait_for_url(re.compile(r"/b/"))
    assert len(pocket.messages) == sent, "no SMS was asked for"


def _look(page: Page, scripts: bool) -> None:
    if scripts:  # axe is one
        look(page)
