"""A pharmacist opens an account alone: nothing is told to who guesses numbers, nothing opens without letter or word."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auth_otp import enrolment, missives
from auth_otp.identity import Professional
from auth_otp.models import Enrolment, Missive, User
from mailbox.models import Message, Recipient
from mailbox.outbound import house
from mssweb.audit.models import AuditEvent
from tests.mailbox.enrolment.conftest import PASSWORD

KNOWN, ALONE, NOBODY = "99900000029", "99900000037", "99900000045"  # their keys are right
ELSEWHERE = "marie.leroy@hopital.mssante.example"
ASK, FOLLOW = "/connexion/compte/", "/connexion/compte/suite/"


@pytest.fixture(autouse=True)
def annuaire(monkeypatch):
    """Marie has an address elsewhere; Luc has none, and practises at the Pharmacie Dupont."""
    people = {
        KNOWN: Professional(KNOWN, "Dr", "Marie", "Leroy", "21", "Pharmacien", (ELSEWHERE,), ("750000002",)),
        ALONE: Professional(ALONE, "Dr", "Luc", "Morin", "21", "Pharmacien", (), ("750000002",)),
    }
    monkeypatch.setattr("directory.professional.professional", people.get)
    return people


def asked(rpps: str, browser: Client | None = None, **how: str) -> Client:
    browser = browser or Client(**how)
    assert browser.post(ASK, {"rpps": rpps})["Location"] == FOLLOW
    return browser


def reference(browser: Client) -> str:
    return re.sub(r"<[^>]+>", "", re.search(r'class="reference">(.*?)</p>', browser.get(FOLLOW).content.decode())[1])


def letter() -> str:
    """The code that was sent, as the recipient reads it."""
    return missives.content(Missive.objects.get(kind="enrol", due_at=None, box__isnull=False)).secret


def mobile_and_password(browser: Client, pocket, turn) -> None:
    assert browser.post(FOLLOW, {"phone": "06 39 98 00 51"})["Location"] == FOLLOW
    turn()
    assert browser.post(FOLLOW, {"code": pocket.digits})["Location"] == FOLLOW
    assert browser.post(FOLLOW, {"new": PASSWORD, "twice": PASSWORD})["Location"] == "/bienvenue/"


def test_a_pharmacist_opens_an_account_by_a_letter_and_an_sms(dupont, pocket, turn):
    marie = asked(KNOWN)
    turn()
    [recipient] = Recipient.objects.all()
    assert (recipient.address, recipient.is_local, recipient.state) == (ELSEWHERE, False, "queued")
    assert recipient.submission.mailbox.is_technical and recipient.submission.mail_from == ""
    assert not User.objects.filter(rpps=KNOWN).exists()
    assert marie.post(FOLLOW, {"code": letter().upper()})["Location"] == FOLLOW
    assert not User.objects.filter(rpps=KNOWN).exists()
    mobile_and_password(marie, pocket, turn)
    user = User.objects.get(rpps=KNOWN)
    assert (user.login, user.first_name, user.phone) == (KNOWN, "Marie", "+33639980051")
    assert user.check_password(PASSWORD)
    assert marie.get("/bienvenue/").status_code == 200
    told = set(AuditEvent.objects.values_list("action", flat=True))
    assert {
        "enrolment.ask",
        "enrolment.letter",
        "missive.sent",
        "enrolment.prove",
        "enrolment.mobile",
        "user.enrol",
    } <= told
    assert not AuditEvent.objects.filter(facts__icontains=KNOWN).exists()


def test_enumeration_every_number_gets_the_same_answer_by_the_same_statements(dupont, anne, pocket, turn):
    """Attack: which numbers are of pharmacists, have an account here, or an address? Nothing is looked up before the answer."""
    asked(NOBODY, REMOTE_ADDR="10.9.9.1").get(FOLLOW)  # templates are read once
    seen = set()
    for n, rpps in enumerate((KNOWN, ALONE, NOBODY, anne.rpps)):
        browser = Client(REMOTE_ADDR=f"10.9.{n}.1")
        with CaptureQueriesContext(connection) as first:
            answer = browser.post(ASK, {"rpps": rpps})
        kinds = [query["sql"].split()[0] for query in first.captured_queries]
        turn()
        known = reference(browser)
        with CaptureQueriesContext(connection) as then:
            pages = [browser.get(FOLLOW), browser.post(FOLLOW, {"code": "2222-2222"})]
        words = [re.sub(rf'{known[:4]}|{known[4:]}|value="\w{{64}}"', "", one.content.decode()) for one in pages]
        kinds += [query["sql"].split()[0] for query in then.captured_queries]
        seen.add((answer.status_code, answer["Location"], *(one.status_code for one in pages), *words, *kinds))
    assert len(seen) == 1
    Enrolment.objects.filter(client="10.9.9.1").delete()
    assert dict(Enrolment.objects.values_list("rpps", "state")) == {
        KNOWN: "letter", ALONE: "waiting", NOBODY: "void", anne.rpps: "void",
    }  # fmt: skip
    assert Client().post(ASK, {"rpps": "99900000028"}).status_code == 422  # a typing error, which its key shows


def test_code_guessing_five_tries_then_the_right_one_opens_nothing(dupont, pocket, turn):
    marie = asked(KNOWN)
    turn()
    code = letter()
    for n in range(missives.MAX_TRIES):
        assert marie.post(FOLLOW, {"code": f"2222-222{n + 3}"}).status_code == 422
    assert marie.post(FOLLOW, {"code": code}).status_code == 422
    assert Enrolment.objects.get().state == "letter"
    assert AuditEvent.objects.filter(action="enrolment.fail").count() == 5  # whoever goes on fills no journal


def test_the_code_of_another_enrolment_a_late_one_and_one_used_open_nothing(dupont, pocket, turn):
    """Attack: replay, and a letter asked for beside that of its pharmacist."""
    marie, thief = asked(KNOWN), asked(KNOWN, Client(REMOTE_ADDR="10.1.1.1"))
    turn()
    first = Missive.objects.order_by("asked_at").first()
    code = missives.content(first).secret
    assert thief.post(FOLLOW, {"code": code}).status_code == 422
    Missive.objects.update(expires_at=timezone.now())
    assert marie.post(FOLLOW, {"code": code}).status_code == 422
    Missive.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert marie.post(FOLLOW, {"code": code}).status_code == 302
    assert missives.verify("enrol", first.about, given=code, now=timezone.now()) is None


def test_letter_bombing_three_a_day_to_one_pharmacist_whoever_asks(dupont, pocket, turn):
    """Attack: a doctor's mailbox is filled with codes from many networks; and nobody is kept from an account by that."""
    for n in range(6):
        asked(KNOWN, REMOTE_ADDR=f"10.2.{n}.1")
    turn()
    assert Recipient.objects.count() == 3
    assert sorted(Enrolment.objects.values_list("state", flat=True)) == ["letter"] * 3 + ["waiting"] * 3
    for _ in range(10):
        Client(REMOTE_ADDR="10.3.1.1").post(ASK, {"rpps": NOBODY})
    assert Client(REMOTE_ADDR="10.3.1.9").post(ASK, {"rpps": NOBODY}).status_code == 429  # of a network


