"""Sign-in through the pages: both factors, one path for known and unknown people, and what the audit says."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from auth_otp import otp
from auth_otp.models import Challenge, Notice, Session
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password
from tests.conftest import PASSWORD


def page(answer) -> str:
    return answer.content.decode()


def test_password_then_code_opens_the_door_and_only_then(waiting, pocket, anne):
    assert waiting.get("/verrou/etat/").status_code == 302
    assert pocket.messages[0].to == anne.phone
    answer = waiting.post("/connexion/code/", {"code": f" {pocket.code[:3]} {pocket.code[3:]}"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert waiting.get("/verrou/etat/").status_code == 204
    session = Session.objects.get(user=anne)
    assert timedelta(hours=11) < session.expire_date - timezone.now() <= timedelta(hours=12)
    actions = AuditEvent.objects.filter(actor_id=anne.pk).order_by("at").values_list("action", flat=True)
    assert list(actions) == ["session.password_ok", "code.sent", "session.sign_in"]


def test_the_labels_that_programs_rely_on(client, waiting):
    first, second = page(Client().get("/connexion/")), page(waiting.get("/connexion/code/"))
    for label, name in (("Identifiant", "login"), ("Mot de passe", "password")):
        assert f'<label for="id_{name}">{label}</label>' in first
    assert re.search(r"<button[^>]*>Se connecter</button>", first)
    assert '<label for="id_code">Code</label>' in second
    field = re.search(r'<input[^>]*name="code"[^>]*>', second)
    assert 'autocomplete="one-time-code"' in field[0]
    assert 'inputmode="numeric"' in field[0]


def test_signing_in_works_by_rpps_and_in_capitals_too(client, anne, pocket):
    assert give_password(client, anne.rpps)["Location"] == "/connexion/code/"
    assert give_password(Client(), f" {anne.login.upper()} ")["Location"] == "/connexion/code/"


def test_a_login_that_is_somebody_else_s_rpps_number_leads_to_whose_login_it_is(client, anne, make_user, pocket):
    paul = make_user(anne.rpps, "Paul", "Homonyme")
    assert give_password(client, anne.rpps)["Location"] == "/connexion/code/"
    assert Challenge.objects.get().user_id == paul.pk
    assert give_password(Client(), anne.rpps, "faux").status_code == 422


def test_enumeration_by_answer_unknown_wrong_inactive_and_without_rpps_get_the_same(client, anne, claire, pocket):
    claire.is_active = False
    claire.save()
    answers = set()
    for login, given in (
        (anne.login, "pas le bon mot de passe"),
        ("personne@nulle-part.example", PASSWORD),
        (claire.login, PASSWORD),
        ("99999999999", PASSWORD),
    ):
        answer = give_password(Client(), login, given)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page(answer)).replace(login, "")
        answers.add((answer.status_code, text, tuple(sorted(answer.headers))))
    assert len(answers) == 1
    assert answers.pop()[0] == 422
    assert not Challenge.objects.exists()
    assert not pocket.messages


def test_the_audit_tells_whose_door_was_tried_and_never_what_was_typed(client, anne):
    give_password(client, anne.login, "un secret mal tapé")
    give_password(client, "personne@nulle-part.example")
    events = AuditEvent.objects.filter(action="session.password_failed").order_by("at")
    assert [(e.result, e.actor_id, e.subject_id) for e in events] == [
        ("refused", None, str(anne.pk)),
        ("refused", None, ""),
    ]
    told = json.dumps([event.facts for event in events])
    assert "secret" not in told
    assert "personne" not in told


def test_the_code_of_another_sign_in_is_refused(waiting, pocket, anne):
    """Attack: the code read over a shoulder is typed into another sign-in of the same person."""
    other, seen = Client(REMOTE_ADDR="198.51.100.4"), pocket.code
    give_password(other, anne.login)
    assert other.post("/connexion/code/", {"code": seen}).status_code == 422
    assert waiting.post("/connexion/code/", {"code": seen}).status_code == 302


def test_replay_of_a_code_is_refused(waiting, pocket):
    """Attack: replay, in the same browser."""
    kept = waiting.cookies[settings.SESSION_COOKIE_NAME].value
    waiting.post("/connexion/code/", {"code": pocket.code})
    replay = Client()
    replay.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert replay.post("/connexion/code/", {"code": pocket.code})["Location"] == "/connexion/"


def test_wrong_codes_are_counted_aloud_then_lead_to_a_new_sign_in(waiting, pocket):
    for left in (4, 3, 2, 1):
        answer = waiting.post("/connexion/code/", {"code": pocket.wrong})
        assert answer.status_code == 422
        assert f"il reste {left} essai" in page(answer)
        assert 'aria-invalid="true"' in page(answer)
        assert 'aria-describedby="id_code_error"' in page(answer)
    last = page(waiting.post("/connexion/code/", {"code": pocket.wrong}))
    assert "Trop d’essais" in last
    assert "Recommencer la connexion" in last
    assert waiting.post("/connexion/code/", {"code": pocket.code}).status_code == 422


def test_an_expired_code_is_refused_with_a_way_on(waiting, pocket):
    Challenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = page(waiting.post("/connexion/code/", {"code": pocket.code}))
    assert "expiré" in answer
    assert "Recommencer la connexion" in answer


def test_sending_again_too_early_is_told_with_the_time_left(waiting, pocket, django_capture_on_commit_callbacks):
    assert "Vous pourrez le renvoyer dans" in page(waiting.post("/connexion/renvoyer/"))
    Challenge.objects.update(asked_at=timezone.now() - otp.RESEND_AFTER)
    with django_capture_on_commit_callbacks(execute=True):
        assert waiting.post("/connexion/renvoyer/")["Location"] == "/connexion/code/"
    assert len(pocket.messages) == 2
    Challenge.objects.update(expires_at=timezone.now())
    ended = page(waiting.post("/connexion/renvoyer/"))
    assert "a expiré" in ended and "Vous pourrez le renvoyer" not in ended


def test_who_has_no_number_is_offered_nothing_that_leads_nowhere(client, make_user, pocket):
    make_user("sans.mobile@x.example", "Sans", "Mobile", phone="")
    give_password(client, "sans.mobile@x.example")
    seen = page(client.get("/connexion/code/")) + page(client.post("/connexion/renvoyer/"))
    assert "Aucun mobile" in seen and "Renvoyer le code" not in seen
    assert 'id="id_code"' not in seen and "Recommencer" in seen, "nor asked for a code that none sends"


def test_the_page_tells_how_far_the_sms_has_come(waiting):
    assert "est parti à" in page(waiting.get("/connexion/code/"))
    Challenge.objects.update(failure="Votre mobile a refusé nos SMS (STOP).")
    assert "STOP" in page(waiting.get("/connexion/code/"))


def test_the_number_is_not_shown_whole(waiting, anne):
    assert anne.phone[-2:] in page(waiting.get("/connexion/code/"))
    assert anne.phone[-4:] not in page(waiting.get("/connexion/code/"))


def test_without_a_password_there_is_no_page_of_codes(client):
    assert client.get("/connexion/code/")["Location"] == "/connexion/"
    assert client.post("/connexion/code/", {"code": "123456"})["Location"] == "/connexion/"
    assert client.post("/connexion/renvoyer/")["Location"] == "/connexion/"


def test_session_fixation_one_given_beforehand_is_not_the_one_that_is_opened(waiting, pocket, anne):
    """Attack: session fixation. Both steps change the key."""
    planted = waiting.cookies[settings.SESSION_COOKIE_NAME].value
    waiting.post("/connexion/code/", {"code": pocket.code})
    assert waiting.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get("/verrou/etat/").status_code == 302


def test_the_table_of_sessions_holds_no_key_that_opens_one(waiting, pocket, anne):
    waiting.post("/connexion/code/", {"code": pocket.code})
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = Session.objects.get(user=anne).pk
    assert thief.get("/verrou/etat/").status_code == 302


def test_one_arrives_where_one_wanted_to_go(client, anne, pocket, django_capture_on_commit_callbacks):
    wanted = client.get("/annuaire/?page=2")["Location"]
    assert wanted == "/connexion/?next=%2Fannuaire%2F%3Fpage%3D2"
    assert 'value="/annuaire/?page=2"' in page(client.get(wanted))
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login, next="/annuaire/?page=2")
    assert client.post("/connexion/code/", {"code": pocket.code})["Location"] == "/annuaire/?page=2"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/connexion/",
        "/deconnexion/",
        "/" + "a" * 4000,
    ],
)
def test_no_open_redirect_and_no_circle(client, anne, pocket, target, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login, next=target)
    assert client.post("/connexion/code/", {"code": pocket.code})["Location"] == "/"


@pytest.mark.parametrize(
    "path", ["/connexion/", "/connexion/code/", "/connexion/renvoyer/", "/deconnexion/", "/verrou/"]
)
def test_csrf_every_form_of_the_door_wants_its_token(anne, sign_in, path):
    """Attack: CSRF, login CSRF included."""
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, anne)
    assert browser.post(path, {"login": anne.login, "password": PASSWORD, "code": "123456"}).status_code == 403


def test_a_browser_that_is_signed_in_is_led_on(client, anne, sign_in):
    sign_in(client, anne)
    assert client.get("/connexion/?next=/annuaire/")["Location"] == "/annuaire/"


def test_signing_out_ends_the_session_and_tells_the_audit(client, anne, sign_in):  # SSI/IE.38
    sign_in(client, anne)
    assert client.get("/deconnexion/").status_code == 405
    answer = client.post("/deconnexion/")
    assert (answer["Location"], answer.cookies[settings.SESSION_COOKIE_NAME].value) == ("/connexion/", "")
    assert client.get("/verrou/etat/").status_code == 302
    assert not Session.objects.filter(user=anne).exists()
    assert AuditEvent.objects.filter(action="session.sign_out", actor_id=anne.pk).count() == 1


def test_an_answer_that_comes_after_one_has_entered_takes_no_cookie_away(waiting, pocket):
    late = Client()
    late.cookies[settings.SESSION_COOKIE_NAME] = waiting.cookies[settings.SESSION_COOKIE_NAME].value
    waiting.post("/connexion/code/", {"code": pocket.code})
    answer = late.get("/connexion/code/", headers={"X-Background": "1"})
    assert answer.status_code == 302 and settings.SESSION_COOKIE_NAME not in answer.cookies


def test_the_session_knows_its_browser_and_its_network(waiting, pocket, anne):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
    waiting.post("/connexion/code/", {"code": pocket.code}, headers={"User-Agent": agent}, REMOTE_ADDR="192.0.2.7")
    session = Session.objects.get(user=anne)
    assert (session.device, session.client) == ("Firefox sous Windows", "192.0.2.7")


def test_a_browser_that_is_new_to_its_person_is_noted_to_be_told_and_the_first_is_not(
    waiting, pocket, anne, django_capture_on_commit_callbacks
):
    """Attack: the password and the telephone were stolen. Whoever they were stolen from hears of it."""
    waiting.post("/connexion/code/", {"code": pocket.code})
    waiting.post("/deconnexion/")
    for browser in (waiting, Client(REMOTE_ADDR="203.0.113.9")):
        with django_capture_on_commit_callbacks(execute=True):
            give_password(browser, anne.login)
        assert browser.post("/connexion/code/", {"code": pocket.code})["Location"] == "/"
    told = Notice.objects.get()
    assert told.client == "203.0.113.9" and told.kind == "new_browser"
    assert AuditEvent.objects.filter(action="session.new_browser", actor_id=anne.pk).count() == 1


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(waiting, pocket):
    waiting.post("/connexion/code/", {"code": pocket.code})
    for name in (settings.SESSION_COOKIE_NAME, settings.BROWSER_COOKIE_NAME):
        assert waiting.cookies[name]["httponly"]
        assert waiting.cookies[name]["samesite"] == "Lax"


def test_pages_of_sign_in_are_kept_by_no_cache(client, waiting):
    for path in ("/connexion/", "/connexion/code/"):
        assert "no-store" in waiting.get(path)["Cache-Control"]


def test_the_demonstration_s_sms_show_only_in_demonstration(client, settings, tmp_path, anne, sign_in):
    line = {
        "to": "+33639980001",
        "body": "mssweb : votre code est 123456.\n\n@localhost #123456",
        "at": "2026-11-23T09:41:00+00:00",
    }
    (tmp_path / "sms.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    settings.MSSWEB_HOME = tmp_path
    assert client.get("/demo/sms/")["Location"].startswith("/connexion/")
    settings.DEMO = True
    assert 'data-copy="123456"' in page(client.get("/demo/sms/"))
    settings.DEMO = False
    sign_in(client, anne)
    assert client.get("/demo/sms/").status_code == 404
