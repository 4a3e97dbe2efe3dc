"""One's own number: with a strong proof and the code that the new one got; the old one is told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import entry, notice_sms
from auth_otp.means import Means
from auth_otp.models import Challenge, Notice, Reset, Session, User
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent
from tests.auth_otp.test_proof import equip
from tests.conftest import PASSWORD

OLD, NEW = "+33639980001", "+33639980044"


@pytest.fixture
def strong(client, anne, settings, pocket, dupont) -> Client:
    """Anne's browser, that her authenticator has opened."""
    equip(anne)
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    entry.enter(request, user=User.objects.get(pk=anne.pk), now=timezone.now(), means=Means.PASSWORD_TOTP)
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    Notice.objects.all().delete()
    return client


@pytest.fixture
def asked(strong, django_capture_on_commit_callbacks) -> Client:
    with django_capture_on_commit_callbacks(execute=True):
        assert strong.post("/moi/mobile/", {"action": "ask", "number": "06 39 98 00 44"})["Location"] == "/moi/mobile/"
    return strong


def cooling(user: User) -> Reset:
    """Somebody has given both proofs, the stolen telephone's too, while this person's session is open."""
    now = timezone.now()
    return Reset.objects.create(
        kind="password", user=user, reference=b"r", head=b"h", asked_at=now, until=now + timedelta(days=3),
        state="cooling", opens_at=now + timedelta(days=1), sms_at=now,
    )  # fmt: skip


def phone() -> str:
    return User.objects.get(first_name="Anne").phone


def test_the_code_of_the_new_number_makes_it_theirs_and_the_old_one_is_told(asked, pocket):
    assert [sms.to for sms in pocket.messages] == [NEW] and phone() == OLD
    assert "finit par 44" in asked.get("/moi/mobile/").text
    assert asked.post("/moi/mobile/", {"action": "code", "code": pocket.wrong}).status_code == 422
    assert asked.post("/moi/mobile/", {"action": "code", "code": pocket.code})["Location"] == "/moi/compte/"
    assert phone() == NEW
    notice_sms.send_due(timezone.now())
    assert pocket.messages[-1].to == OLD and "numéro de mobile a été changé" in pocket.messages[-1].body
    assert {"number.ask", "user.own_number"} <= set(AuditEvent.objects.values_list("action", flat=True))


@pytest.mark.parametrize("act", ["number", "alarm", "password"])
def test_who_is_in_and_changes_what_proves_them_ends_a_reset_that_was_begun(asked, anne, pocket, act):
    """Attack: the thief of a telephone waits, and its person, whose session is open, changes all but what he began."""
    row = cooling(anne)
    match act:
        case "number":
            asked.post("/moi/mobile/", {"action": "code", "code": pocket.code})
        case "alarm":
            asked.post("/moi/alerte/")
        case _:
            new = {"new": "vingt-gouttes-au-coucher", "twice": "vingt-gouttes-au-coucher"}
            assert asked.post("/moi/mot-de-passe/", {"old": PASSWORD, **new}).status_code == 302
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert AuditEvent.objects.filter(action="reset.cancel", actor_id=anne.pk).exists()


def test_a_number_has_five_tries(asked, pocket):
    """Attack: a number that one does not hold is guessed at."""
    for _ in range(5):
        asked.post("/moi/mobile/", {"action": "code", "code": pocket.wrong})
    asked.post("/moi/mobile/", {"action": "code", "code": pocket.code})
    assert phone() == OLD


@pytest.mark.parametrize("given", ["0899123456", "12", "+33639980001", "01 39 98 00 01"])
def test_what_is_no_mobile_or_the_same_is_refused_in_words(strong, given, pocket):
    answer = strong.post("/moi/mobile/", {"action": "ask", "number": given})
    assert answer.status_code == 422 and not pocket.messages and 'id="id_number_error"' in answer.text


def test_who_has_an_sms_alone_moves_no_number(client, sign_in, claire, dupont, pocket):
    """Attack: a stolen telephone moves the account to the thief's."""
    sign_in(client, claire)
    assert "Ajouter un moyen plus sûr" in client.get("/moi/mobile/").text
    client.post("/moi/mobile/", {"action": "ask", "number": NEW})
    assert not Challenge.objects.exists()


def test_an_old_proof_is_asked_for_again(strong):
    """Attack: a session left open at the counter."""
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    assert strong.get("/moi/mobile/")["Location"].startswith("/confirmer/?fort=1")
    strong.post("/moi/mobile/", {"action": "ask", "number": NEW})
    assert not Challenge.objects.exists()


def test_the_code_of_a_number_opens_no_sign_in_and_is_of_this_session(asked, anne, pocket, sign_in):
    """Attack: codes taken for one another."""
    challenge, other = Challenge.objects.get(), Client()
    sign_in(other, anne)
    assert challenge.number == NEW and "number_code" not in other.get("/moi/mobile/").text
    assert other.post("/connexion/code/", {"code": pocket.code})["Location"].startswith("/connexion/")
    challenge.refresh_from_db()
    assert challenge.tries == 0


def test_an_administrator_who_changes_a_number_has_the_old_one_told(client, sign_in, make_user, anne):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    form = {name: getattr(anne, name) for name in ("login", "rpps", "title", "first_name", "last_name", "profession")}
    form |= {"phone": "0639980044", "is_active": "on"}
    row = cooling(anne)
    assert client.post(f"/admin/auth_otp/user/{anne.pk}/change/", form).status_code == 302
    told = Notice.objects.get(kind="number_changed")
    assert (told.number, told.by_other, phone()) == (OLD, True, NEW)
    row.refresh_from_db()
    assert row.state == "cancelled", "proven by the number of before"
