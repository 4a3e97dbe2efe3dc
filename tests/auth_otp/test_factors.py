"""An authenticator is asked first; it and recovery codes serve once; one count of tries for all ways."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import challenges, factors, otp, totp
from auth_otp.models import Challenge, RecoveryCode, TOTPDevice, User
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password, until_somebody_waits

LATER = timedelta(seconds=totp.STEP_SECONDS)
CODE = "/connexion/code/"


@dataclass
class App:
    """Anne's telephone: what it shows, and her ten codes on paper."""

    secret: bytes
    paper: list[str]

    def shows(self, at: datetime | None = None) -> str:
        return totp.code_of(self.secret, totp.step_of(at or timezone.now()))


def _request():
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


@pytest.fixture
def app(anne) -> App:
    """Added two steps ago."""
    request = _request()
    secret, then = totp.draw(), timezone.now() - 3 * LATER
    codes = factors.add(request, user=anne, secret=secret, given=totp.code_of(secret, totp.step_of(then)), now=then)
    assert codes
    return App(secret, codes)


@pytest.fixture
def asked(client, anne, app, pocket, django_capture_on_commit_callbacks) -> Client:
    """Anne's browser, once she has given the password."""
    with django_capture_on_commit_callbacks(execute=True):
        assert give_password(client, anne.login)["Location"] == CODE
    return client


def test_the_authenticator_is_asked_first_and_no_sms_leaves_until_it_is_asked_for(
    asked, app, pocket, anne, django_capture_on_commit_callbacks
):
    page = asked.get(CODE).text
    assert "Ouvrez votre application" in page and "Recevoir un code par SMS" in page and "la moins sûre" in page
    assert challenges.send_due_codes() == 0 and pocket.messages == []
    with django_capture_on_commit_callbacks(execute=True):
        assert asked.post("/connexion/facon/", {"way": "sms"})["Location"] == CODE
        asked.post("/connexion/facon/", {"way": "sms"})
    assert len(pocket.messages) == 1 and "Code de mon application" in asked.get(CODE).text
    assert asked.post(CODE, {"code": pocket.code})["Location"] == "/"
    assert AuditEvent.objects.get(action="session.sign_in").facts == {"means": "password+sms"}


def test_the_authenticator_opens_the_door_and_the_session_knows_it(asked, app, pocket, anne):
    assert asked.post(CODE, {"code": app.shows()})["Location"] == "/"
    assert asked.get("/verrou/etat/").status_code == 204
    assert AuditEvent.objects.get(action="session.sign_in").facts == {"means": "password+totp"}
    assert pocket.messages == []
    TOTPDevice.objects.all().delete()
    assert asked.get("/verrou/etat/").status_code == 302, "what it opened ends with it"


def test_a_code_of_the_authenticator_serves_once_in_its_step(asked, app, anne):
    """Attack: read over a shoulder, typed into another sign-in within the same thirty seconds; nor any older one after it."""
    seen, before = app.shows(), app.shows(timezone.now() - LATER)
    assert asked.post(CODE, {"code": seen}).status_code == 302
    thief = Client()
    give_password(thief, anne.login)
    for code in (seen, before):
        answer = thief.post(CODE, {"code": code})
        assert answer.status_code == 422 and "il a déjà servi" in answer.text
    assert thief.post(CODE, {"code": app.shows(timezone.now() + LATER)}).status_code == 302, "the next one"


def test_the_code_that_added_the_authenticator_signs_nobody_in(anne, app):
    then = timezone.now()
    device = TOTPDevice.objects.get()
    assert app.secret not in bytes(device.box)
    used = totp.code_of(app.secret, device.last_step)
    at = datetime.fromtimestamp(device.last_step * 30, tz=then.tzinfo)
    assert not factors.spend(otp.Way.TOTP, user_id=anne.pk, given=used, now=at)


def test_a_recovery_code_serves_once_and_how_many_are_left_is_told(asked, app, anne):
    """Attack: a paper that was used already."""
    asked.post("/connexion/facon/", {"way": "recovery"})
    assert "Code de secours" in asked.get(CODE).text
    assert asked.post(CODE, {"code": app.paper[0].upper().replace("-", " ")})["Location"] == "/"
    assert "il vous en reste 9" in asked.get("/moi/").text
    assert AuditEvent.objects.get(action="session.sign_in").facts == {"means": "password+recovery"}
    thief = Client()
    give_password(thief, anne.login)
    thief.post("/connexion/facon/", {"way": "recovery"})
    assert thief.post(CODE, {"code": app.paper[0]}).status_code == 422
    kept = [bytes(one.digest) for one in RecoveryCode.objects.all()]
    assert len(kept) == 10 and not any(code.encode() in digest for code in app.paper for digest in kept)