def test_letter_bombing_of_who_decides_and_the_newest_first(client, sign_in, anne, annes_box, dupont, turn):
    """Attack: one name is asked for all day, from everywhere; the titulaire's mailbox fills, and the true request is lost."""
    for n in range(8):
        asked(ALONE, REMOTE_ADDR=f"10.4.{n}.1")
    turn()
    assert Enrolment.objects.filter(state="waiting").count() == 8
    assert Message.objects.filter(mailbox=annes_box).count() == 3
    sign_in(client, anne)
    shown = [one.row.asked_at for one in client.get("/demandes/").context["enrolments"]]
    assert len(shown) == 8 and shown == sorted(shown, reverse=True)


def test_enumeration_by_waiting_a_request_without_a_sequel_lasts_as_long(dupont, turn):
    """Attack: days later, the reference of who has an account, or is nobody, opens no more; that of another does."""
    for number in (NOBODY, ALONE):
        asked(number)
    turn()
    first, second = Enrolment.objects.all()
    assert {first.state, second.state} == {"void", "waiting"} and abs(first.until - second.until) < timedelta(minutes=1)


def test_an_address_of_ours_gets_its_letter_here(annuaire, dupont, annes_box, pocket, turn):
    annuaire[KNOWN] = Professional(KNOWN, "", "Marie", "Leroy", "21", "Pharmacien", (annes_box.address,), ())
    asked(KNOWN)
    turn()
    assert Message.objects.filter(mailbox=annes_box).count() == 1 and not Recipient.objects.exists()


def test_without_an_address_a_titulaire_who_recognises_them_lets_them_in(
    client, sign_in, anne, annes_box, dupont, pocket, turn
):
    luc = asked(ALONE)
    mine = reference(luc)
    turn()
    assert Message.objects.filter(mailbox=annes_box).count() == 1  # Anne is told, in her own mailbox
    sign_in(client, anne)
    assert "Luc MORIN" in client.get("/demandes/").content.decode()
    row = Enrolment.objects.get()
    there = f"/demandes/compte/{row.pk}/"
    client.post(there, {"action": "accept", "head": "2222"})
    row.refresh_from_db()
    assert row.state == "waiting"
    client.post(there, {"action": "accept", "head": mine[:4]})
    assert AuditEvent.objects.filter(action="enrolment.accept", actor_id=anne.pk).exists()
    elsewhere = Client()  # he comes back by his reference, on another device
    assert elsewhere.post(FOLLOW, {"reference": "2222-3333-4444"}).status_code == 422
    assert elsewhere.post(FOLLOW, {"reference": mine.lower()})["Location"] == FOLLOW
    mobile_and_password(elsewhere, pocket, turn)
    assert User.objects.get(rpps=ALONE).last_name == "Morin"


