"""The lock: idle sessions close, the password alone reopens them in the same browser, nothing in the background does."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from auth_otp import entry, tasks
from auth_otp.models import Session, SMSDevice
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

IDLE = timedelta(minutes=django_settings.IDLE_LOCK_MINUTES, seconds=1)
PLACE = "/nulle-part/?fil=3"


@pytest.fixture
def browser(client, anne, sign_in) -> Client:
    sign_in(client, anne)
    return client


@pytest.fixture
def idle(browser) -> Client:
    Session.objects.update(gesture_at=timezone.now() - IDLE)
    return browser


def events() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(action__in=["session.lock", "session.unlock", "session.sign_out"])
    return list(rows.order_by("at").values_list("action", "result"))


def test_an_idle_session_locks_and_the_password_alone_reopens_it_where_it_was(idle):
    lock = idle.get(PLACE)["Location"]
    assert lock == "/verrou/?next=%2Fnulle-part%2F%3Ffil%3D3"  # SSI/IE.58
    assert "Anne DUPONT" in idle.get(lock).content.decode()
    refused = idle.post("/verrou/", {"password": "faux", "next": PLACE})
    assert refused.status_code == 422
    assert "Mot de passe incorrect" in refused.content.decode()
    assert idle.get(PLACE).status_code == 302
    assert idle.post("/verrou/", {"password": PASSWORD, "next": PLACE})["Location"] == PLACE
    assert idle.get(PLACE).status_code == 404
    assert events() == [("session.lock", "ok"), ("session.unlock", "refused"), ("session.unlock", "ok")]


def test_a_locked_session_stays_locked_whatever_the_clock_says(idle):
    idle.get(PLACE)
    Session.objects.update(gesture_at=timezone.now())
    assert idle.get(PLACE)["Location"].startswith("/verrou/")


def test_cookie_theft_one_brought_to_another_network_opens_nothing(browser, settings):
    """Attack: cookie theft. The session is locked, not ended; the password opens it there, and where it was."""
    thief = Client(REMOTE_ADDR="203.0.113.9")
    thief.cookies = browser.cookies
    assert thief.get(PLACE).status_code == 404  # SESSION_BINDING is off by default
    settings.SESSION_BINDING = "network"
    assert browser.get(PLACE).status_code == 404
    lock = thief.get(PLACE)["Location"]
    assert lock == "/verrou/?next=%2Fnulle-part%2F%3Ffil%3D3"
    told = AuditEvent.objects.get(action="session.lock")
    assert (told.facts, told.client) == ({"by": "network"}, "203.0.113.9")
    assert "un autre réseau" in thief.get(lock).content.decode()
    assert thief.post("/verrou/", {"password": "faux", "next": PLACE}).status_code == 422
    assert browser.get(PLACE)["Location"].startswith("/verrou/")
    assert browser.post("/verrou/", {"password": PASSWORD, "next": PLACE})["Location"] == PLACE
    assert thief.get(PLACE)["Location"].startswith("/verrou/")  # where he is, the password was never given
    assert thief.post("/verrou/", {"password": PASSWORD, "next": PLACE})["Location"] == PLACE
    assert thief.get(PLACE).status_code == browser.get(PLACE).status_code == 404


def test_a_person_may_lock_before_leaving_the_counter(browser):
    assert browser.post("/verrou/", {"next": PLACE})["Location"] == "/verrou/?next=%2Fnulle-part%2F%3Ffil%3D3"
    assert browser.get(PLACE)["Location"].startswith("/verrou/")
    assert AuditEvent.objects.get(action="session.lock").facts == {"by": "person"}


def test_an_open_session_has_no_page_of_the_lock(browser):
    assert browser.get("/verrou/?next=/annuaire/")["Location"] == "/annuaire/"


def test_the_lock_is_the_session_s_own_and_not_the_person_s(idle, anne, sign_in):
    other = Client()
    sign_in(other, anne)
    assert idle.get(PLACE).status_code == 302
    assert other.get(PLACE).status_code == 404


def test_the_password_does_not_reopen_in_another_browser(idle):
    assert Client().post("/verrou/", {"password": PASSWORD})["Location"] == "/connexion/"


def test_nothing_reopens_after_twelve_hours(idle):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert idle.post("/verrou/", {"password": PASSWORD})["Location"] == "/connexion/"


def test_sessions_that_ended_are_swept_and_the_others_stay(idle, anne, sign_in):
    """Each kept for good who signed in, with which browser, from which address."""
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    SessionStore().create()
    sign_in(Client(), anne)
    tasks.send_due_codes()
    assert Session.objects.count() == 2 and Session.objects.filter(user=anne).count() == 1


def test_another_person_takes_the_place_by_signing_out(idle):
    idle.get(PLACE)
    assert idle.post("/deconnexion/")["Location"] == "/connexion/"
    assert events() == [("session.lock", "ok"), ("session.sign_out", "ok")]


def test_wrong_passwords_at_the_lock_have_to_wait(idle):
    statuses = [idle.post("/verrou/", {"password": "faux"}).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert idle.post("/verrou/", {"password": PASSWORD}).status_code == 429


def test_background_requests_are_no_gesture_and_pages_are(browser):
    before = timezone.now() - timedelta(minutes=10)
    Session.objects.update(gesture_at=before)
    browser.get(PLACE, headers={"X-Background": "1"})
    browser.get("/verrou/etat/", headers={"X-Background": "1"})
    browser.post(PLACE, headers={"X-Background": "1"})
    browser.get(PLACE, headers={"Accept": "text/event-stream"})
    assert Session.objects.get().gesture_at == before
    browser.get(PLACE)
    assert Session.objects.get().gesture_at > before


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_a_preload_is_given_nothing_and_is_no_gesture(browser, headers):
    before = timezone.now() - timedelta(minutes=10)
    Session.objects.update(gesture_at=before)
    answer = browser.get("/annuaire/", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert Session.objects.get().gesture_at == before


def test_a_gesture_is_written_every_thirty_seconds_at_most(browser, django_assert_num_queries):
    with django_assert_num_queries(1):  # session, person and device
        browser.get("/nulle-part/")
    Session.objects.update(gesture_at=timezone.now() - timedelta(seconds=31))
    with django_assert_num_queries(2):
        browser.get("/nulle-part/")
    with django_assert_num_queries(1):
        browser.get("/nulle-part/")


@pytest.mark.parametrize(
    "taken_away", [lambda devices: devices.delete(), lambda devices: devices.update(confirmed=False)]
)
def test_without_the_device_that_verified_it_a_session_opens_nothing(browser, taken_away):
    assert browser.get(PLACE).status_code == 404
    taken_away(SMSDevice.objects.all())
    assert browser.get(PLACE).headers["Location"].startswith("/connexion/")


def test_the_device_of_another_person_verifies_nobody(browser, make_user):
    other = SMSDevice.objects.create(user=make_user("paul@autre.example", "Paul", "Autre"), name="SMS")
    key = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
    session = SessionStore(key)
    session[DEVICE_ID_SESSION_KEY] = other.persistent_id
    session.save()
    assert browser.get(PLACE).headers["Location"].startswith("/connexion/")


def test_a_page_can_ask_how_long_until_the_lock(browser):
    Session.objects.update(gesture_at=timezone.now() - timedelta(minutes=django_settings.IDLE_LOCK_MINUTES - 2))
    answer = browser.get("/verrou/etat/", headers={"X-Background": "1"})
    assert answer.status_code == 204
    assert 110 <= int(answer["X-Lock-In"]) <= 120


def test_fragments_streams_and_files_are_told_401_and_htmx_where_to_go(idle):
    here = {"Referer": "http://testserver/b/1/inbox/?page=x"}
    for headers in (
        {"HX-Request": "true", "HX-Current-URL": "http://testserver/b/1/inbox/?page=x"},
        {"X-Background": "1", **here},
        {"Accept": "text/event-stream", **here},
        {"Sec-Fetch-Dest": "image", **here},
        {"Sec-Fetch-Dest": "empty", **here},
    ):
        answer = idle.get("/fragment/", headers=headers)
        assert (answer.status_code, answer["HX-Redirect"]) == (401, "/verrou/?next=%2Fb%2F1%2Finbox%2F%3Fpage%3Dx")
    assert idle.get(PLACE, headers={"Sec-Fetch-Dest": "document"}).status_code == 302


def test_what_is_posted_into_the_lock_comes_back_to_its_page_and_not_to_another_site(idle):
    answer = idle.post("/envoyer/", headers={"Referer": "http://testserver/nouveau/"})
    assert answer["Location"] == "/verrou/?next=%2Fnouveau%2F"
    assert idle.post("/envoyer/", headers={"Referer": "https://evil.example/x"})["Location"] == "/verrou/"


def test_pages_of_mail_are_kept_by_no_browser(browser):
    """Attack: «back» on a shared workstation after the lock."""
    assert "no-store" in browser.get("/nulle-part/")["Cache-Control"]


def test_a_slow_request_does_not_undo_a_lock_set_meanwhile(browser, anne):
    """Attack of chance: it read the row before the lock, and saves its session after."""
    slow = browser.session
    slow["folded"] = "yes"
    entry_row = slow.row
    assert entry_row is not None
    Session.objects.update(locked_at=timezone.now())
    slow.save()
    assert Session.objects.get().locked_at is not None
    assert entry.PENDING not in slow


def test_a_changed_password_ends_every_session(browser, anne):
    anne.set_password("une-autre-ordonnance-1950")
    anne.save()
    assert browser.get(PLACE)["Location"].startswith("/connexion/")


def test_a_person_who_left_is_out_at_once(browser, anne):
    anne.is_active = False
    anne.save()
    assert browser.get(PLACE)["Location"].startswith("/connexion/")


def test_a_session_without_a_second_factor_opens_nothing(client, anne):
    client.force_login(anne)
    assert client.get(PLACE)["Location"].startswith("/connexion/")
    assert client.get("/verrou/")["Location"].startswith("/connexion/")


def test_what_the_journal_cannot_tell_has_not_happened(browser, monkeypatch):
    """An act and its event are in one transaction: a lock, a departure."""

    def full(*_args, **_facts):
        raise OperationalError

    monkeypatch.setattr(entry, "record", full)
    for path in ("/verrou/", "/deconnexion/"):
        with pytest.raises(OperationalError):
            browser.post(path)
    assert Session.objects.get().locked_at is None
    monkeypatch.undo()
    browser.post("/verrou/")
    monkeypatch.setattr(entry, "record", full)
    with pytest.raises(OperationalError):
        browser.post("/verrou/", {"password": PASSWORD})
    assert Session.objects.get().locked_at is not None
