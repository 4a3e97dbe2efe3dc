"""To Pro Santé Connect and back, through the pages: in, refused, reopened, proven again; and what an attacker gets."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from auth_otp.means import Means
from auth_otp.models import Followed, SectorLink, Session, User
from mailbox.management.demo.wallet.minting import Fault
from mssweb.audit.models import AuditEvent
from tests.auth_otp.psc.conftest import ANNE, EMPLOYEE, NOBODY, asked, come, returned
from tests.conftest import PASSWORD


def test_a_card_opens_a_session_of_four_hours_that_is_followed_and_keeps_no_access_token(wallet, client, anne):
    answer = come(client, wallet, ANNE, there="/moi/")
    assert (answer.status_code, answer["Location"]) == (302, "/moi/")
    session = Session.objects.get()
    assert (session.user, session.means, session.link.subject) == (anne, Means.PSC, "899900000011")
    assert timedelta(hours=3) < session.expire_date - timezone.now() <= timedelta(hours=4)
    row = Followed.objects.get(session=session)
    assert timedelta(minutes=15) < row.due_at - timezone.now() < timedelta(minutes=25)
    kept = repr(session.get_decoded()) + repr([bytes(row.box), bytes(row.sid)])
    for secret in [*wallet.access, *wallet.refreshing, *wallet.sessions]:
        assert secret not in kept, "ECO.1.2.5; and the rest is sealed"
    told = AuditEvent.objects.filter(actor_id=anne.pk).values_list("action", flat=True)
    assert {"factor.link", "session.sign_in"} <= set(told)


def test_the_question_is_asked_as_the_protocol_wants(wallet, client, db):
    question = asked(client.get("/connexion/psc/"))
    assert question["acr_values"] == "eidas1" and question["scope"] == "openid scope_all"
    assert question["code_challenge_method"] == "S256" and "prompt" not in question
    assert len({question["state"], question["nonce"], question["code_challenge"]}) == 3
    assert not Session.objects.exists(), "who only knocks makes no row"


def test_one_s_security_page_says_whether_it_is_known_there(wallet, client, sign_in, anne, claire):
    other = Client()
    sign_in(other, anne)
    assert "il se rattache à votre numéro RPPS" in other.get("/moi/securite/").content.decode()
    come(client, wallet, ANNE)
    assert "rattaché" in client.get("/moi/securite/").content.decode()
    sign_in(other, claire)
    assert "Santé Connect" not in other.get("/moi/securite/").content.decode(), "no RPPS, no such door"


def test_closed_nothing_of_it_shows(client, db):
    assert "Santé Connect" not in client.get("/connexion/").content.decode()
    for path in ("", "retour/", "telephone/"):
        assert client.get(f"/connexion/psc/{path}")["Location"] == "/connexion/"
    assert client.post("/connexion/psc/fin/").status_code == 404


@pytest.mark.parametrize(
    ("holder", "words"),
    [(NOBODY, "L’annuaire ne vous connaît pas"), (EMPLOYEE, "Il faut un numéro RPPS")],
)
def test_whom_the_annuaire_does_not_know_or_who_has_no_number_is_told_so(wallet, client, db, holder, words):
    answer = come(client, wallet, holder)
    assert answer.status_code == 403 and words in answer.content.decode()
    assert 'href="/connexion/psc/?next=%2F&amp;autre=1"' in answer.content.decode()
    assert asked(client.get("/connexion/psc/?autre=1"))["prompt"] == "login", (
        "else the provider answers for the same one"
    )
    assert not Session.objects.exists() and not User.objects.exists()


def test_who_left_is_told_so_and_stays_out(wallet, client, anne):
    User.objects.update(is_active=False)
    answer = come(client, wallet, ANNE)
    assert answer.status_code == 403 and "Votre compte est fermé" in answer.content.decode()


def test_refusing_there_or_a_provider_that_is_away_leaves_the_other_doors(wallet, client, db):  # ECO.1.2.3
    answer = returned(client, {"error": "access_denied", "iss": wallet.issuer}, client.get("/connexion/psc/"))
    assert answer.status_code == 403 and "Connexion annulée" in answer.content.decode()
    question = client.get("/connexion/psc/?next=/moi/")
    wallet.fault = Fault.BROKEN
    answer = returned(client, {"code": "x", "iss": wallet.issuer}, question)
    assert answer.status_code == 503
    assert 'href="/connexion/?next=%2Fmoi%2F"' in answer.content.decode()
    event = AuditEvent.objects.filter(action="session.psc_refused").latest("at")
    assert event.facts == {"why": "away", "code": "status-500"}


@pytest.mark.parametrize("fault", [Fault.MIX_UP, Fault.NO_ISSUER])
def test_mix_up_an_answer_of_another_issuer_is_refused_before_its_code_is_used(wallet, client, anne, fault):
    """Attack: OIDC mix-up (RFC 9207)."""
    answer = come(client, wallet, ANNE, fault=fault)
    assert answer.status_code == 403 and not Session.objects.exists()
    assert not [path for path, _ in wallet.asked if path.endswith("/token")]


def test_login_csrf_the_answer_of_another_browser_opens_nothing(wallet, client, anne):
    """Attack: the thief's own answer, slipped to somebody who then works in the thief's mailbox; and a code that was read."""
    thief = Client()
    stolen = thief.get("/connexion/psc/")
    code = wallet.grant(wallet.prove(ANNE), asked(stolen))
    client.get("/connexion/psc/")
    answer = returned(client, {"code": code, "iss": wallet.issuer}, stolen)
    assert answer.status_code == 400 and "expiré" in answer.content.decode()
    assert not Session.objects.exists()


def test_an_answer_serves_once_and_for_ten_minutes(wallet, client, anne, monkeypatch):
    """Attack: replay, by whoever reads the address of the answer."""
    question = client.get("/connexion/psc/")
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    kept = client.cookies[django_settings.PSC_COOKIE_NAME].value
    assert returned(client, {"code": code, "iss": wallet.issuer}, question).status_code == 302
    assert returned(Client(), {"code": code, "iss": wallet.issuer}, question).status_code == 400
    replay = Client()
    replay.cookies[django_settings.PSC_COOKIE_NAME] = kept
    assert returned(replay, {"code": code, "iss": wallet.issuer}, question).status_code == 403, "its code has served"
    monkeypatch.setattr("auth_otp.psc.attempt.LIFE", timedelta())
    late = Client()
    assert come(late, wallet, ANNE).status_code == 400


def test_two_tabs_at_once_both_come_back(wallet, client, anne):
    first, second = client.get("/connexion/psc/?next=/moi/"), client.get("/connexion/psc/")
    for question in (first, second):
        code = wallet.grant(wallet.prove(ANNE), asked(question))
        assert returned(client, {"code": code, "iss": wallet.issuer}, question).status_code == 302


def test_however_many_tabs_and_long_addresses_the_cookie_is_one_that_browsers_keep(wallet, client, anne):
    for path in ("/moi/", "/b/" + "x" * 290, "/b/" + "y" * 290, "/b/" + "z" * 5000):
        last = client.get("/connexion/psc/", {"next": path})
    assert len(client.cookies[django_settings.PSC_COOKIE_NAME].OutputString()) < 4096
    code = wallet.grant(wallet.prove(ANNE), asked(last))
    assert returned(client, {"code": code, "iss": wallet.issuer}, last)["Location"] == "/", "half a way leads nowhere"


def test_open_redirect_it_leads_to_no_other_site(wallet, client, anne):
    """Attack: `next` of another site."""
    assert come(client, wallet, ANNE, there="//evil.example/")["Location"] == "/"


def test_who_comes_back_to_the_session_of_another_is_told_and_opens_nothing(wallet, client, sign_in, anne, claire):
    question = client.get("/connexion/psc/")
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    sign_in(client, claire)
    answer = shown_out(client, wallet, returned(client, {"code": code, "iss": wallet.issuer}, question))
    assert answer.status_code == 409 and "Fermer la session de Claire" in answer.content.decode()
    assert Session.objects.get().user == claire


def shown_out(client, wallet, answer):
    """Who is somebody else leaves no session of theirs at the provider, for the next to press the same link."""
    assert answer["Location"].startswith(f"{wallet.issuer}/protocol/openid-connect/logout?")
    return client.get("/connexion/psc/parti/", {"state": query(answer["Location"])["state"]})


@pytest.fixture
def locked(wallet, client, anne) -> Client:
    """Anne's browser: in by her card, and locked."""
    User.objects.filter(pk=anne.pk).update(password="!")
    come(client, wallet, ANNE)
    Session.objects.update(locked_at=timezone.now())
    return client