def test_a_request_made_in_somebody_s_name_is_not_taken_for_theirs(client, sign_in, anne, dupont, pocket, turn):
    """Attack: a thief asks with Luc's number first; the titulaire recognises Luc, and types what Luc says."""
    thief, luc = asked(ALONE, REMOTE_ADDR="10.4.1.1"), asked(ALONE)
    said = reference(luc)[:4]
    turn()
    sign_in(client, anne)
    for row in Enrolment.objects.all():
        client.post(f"/demandes/compte/{row.pk}/", {"action": "accept", "head": said})
    states = [re.search("Votre mobile", one.get(FOLLOW).content.decode()) is not None for one in (thief, luc)]
    assert states == [False, True]


def test_who_answers_for_another_structure_or_has_no_fresh_proof_decides_nothing(
    client, sign_in, anne, stranger, dupont, turn
):
    luc = asked(ALONE)
    said = reference(luc)[:4]
    turn()
    there = f"/demandes/compte/{Enrolment.objects.get().pk}/"
    sign_in(client, stranger)
    assert client.get("/demandes/").status_code == client.post(there, {"head": said}).status_code == 404
    other = Client()
    sign_in(other, anne)
    anne.sessions.update(proven_at=timezone.now() - timedelta(minutes=11))
    assert other.post(there, {"head": said})["Location"].startswith("/confirmer/")
    assert Enrolment.objects.get().state == "waiting"


@pytest.mark.soak
def test_a_refused_request_looks_like_one_that_is_over(client, sign_in, anne, dupont, turn):
    luc = asked(ALONE)
    turn()
    sign_in(client, anne)
    client.post(f"/demandes/compte/{Enrolment.objects.get().pk}/", {"action": "refuse"})
    assert "Retrouver votre demande" in luc.get(FOLLOW).content.decode()
    assert AuditEvent.objects.filter(action="enrolment.refuse").exists()


@pytest.mark.soak
def test_an_administrator_accepts_with_what_the_person_says(client, sign_in, make_user, dupont, turn):
    boss = make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)
    luc = asked(ALONE)
    said = reference(luc)[:4]
    turn()
    sign_in(client, boss)
    assert client.get("/admin/auth_otp/enrolment/").status_code == 200
    there = f"/admin/auth_otp/enrolment/{Enrolment.objects.get().pk}/change/"
    assert "Luc MORIN" in client.get(there).content.decode()
    client.post(there, {"action": "accept", "head": "zzzz"})
    assert Enrolment.objects.get().state == "waiting"
    client.post(there, {"action": "accept", "head": said})
    assert Enrolment.objects.get().state == "proven"


@pytest.mark.soak
def test_two_requests_of_one_pharmacist_make_one_account(dupont, pocket, turn, rf):
    """Of two browsers at once, one wins; the other is told that an account exists."""
    marie = asked(KNOWN)
    turn()
    marie.post(FOLLOW, {"code": letter()})
    marie.post(FOLLOW, {"phone": "06 39 98 00 51"})
    turn()
    marie.post(FOLLOW, {"code": pocket.digits})
    User.objects.create_user(KNOWN, PASSWORD, first_name="Marie", last_name="Leroy", rpps=KNOWN)
    answer = marie.post(FOLLOW, {"new": PASSWORD, "twice": PASSWORD})
    assert "un compte existe déjà" in answer.content.decode()
    assert User.objects.filter(rpps=KNOWN).count() == 1


def test_a_request_sealed_under_another_key_holds_nobody_up(dupont, pocket, turn):
    """SECRET_KEY is changed while one waits: codes of everybody else go on leaving; no account is made without a mobile."""
    asked(KNOWN)
    Missive.objects.update(box=b"x")
    marie = asked(KNOWN)
    turn()
    assert sorted(Enrolment.objects.values_list("state", flat=True)) == ["letter", "waiting"]
    Missive.objects.filter(sent_at=None).delete()
    marie.post(FOLLOW, {"code": letter()})
    marie.post(FOLLOW, {"phone": "06 39 98 00 51"})
    turn()
    marie.post(FOLLOW, {"code": pocket.digits})
    Enrolment.objects.update(phone_box=b"x")
    assert "plus" in marie.post(FOLLOW, {"new": PASSWORD, "twice": PASSWORD}).content.decode()
    assert not User.objects.filter(rpps=KNOWN).exists()


@pytest.mark.soak
def test_old_requests_keep_no_number_and_go(dupont, pocket, turn, settings):
    marie = asked(KNOWN)
    turn()
    marie.post(FOLLOW, {"code": letter()})
    marie.post(FOLLOW, {"phone": "06 39 98 00 51"})
    turn()
    marie.post(FOLLOW, {"code": pocket.digits})
    assert Enrolment.objects.get().phone_box
    later = timezone.now() + enrolment.LIFE
    enrolment.sweep(later)
    assert Enrolment.objects.get().phone_box is None
    missives.sweep(later + timedelta(days=8))
    enrolment.sweep(later + timedelta(days=91))
    assert not Enrolment.objects.exists() and not Missive.objects.exists()
    settings.SELF_ENROLMENT = False
    assert Client().get(ASK).status_code == Client().get(FOLLOW).status_code == 404
    assert "Ouvrir un compte" not in Client().get("/connexion/").content.decode()
    assert house.END
