"""«Un collègue prend la place»: sessions side by side on one workstation, one open at a time, each opened by its own person."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp import parking
from auth_otp.models import Session, User
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password
from tests.conftest import PASSWORD

COLLEAGUE = "colle-forte-et-bleue-1961"


@pytest.fixture
def claire(claire: User) -> User:
    """Her own password: that of the cast is everybody's."""
    claire.set_password(COLLEAGUE)
    claire.save()
    return claire


@pytest.fixture
def enter(pocket, django_capture_on_commit_callbacks):
    def come(browser: Client, user: User, password: str = PASSWORD) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            give_password(browser, user.login, password)
        assert browser.post("/connexion/code/", {"code": pocket.code})["Location"] == "/"

    return come


def row_of(user: User) -> Session:
    return Session.objects.get(user=user)


def is_open(user: User) -> bool:
    return row_of(user).locked_at is None


@pytest.fixture
def station(client, enter, anne, claire) -> Client:
    """Anne's workstation, where Claire has taken the place."""
    enter(client, anne)
    assert client.post("/connexion/poste/")["Location"] == "/connexion/"
    enter(client, claire, COLLEAGUE)
    return client


def test_a_colleague_signs_in_beside_and_one_comes_back_to_one_s_own_work(station, anne, claire):
    assert not is_open(anne) and is_open(claire)
    since = row_of(anne).created_at
    station.post("/verrou/")
    page = station.get("/verrou/").text
    assert "Anne DUPONT" in page and "(verrouillée)" in page
    assert station.post("/connexion/poste/", {"session": str(row_of(anne).ref)})["Location"] == "/verrou/"
    assert not is_open(anne) and not is_open(claire), "never two, and none by coming back alone"
    page = station.get("/verrou/").text
    assert anne.login in page and "Claire MARTIN" in page
    assert station.post("/verrou/", {"password": PASSWORD, "next": "/moi/"})["Location"] == "/moi/"
    assert is_open(anne) and not is_open(claire) and row_of(anne).created_at == since
    told = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"session.park", "session.return", "session.lock", "session.unlock"} <= told


def test_signing_out_ends_one_and_not_the_others(station, anne, claire):
    station.post("/deconnexion/")
    assert not Session.objects.filter(user=claire).exists() and not is_open(anne)
    assert "Sessions de ce poste" in station.get("/connexion/").text


def test_attack_the_parked_cookie_in_another_browser_names_nobody(station, anne, settings):
    thief, ref = Client(), str(row_of(anne).ref)
    thief.cookies[settings.PARKED_COOKIE_NAME] = station.cookies[settings.PARKED_COOKIE_NAME].value
    assert "Anne DUPONT" not in thief.get("/connexion/").text
    thief.post("/connexion/poste/", {"session": ref})
    assert thief.get("/verrou/")["Location"].startswith("/connexion/")
    assert row_of(anne).locked_at


def test_attack_another_browser_s_own_cookie_does_not_take_it_over(station, enter, anne, stranger, settings):
    """Bound: one whose browser is known, too."""
    thief = Client()
    enter(thief, stranger)
    thief.cookies[settings.PARKED_COOKIE_NAME] = station.cookies[settings.PARKED_COOKIE_NAME].value
    thief.post("/connexion/poste/", {"session": str(row_of(anne).ref)})
    assert "Anne" not in thief.get("/connexion/poste/", follow=True).text
    assert is_open(stranger)


def test_attack_a_parked_session_is_not_opened_by_another_person_s_password(station, anne):
    station.post("/connexion/poste/", {"session": str(row_of(anne).ref)})
    assert station.post("/verrou/", {"password": COLLEAGUE}).status_code == 422
    assert not is_open(anne)


def test_attack_mix_up_a_page_that_a_colleague_left_open_sends_nothing_in_one_s_name(station, anne, settings):
    station.get("/moi/")
    hers = {"csrfmiddlewaretoken": station.cookies[settings.CSRF_COOKIE_NAME].value}  # in Claire's forms
    station.post("/connexion/poste/", {"session": str(row_of(anne).ref)})
    station.post("/verrou/", {"password": PASSWORD})
    station.handler.enforce_csrf_checks = True
    assert station.post("/moi/suivi/", hers).status_code == 403
    own = {"csrfmiddlewaretoken": station.cookies[settings.CSRF_COOKIE_NAME].value}
    assert station.post("/moi/suivi/", own | {"answer_days": "3"}).status_code != 403


def test_attack_fixation_the_key_of_before_opens_nothing_once_parked_nor_after(client, enter, anne, claire, settings):
    enter(client, anne)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/connexion/poste/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key
    assert thief.get("/verrou/")["Location"].startswith("/connexion/")
    enter(client, claire, COLLEAGUE)
    client.post("/connexion/poste/", {"session": str(row_of(anne).ref)})
    client.post("/verrou/", {"password": PASSWORD})
    thief.cookies[settings.SESSION_COOKIE_NAME] = key
    assert thief.get("/moi/").status_code == 302 and client.get("/moi/").status_code == 200


@pytest.mark.soak
def test_the_key_of_who_took_the_place_is_not_that_of_before(station, anne, claire, settings):
    keys = {station.cookies[settings.SESSION_COOKIE_NAME].value}
    station.post("/connexion/poste/", {"session": str(row_of(anne).ref)})
    assert station.cookies[settings.SESSION_COOKIE_NAME].value not in keys


def test_after_its_hours_a_parked_session_is_no_more(station, anne):
    ref = str(row_of(anne).ref)
    Session.objects.filter(user=anne).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert "Anne DUPONT" not in station.get("/verrou/", follow=True).text
    station.post("/connexion/poste/", {"session": ref})
    assert Session.objects.filter(user__first_name="Claire", locked_at=None).exists(), "nothing changed"


@pytest.mark.soak
def test_five_at_most_wait(station, monkeypatch, anne, claire):
    monkeypatch.setattr(parking, "MOST", 1)
    station.post("/verrou/")
    assert "prend la place" not in station.get("/verrou/").text
    assert station.post("/connexion/poste/")["Location"] == "/verrou/"
    assert station.get("/verrou/").status_code == 200 and not is_open(claire)


@pytest.mark.soak
def test_an_altered_or_huge_cookie_is_none(station, settings):
    for text in ("x", "=" * 3000, "é", "AAAA" * 100):
        station.cookies[settings.PARKED_COOKIE_NAME] = text
        assert "Sessions de ce poste" not in station.get("/connexion/", follow=True).text
