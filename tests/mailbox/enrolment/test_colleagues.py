"""A colleague without an account: the link of the SMS and the code said in person, neither alone; then a member."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp import activation
from auth_otp.models import Activation, Missive, Session, User
from mailbox.models import ColleagueInvitation, Membership
from mssweb.audit.models import AuditEvent
from tests.auth_otp.test_proof import equip
from tests.mailbox.enrolment.conftest import PASSWORD

WHO = {"first_name": "Lucie", "last_name": "Petit-Jean", "phone": "06 39 98 00 41", "role": "member", "may_send": "on"}
CHOSEN = {"login": "", "new": PASSWORD, "twice": PASSWORD}


@pytest.fixture
def manager(client, anne, dupont, sign_in) -> Client:
    sign_in(client, anne)
    return client


@pytest.fixture
def invited(manager, dupont, pocket, turn) -> str:
    """Anne has asked Lucie in; the code that she says. The link is in the pocket."""
    answer = manager.post(f"/b/{dupont.pk}/membres/nouveau/", WHO)
    assert answer.status_code == 200, answer.context["form"].errors
    turn()
    return answer.context["code"]


def told(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def state(manager: Client, dupont) -> str:
    [one] = manager.get(f"/b/{dupont.pk}/membres/").context["colleagues"]
    return str(one.state)


def entered(pocket, turn, code: str, browser: Client | None = None) -> Client:
    browser = browser or Client()
    assert browser.post(pocket.link, {"code": code})["Location"] == "/connexion/activer/"
    turn()
    return browser


def test_a_colleague_comes_in_by_the_link_and_the_code_and_is_a_member(manager, dupont, invited, pocket, turn):
    link = pocket.link
    assert pocket.messages[-1].to == "+33639980041"
    assert not any(word in link.lower() for word in ("lucie", "petit", "0041"))
    assert state(manager, dupont) == "envoyée"
    lucie = Client()
    assert "Bienvenue" in lucie.get(link).content.decode()
    assert state(manager, dupont) == "ouverte"
    entered(pocket, turn, invited.lower(), lucie)
    assert lucie.post("/connexion/activer/", {"code": pocket.digits})["Location"] == "/connexion/activer/"
    page = lucie.get("/connexion/activer/").content.decode()
    assert "lucie.petit-jean" in page and "Lucie PETIT-JEAN" in page
    weak = lucie.post("/connexion/activer/", {"new": "lucie-petit-jean", "twice": "lucie-petit-jean"})
    assert weak.status_code == 422 and not User.objects.filter(last_name="Petit-Jean").exists()
    assert lucie.post("/connexion/activer/", CHOSEN)["Location"] == "/bienvenue/"
    user = User.objects.get(login="lucie.petit-jean")
    assert user.check_password(PASSWORD) and user.phone == "+33639980041" and not user.rpps
    assert Membership.objects.get(mailbox=dupont, user=user).may_send
    assert lucie.get("/bienvenue/").status_code == 200
    assert lucie.get(f"/b/{dupont.pk}/inbox/").status_code == 200
    assert state(manager, dupont) == "acceptée"
    assert told("colleague.invite") == told("activation.enter") == told("user.enrol") == told("colleague.join") == 1
    assert Activation.objects.get().box is None  # no name and number stay there


def test_a_stolen_sms_alone_and_the_code_alone_open_nothing(invited, pocket, turn, dupont):
    """Attack: whoever reads the SMS guesses the code; whoever heard the code has no link."""
    link, thief = pocket.link, Client()
    for guess in ("222222", "333333", "444444", "555555", "666666"):
        assert thief.post(link, {"code": guess}).status_code in {200, 422}
    assert "ne sert plus" in thief.post(link, {"code": invited}).content.decode()  # five tries, then none
    assert "ne sert plus" in Client().get("/connexion/activer/un-autre-lien/").content.decode()
    assert "ne sert plus" in thief.get("/connexion/activer/").content.decode()
    assert told("activation.fail") == 5 and dupont.memberships.count() == 3


def test_replay_a_link_and_its_code_serve_once(invited, pocket, turn):
    """Attack: SMS and code are found later, on a telephone that was put down."""
    link = pocket.link
    entered(pocket, turn, invited)
    again = Client().post(link, {"code": invited})
    assert again.status_code == 200 and "Ce lien ne sert plus" in again.content.decode()
    assert "ne sert plus" in Client().get("/connexion/activer/").content.decode()  # another browser


def test_a_link_that_was_taken_back_replaced_or_is_too_old_opens_nothing(manager, dupont, invited, pocket, turn):
    first = pocket.link
    row = ColleagueInvitation.objects.get()
    again = f"/b/{dupont.pk}/membres/nouveau/{row.pk}/"
    code = manager.post(again, {"action": "again"}).context["code"]
    turn()
    assert "ne sert plus" in Client().post(first, {"code": code}).content.decode()
    assert Client().get(pocket.link).context["form"]
    Activation.objects.update(until=timezone.now())
    assert state(manager, dupont) == "expirée"
    assert "ne sert plus" in Client().post(pocket.link, {"code": code}).content.decode()
    manager.post(again, {"action": "again"})
    turn()
    browser = Client()
    assert browser.get(pocket.link).context["form"]
    assert manager.post(again, {"action": "revoke"}).status_code == 302
    assert "ne sert plus" in browser.get(pocket.link).content.decode()
    assert manager.post(again, {"action": "again"}).status_code == 404
    assert not Missive.objects.exclude(box=None).exists()


def test_who_came_by_the_link_of_before_does_not_end_what_another_begins(manager, dupont, invited, pocket, turn):
    """Attack: link and code were stolen together; sent again, Lucie confirms her mobile, and the thief chooses the password."""
    thief, row = entered(pocket, turn, invited), ColleagueInvitation.objects.get()
    code = manager.post(f"/b/{dupont.pk}/membres/nouveau/{row.pk}/", {"action": "again"}).context["code"]
    turn()
    lucie = entered(pocket, turn, code)
    lucie.post("/connexion/activer/", {"code": pocket.digits})
    assert "ne sert plus" in thief.post("/connexion/activer/", CHOSEN).content.decode()
    assert lucie.post("/connexion/activer/", CHOSEN)["Location"] == "/bienvenue/"


def test_who_manages_no_more_lets_nobody_in(manager, dupont, invited, pocket, turn, anne, claire):
    """Attack: a manager who leaves lets an accomplice in afterwards."""
    lucie = entered(pocket, turn, invited)
    lucie.post("/connexion/activer/", {"code": pocket.digits})
    Membership.objects.filter(mailbox=dupont, user=anne).update(role="member")
    assert "ne sert plus" in lucie.post("/connexion/activer/", CHOSEN).content.decode()
    assert not User.objects.filter(last_name="Petit-Jean").exists()  # nothing by halves


def test_only_managers_with_a_fresh_proof_ask_somebody_in(manager, dupont, anne, claire, sign_in, pocket):
    """Attack: a session that was left open at the counter."""
    path = f"/b/{dupont.pk}/membres/nouveau/"
    Session.objects.filter(user=anne).update(proven_at=timezone.now() - timedelta(minutes=11))
    assert manager.post(path, WHO)["Location"].startswith("/confirmer/")
    Session.objects.filter(user=anne).update(proven_at=timezone.now())
    equip(anne)
    assert "fort=1" in manager.post(path, WHO)["Location"], "the password, where she has something stronger"
    assert "fort=1" in manager.get("/demandes/")["Location"]
    member = Client()
    sign_in(member, claire)
    assert member.get(path).status_code == member.post(path, WHO).status_code == 403
    assert not Activation.objects.exists()


def test_sms_bombing_by_invitations_is_rationed(manager, dupont, pocket, turn, monkeypatch):
    """Attack: a manager's session makes a stranger's telephone ring, or pays for thousands of SMS."""
    monkeypatch.setattr(activation, "_MAKER_A_DAY", 5)  # for twenty
    path = f"/b/{dupont.pk}/membres/nouveau/"
    answers = [manager.post(path, WHO).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 422]  # to one number, in a day
    others = [manager.post(path, WHO | {"phone": f"06399801{n:02}"}).status_code for n in range(3)]
    assert others == [200, 200, 422]  # of one manager, in a day
    turn()
    assert len(pocket.messages) == 5


@pytest.mark.soak
def test_a_name_that_is_taken_is_refused_and_another_is_offered(invited, pocket, turn, make_user, anne):
    make_user("lucie.petit-jean", "Lucie", "Petit-Jean")
    lucie = entered(pocket, turn, invited)
    lucie.post("/connexion/activer/", {"code": pocket.digits})
    assert "lucie.petit-jean2" in lucie.get("/connexion/activer/").content.decode()
    for taken in (anne.login, anne.rpps):
        assert lucie.post("/connexion/activer/", CHOSEN | {"login": taken}).status_code == 422
    assert lucie.post("/connexion/activer/", CHOSEN | {"login": "Lucie@Pharmacie.example"}).status_code == 302
    assert User.objects.filter(login="lucie@pharmacie.example").exists()


def test_who_has_an_account_gets_a_new_password_and_signs_in_with_all_their_factors(
    anne, claire, pocket, turn, sign_in
):
    """An administrator's link: sessions end, and nobody is in by it alone."""
    browser, now = Client(), timezone.now()
    sign_in(browser, claire)
    who = activation.Who(claire.first_name, claire.last_name, claire.phone)
    _, code = activation.make(anne, who, user=claire, now=now)
    turn()
    hers = entered(pocket, turn, code)
    hers.post("/connexion/activer/", {"code": pocket.digits})
    User.objects.filter(pk=claire.pk).update(phone="+33639980077")  # Attack: the telephone of before was stolen
    assert "ne sert plus" in hers.post("/connexion/activer/", {"new": PASSWORD, "twice": PASSWORD}).content.decode()
    User.objects.filter(pk=claire.pk).update(phone=claire.phone)
    answer = hers.post("/connexion/activer/", {"new": PASSWORD, "twice": PASSWORD})
    assert "Se connecter" in answer.content.decode()
    claire.refresh_from_db()
    assert claire.check_password(PASSWORD)
    assert browser.get("/verrou/etat/").status_code == hers.get("/verrou/etat/").status_code == 302
