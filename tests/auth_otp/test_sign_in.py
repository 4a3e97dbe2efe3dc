"""Sign-in through the pages: both factors, one path for known and unknown, locks, and what the audit says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import challenges, channels, otp
from auth_otp.models import Challenge, Session, Throttle
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD


class Pocket:
    """The telephone of the tests: keeps what was sent."""

    def __init__(self) -> None:
        self.messages: list[channels.Message] = []

    def send(self, message: channels.Message) -> None:
        self.messages.append(message)

    @property
    def code(self) -> str:
        return self.messages[-1].body.split("code est ")[1][:6]


@pytest.fixture
def pocket(monkeypatch) -> Pocket:
    pocket = Pocket()
    monkeypatch.setattr(channels, "carrier", lambda: pocket)
    monkeypatch.setattr(challenges, "_ring", challenges.send)
    return pocket


def password(client: Client, login: str, given: str = PASSWORD, **extra: str):
    return client.post("/connexion/", {"login": login, "password": given, **extra})


@pytest.fixture
def waiting(client, anne, pocket, django_capture_on_commit_callbacks) -> Client:
    """A browser that has given the password and holds the SMS."""
    with django_capture_on_commit_callbacks(execute=True):
        assert password(client, anne.login)["Location"] == "/connexion/code/"
    return client


def test_password_then_code_opens_the_door_and_only_then(waiting, pocket, anne, client):
    assert client.get("/verrou/")["Location"].startswith("/connexion/")
    assert pocket.messages[0].to == anne.phone
    answer = client.post("/connexion/code/", {"code": f" {pocket.code[:3]} {pocket.code[3:]}"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    session = Session.objects.get(user=anne)
    assert timedelta(hours=11) < session.expire_date - timezone.now() <= timedelta(hours=12)
    assert client.get("/admin/").status_code in {302, 403}
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"session.password_ok", "code.sent", "session.sign_in"} <= actions


def test_signing_in_works_by_rpps_too(client, anne, pocket):
    assert password(client, anne.rpps)["Location"] == "/connexion/code/"


def test_unknown_and_wrong_get_the_same_answer(client, anne, pocket):
    bodies = set()
    for login in (anne.login, "personne@nulle-part.example"):
        answer = password(client, login, "pas le bon mot de passe")
        assert answer.status_code == 422
        bodies.add(answer.content.decode().replace(login, "").split("</form>")[0].split("csrfmiddlewaretoken")[0])
    assert len(bodies) == 1
    assert not Challenge.objects.exists()


def test_a_code_is_kept_as_a_digest_and_erased_once_used(waiting, pocket, client):
    challenge = Challenge.objects.get()
    assert pocket.code.encode() not in bytes(challenge.digest) + bytes(challenge.box)
    client.post("/connexion/code/", {"code": pocket.code})
    challenge.refresh_from_db()
    assert challenge.box is None
    assert challenge.used_at is not None


def test_a_code_serves_once_five_tries_and_five_minutes(waiting, pocket, client, monkeypatch):
    wrong = "000000" if pocket.code != "000000" else "111111"
    for _ in range(otp.MAX_TRIES):
        assert client.post("/connexion/code/", {"code": wrong}).status_code == 422
    assert client.post("/connexion/code/", {"code": pocket.code}).status_code == 422
    assert AuditEvent.objects.filter(action="session.code_failed").count() == otp.MAX_TRIES


def test_an_expired_code_is_refused(waiting, pocket, client):
    Challenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expiré" in client.post("/connexion/code/", {"code": pocket.code}).content.decode()


def test_the_code_of_another_sign_in_is_refused(waiting, pocket, anne):
    other = Client()
    password(other, anne.login)
    assert other.post("/connexion/code/", {"code": pocket.code}).status_code == 422


def test_the_same_code_is_sent_again_after_thirty_seconds_not_before(
    waiting, pocket, client, django_capture_on_commit_callbacks
):
    first = pocket.code
    client.post("/connexion/renvoyer/")
    assert len(pocket.messages) == 1
    Challenge.objects.update(asked_at=timezone.now() - otp.RESEND_AFTER)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/connexion/renvoyer/")
    assert [m.body for m in pocket.messages] == [pocket.messages[0].body] * 2
    assert pocket.code == first


def test_a_lost_wake_up_is_found_by_the_sweep(client, anne, pocket, monkeypatch):
    monkeypatch.setattr(challenges, "_ring", lambda _: None)
    password(client, anne.login)
    assert pocket.messages == []
    assert challenges.send_due() == 1
    assert challenges.send_due() == 0
    assert len(pocket.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_never_exceed_five(anne, settings):
    challenge = challenges.issue(user=anne, binding="b", now=timezone.now())
    request = RequestFactory().get("/")

    def guess(number: int) -> otp.Outcome:
        try:
            code = f"{number:06}"
            return challenges.verify(
                Challenge.objects.get(pk=challenge.pk), code=code, binding="b", now=timezone.now(), request=request
            )
        finally:
            connection.close()

    request.user = anne
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(40)))
    assert sum(o is not otp.Outcome.EXHAUSTED for o in outcomes) == otp.MAX_TRIES


def test_an_attacker_from_afar_delays_himself_and_not_the_pharmacist(anne, pocket):
    attacker, office = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(5):
        last = password(attacker, anne.login, "essai au hasard")
    assert last.status_code == 429
    assert int(last["Retry-After"]) >= 1
    assert password(office, anne.login).status_code == 302
    assert Throttle.objects.count() == 1


def test_an_idle_session_locks_and_the_password_alone_reopens_it(client, anne, sign_in):
    sign_in(client, anne)
    Session.objects.update(gesture_at=timezone.now() - timedelta(minutes=django_settings.IDLE_LOCK_MINUTES + 1))
    answer = client.get("/nulle-part/")
    assert answer["Location"] == "/verrou/?next=%2Fnulle-part%2F"
    assert client.post("/verrou/", {"password": "faux"}).status_code == 422
    answer = client.post("/verrou/", {"password": PASSWORD, "next": "/nulle-part/"})
    assert answer["Location"] == "/nulle-part/"
    assert client.get("/nulle-part/").status_code == 404
    assert list(AuditEvent.objects.filter(action__startswith="session.").order_by("at").values_list("action", "result")) == [
        ("session.lock", "ok"), ("session.unlock", "refused"), ("session.unlock", "ok")
    ]  # fmt: skip


def test_background_requests_are_no_gesture(client, anne, sign_in):
    sign_in(client, anne)
    before = timezone.now() - timedelta(minutes=10)
    Session.objects.update(gesture_at=before)
    client.get("/nulle-part/", headers={"X-Background": "1"})
    assert Session.objects.get().gesture_at == before
    client.get("/nulle-part/")
    assert Session.objects.get().gesture_at > before


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_open_redirect(client, anne, sign_in, target):
    sign_in(client, anne)
    assert client.post("/verrou/", {"password": PASSWORD, "next": target})["Location"] == "/"


def test_a_session_costs_two_statements_a_request(client, anne, sign_in, django_assert_num_queries):
    sign_in(client, anne)
    with django_assert_num_queries(2):
        client.get("/nulle-part/")


def test_demo_sms_page_exists_only_in_demonstration(client, settings, tmp_path):
    assert client.get("/demo/sms/").status_code in {302, 404}
    settings.DEMO, settings.MSSWEB_HOME = True, tmp_path
    channels.Demo().send(channels.Message("+33639980001", "votre code est 123456"))
    assert "123456" in client.get("/demo/sms/").content.decode()