def test_the_lock_opens_by_a_new_proof_of_the_same_person(wallet, locked):
    page = locked.get("/verrou/?next=/moi/").content.decode()
    assert "Rouvrir avec Pro Santé Connect" in page and 'name="password"' not in page
    key = locked.cookies[django_settings.SESSION_COOKIE_NAME].value
    question = locked.get("/connexion/psc/?pour=verrou&next=/moi/")
    assert asked(question)["prompt"] == "login" and asked(question)["max_age"] == "0"
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    answer = returned(locked, {"code": code, "iss": wallet.issuer}, question)
    assert (answer.status_code, answer["Location"]) == (302, "/moi/")
    assert Session.objects.get().locked_at is None and Session.objects.get().proof == Means.PSC
    assert locked.cookies[django_settings.SESSION_COOKIE_NAME].value != key


def test_the_card_of_a_colleague_or_an_old_proof_does_not_open_the_lock(wallet, locked):
    """Attacks: a colleague's own card; the session that Anne left open at the provider."""
    for holder, fault, why in ((NOBODY, Fault.NONE, "another"), (ANNE, Fault.OLD_PROOF, "false")):
        question = locked.get("/connexion/psc/?pour=verrou")
        wallet.fault = fault
        code = wallet.grant(wallet.prove(holder), asked(question))
        answer = returned(locked, {"code": code, "iss": wallet.issuer}, question)
        if why == "another":
            answer = shown_out(locked, wallet, answer)
        assert answer.status_code == 403
        assert AuditEvent.objects.filter(action="session.psc_refused").latest("at").facts["why"] == why
        assert Session.objects.get().locked_at is not None


