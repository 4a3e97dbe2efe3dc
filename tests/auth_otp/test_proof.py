"""Shown lately who they are: what counts, for how long, and the page that asks."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auth_otp import entry, factors, proof, totp, ways
from auth_otp.means import Means
from auth_otp.models import Session, TOTPDevice, User
from auth_otp.proof import Worth
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

OLD = timedelta(minutes=11)


@pytest.fixture
def browser(client, anne, sign_in) -> Client:
    sign_in(client, anne)
    Session.objects.update(proven_at=timezone.now() - OLD)
    return client


def asking(user: User, means: Means = Means.PASSWORD_SMS):
    request = RequestFactory().get("/sensible/")
    request.session, request.user = SessionStore(), AnonymousUser()
    entry.enter(request, user=user, now=timezone.now(), means=means)
    request.session = SessionStore(request.session.session_key)
    return request


def equip(user: User) -> bytes:
    request, now, secret = RequestFactory().get("/"), timezone.now(), totp.draw()
    request.session, request.user = SessionStore(), AnonymousUser()
    assert factors.add(request, user=user, secret=secret, given=totp.code_of(secret, totp.step_of(now)), now=now)
    TOTPDevice.objects.update(last_step=0)
    return secret


def test_a_sensitive_view_is_led_to_the_page_that_asks_and_not_while_the_proof_is_fresh(anne):
    view = proof.asked()(lambda request: HttpResponse("fait"))
    request = asking(anne)
    assert view(request).content == b"fait"
    Session.objects.update(proven_at=timezone.now() - OLD)
    request.session = SessionStore(request.session.session_key)
    assert view(request)["Location"] == "/confirmer/?next=%2Fsensible%2F"


@pytest.mark.parametrize(
    ("means", "worth", "is_fresh"),
    [
        (Means.PASSWORD_SMS, Worth.ANY, True),
        (Means.PASSWORD_SMS, Worth.STRONGEST, True),
        (Means.PASSWORD_SMS, Worth.STRONG, False),
        (Means.PASSKEY, Worth.STRONG, True),
        (Means.PSC, Worth.STRONG, True),
    ],
)
def test_what_a_proof_is_worth(anne, means, worth, is_fresh):
    assert proof.is_fresh(asking(anne, means), now=timezone.now(), worth=worth) is is_fresh


def test_who_holds_a_strong_factor_gives_it_where_the_strongest_is_asked(anne):
    request = asking(anne)
    equip(anne)
    request.user = User.objects.get(pk=anne.pk)
    assert not proof.is_fresh(request, now=timezone.now(), worth=Worth.STRONGEST)
    assert proof.ask(request, Worth.STRONGEST)["Location"] == "/confirmer/?fort=1&next=%2Fsensible%2F"


def test_the_password_proves_for_ten_minutes_under_a_new_key(browser, settings):
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert browser.post("/confirmer/", {"password": "faux", "next": "/moi/"}).status_code == 422
    assert browser.post("/confirmer/", {"password": PASSWORD, "next": "/moi/"})["Location"] == "/moi/"
    row = Session.objects.get()
    assert row.proof == "password" and timezone.now() - row.proven_at < timedelta(minutes=1)
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != key
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = key
    assert stale.get("/moi/").status_code == 302, "ASVS 7.2.4: the key of before opens nothing"
    assert browser.get("/moi/").status_code == 200
    assert AuditEvent.objects.filter(action="session.prove").count() == 1


def test_a_strong_proof_by_password_and_authenticator_and_its_code_serves_once(browser, anne):
    secret = equip(anne)
    code = totp.code_of(secret, totp.step_of(timezone.now()))
    asked = {"password": PASSWORD, "fort": "1", "next": "/moi/"}
    assert browser.post("/confirmer/", asked | {"code": "000000"}).status_code == 422
    assert browser.post("/confirmer/", asked | {"code": code})["Location"] == "/moi/"
    assert Session.objects.get().proof == Means.PASSWORD_TOTP
    assert browser.post("/confirmer/", asked | {"code": code}).status_code == 422


def test_guessing_the_code_of_a_stolen_session_has_to_wait(browser, anne):
    """Attack: who has the cookie and the password guesses at the authenticator."""
    equip(anne)
    tries = [browser.post("/confirmer/", {"password": PASSWORD, "fort": "1", "code": "000000"}) for _ in range(5)]
    assert [answer.status_code for answer in tries] == [422, 422, 422, 429, 429]


def test_the_page_says_the_way_to_who_holds_nothing_strong(browser):
    page = browser.get("/confirmer/?fort=1").text
    assert "Un code par SMS ne suffit pas ici" in page and 'name="password"' not in page


def test_it_leads_to_no_other_site(browser):
    """Attack: open redirect."""
    assert browser.post("/confirmer/", {"password": PASSWORD, "next": "//evil.example/"})["Location"] == "/"


@pytest.mark.parametrize("path", ["//evil.example/", "/\t//evil.example/", "/\n//evil.example", "/\\\t//evil.example"])
def test_attack_an_address_that_browsers_read_otherwise_leads_home(path):
    """passkeys.js goes where the answer says: browsers drop tabs and ends of lines, and read two slashes as a host."""
    assert ways.safe(path) == "/" and ways.safe("/b/éclair/?q=un+mot") == "/b/éclair/?q=un+mot"


def test_a_session_that_changes_means_is_judged_with_its_person_held(anne):
    """The race of a factor added and of rules that refuse it: whoever changes rules holds the person (confining.hold)."""
    request = asking(anne)
    equip(anne)
    with CaptureQueriesContext(connection) as asked:
        device, now = TOTPDevice.objects.get(), timezone.now()
        entry.strengthen(request, user=anne, means=Means.PASSWORD_TOTP, device=device, now=now)
    told = [one["sql"] for one in asked]
    held = next(at for at, sql in enumerate(told) if "FOR NO KEY UPDATE" in sql)
    rules = next(at for at, sql in enumerate(told) if "mailbox_staff" in sql)
    assert held < rules and Session.objects.get(user=anne).means == Means.PASSWORD_TOTP