def test_codes_of_somebody_else_open_nothing(asked, app, claire):
    assert not factors.spend(otp.Way.RECOVERY, user_id=claire.pk, given=app.paper[0], now=timezone.now())
    assert not factors.spend(otp.Way.TOTP, user_id=claire.pk, given=app.shows(), now=timezone.now())
    assert Client().post("/connexion/facon/", {"way": "sms"})["Location"] == "/connexion/"


def test_all_ways_share_one_count_of_tries_and_what_comes_too_late_is_not_spent(asked, app, pocket):
    """Attack: five tries each way."""
    for way in ("totp", "recovery", "totp", "recovery", "totp"):
        asked.post("/connexion/facon/", {"way": way})
        last = asked.post(CODE, {"code": "abcd-efgh-jkmn" if way == "recovery" else "12"})
    assert "Trop d’essais" in last.text and "Une autre façon" not in last.text
    asked.post("/connexion/facon/", {"way": "sms"})
    assert not Challenge.objects.get().digest, "nor an SMS"
    asked.post("/connexion/facon/", {"way": "recovery"})
    assert asked.post(CODE, {"code": app.paper[0]}).status_code == 422
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_who_has_no_authenticator_is_offered_none_and_cannot_ask_for_it(waiting, pocket):
    assert "Une autre façon" not in waiting.get(CODE).text
    waiting.post("/connexion/facon/", {"way": "totp"})
    assert waiting.post(CODE, {"code": pocket.code}).status_code == 302


def test_a_secret_that_opens_no_more_is_matched_by_no_code(anne, app, monkeypatch):
    """Attack: with an empty secret everybody could compute the codes."""
    TOTPDevice.objects.update(box=b"x")
    for secret in (b"", app.secret):
        given = totp.code_of(secret, totp.step_of(timezone.now()))
        assert not factors.spend(otp.Way.TOTP, user_id=anne.pk, given=given, now=timezone.now())


def test_who_waits_at_its_code_when_it_is_taken_away_begins_again_and_is_sent_an_sms(
    asked, anne, pocket, django_capture_on_commit_callbacks
):
    """On the telephone with an administrator: the page told of an SMS that nothing sent, and could not be asked for."""
    factors.reset(_request(), user=anne)
    assert asked.post("/connexion/renvoyer/")["Location"] == asked.get(CODE)["Location"] == "/connexion/"
    with django_capture_on_commit_callbacks(execute=True):
        give_password(asked, anne.login)
    assert asked.post(CODE, {"code": pocket.code})["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_of_codes_made_anew_twice_at_once_the_last_ten_serve(anne, app):
    """Two presses of the button: ten codes that nobody was shown stayed good."""

    def renew() -> list[str]:
        try:
            return factors.renew_codes(_request(), user=anne)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = factors.renew_codes(_request(), user=anne)
            second = pool.submit(renew)
            until_somebody_waits()
        last = second.result(5)
    assert RecoveryCode.objects.count() == 10
    now = timezone.now()
    serve = [factors.spend(otp.Way.RECOVERY, user_id=anne.pk, given=code, now=now) for code in (first[0], last[0])]
    assert serve == [False, True]
    factors.reset(_request(), user=anne)
    assert factors.renew_codes(_request(), user=anne) == [] and not RecoveryCode.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_sign_ins_at_once_with_the_same_code_one_enters(anne, app):
    """Attack: the race, on the step and on a paper; and parallel guesses by two ways never get more than five."""
    now = timezone.now()

    def answer(challenge: Challenge, way: otp.Way, code: str) -> otp.Outcome:
        request = RequestFactory().get("/")
        try:
            return challenges.verify(challenge, code=code, binding="here", now=now, request=request, way=way)
        finally:
            connection.close()

    def issued() -> Challenge:
        return challenges.issue(user=anne, binding="here", now=now, way=otp.Way.TOTP)

    with ThreadPoolExecutor(4) as pool:
        for way, code in ((otp.Way.TOTP, app.shows(now)), (otp.Way.RECOVERY, app.paper[0])):
            outcomes = list(pool.map(lambda one, w=way, c=code: answer(one, w, c), [issued() for _ in range(4)]))
            assert outcomes.count(otp.Outcome.OK) == 1, way
        guessed = issued()
        ways = [otp.Way.TOTP, otp.Way.RECOVERY] * 6
        outcomes = list(pool.map(lambda way: answer(guessed, way, "000"), ways))
    assert outcomes.count(otp.Outcome.WRONG) == otp.MAX_TRIES - 1
    assert User.objects.get().totp_device.last_step == totp.step_of(now)