def test_a_sensitive_act_is_confirmed_by_a_new_proof_and_only_of_this_session(wallet, client, anne):
    come(client, wallet, ANNE)
    Session.objects.update(proven_at=timezone.now() - timedelta(hours=1))
    assert "Confirmer avec Pro Santé Connect" in client.get("/confirmer/?next=/moi/").content.decode()
    question = client.get("/connexion/psc/?pour=confirmer&next=/moi/")
    Followed.objects.all().delete()
    Session.objects.update(ref="01890000-0000-7000-8000-000000000000")
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    assert returned(client, {"code": code, "iss": wallet.issuer}, question).status_code == 400
    question = client.get("/connexion/psc/?pour=confirmer&next=/moi/")
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    assert returned(client, {"code": code, "iss": wallet.issuer}, question)["Location"] == "/moi/"
    assert timezone.now() - Session.objects.get().proven_at < timedelta(minutes=1)


def test_who_never_came_by_it_is_offered_it_neither_at_the_lock_nor_to_confirm(wallet, client, sign_in, claire):
    sign_in(client, claire)
    Session.objects.update(locked_at=timezone.now())
    assert "Santé Connect" not in client.get("/verrou/").content.decode()
    assert "Santé Connect" in Client().get("/connexion/").content.decode()
    assert not SectorLink.objects.exists()
    assert client.post("/verrou/", {"password": PASSWORD}).status_code == 302


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_leaving_a_session_by_password_that_a_card_has_reopened_leaves_there_too(wallet, client, sign_in, anne):
    come(client, wallet, ANNE)
    client.post("/deconnexion/")
    other = Client()
    sign_in(other, anne)
    assert "http-equiv" not in other.post("/deconnexion/").content.decode()
    sign_in(other, anne)
    Session.objects.update(locked_at=timezone.now())
    question = other.get("/connexion/psc/?pour=verrou")
    code = wallet.grant(wallet.prove(ANNE), asked(question))
    assert returned(other, {"code": code, "iss": wallet.issuer}, question)["Location"] == "/"
    assert not Followed.objects.exists(), "it does not end with the provider's"
    kept = repr(Session.objects.get().get_decoded())
    assert wallet.issuer not in kept and "eyJ" not in kept, "sealed"
    assert f"{wallet.issuer}/protocol/openid-connect/logout?" in other.post("/deconnexion/").content.decode()


def test_leaving_here_leaves_there_and_the_next_to_come_proves_who_they_are(wallet, client, anne):
    come(client, wallet, ANNE)
    page = client.post("/deconnexion/").content.decode()
    there = page.split('http-equiv="refresh" content="0;url=')[1].split('"')[0].replace("&amp;", "&")
    assert there.startswith(f"{wallet.issuer}/protocol/openid-connect/logout?")
    told = query(there)
    assert told["post_logout_redirect_uri"].endswith("/connexion/psc/parti/") and told["id_token_hint"].count(".") == 2
    assert not Session.objects.exists() and not Followed.objects.exists()
    assert asked(client.get("/connexion/psc/"))["prompt"] == "login", "the provider has not said yet that it is over"
    assert "Vous êtes déconnecté" in client.get("/connexion/psc/parti/", {"state": told["state"]}).content.decode()
    assert "prompt" not in asked(client.get("/connexion/psc/"))
    assert client.get("/connexion/psc/parti/", {"state": told["state"]})["Location"] == "/connexion/"


def test_attack_the_next_to_come_takes_the_demand_of_a_proof_out_of_the_address(wallet, client, anne):
    """The provider then answers for who left, by the session that is still open there; what it signed says since when."""
    come(client, wallet, ANNE)
    client.post("/deconnexion/")
    question = client.get("/connexion/psc/")
    for fault, status in ((Fault.OLD_PROOF, 403), (Fault.NONE, 400)):
        wallet.fault = fault
        code = wallet.grant(wallet.prove(ANNE), asked(question))
        assert returned(client, {"code": code, "iss": wallet.issuer}, question).status_code == status
        assert not Session.objects.exists()


def test_nobody_makes_us_ask_the_provider_at_will_or_fills_the_journal(wallet, client, anne, monkeypatch):
    """Attack: forged answers by the thousand, from one network; and links to our door while the provider is away."""
    monkeypatch.setattr("auth_otp.allowances._ANSWERS_OF_A_NETWORK", 3)
    answers = [
        returned(client, {"code": "x", "iss": wallet.issuer}, client.get("/connexion/psc/")).status_code
        for _ in range(5)
    ]
    assert answers == [403] * 3 + [429] * 2
    assert len([path for path, _ in wallet.asked if path.endswith("/token")]) == 3
    for _ in range(5):
        assert client.get("/connexion/psc/retour/?state=x&code=y").status_code == 400
    assert AuditEvent.objects.filter(action="session.psc_refused").count() == 3


def test_a_provider_that_is_away_is_asked_once_in_a_while_and_told_once_a_minute(wallet, client, db):
    wallet.fault = Fault.DOWN
    for _ in range(4):
        assert client.get("/connexion/psc/").status_code == 503
    assert len(wallet.asked) == 1
    assert AuditEvent.objects.filter(action="session.psc_refused").count() == 1
