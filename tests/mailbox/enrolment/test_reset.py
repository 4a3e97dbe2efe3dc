"""Lost passwords and telephones: two proofs, a warning and a wait; one channel alone takes nobody's account over."""

import re
import statistics
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auth_otp import channels, missives, reset
from auth_otp.identity import Professional
from auth_otp.models import Missive, Notice, Reset, Session, TOTPDevice, User
from mailbox.enrolment import approvers
from mailbox.models import Membership, Message, Recipient, Staff, Tenant
from mailbox.staff.admitting import admit
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD as OLD
from tests.mailbox.enrolment.conftest import PASSWORD

ASK, FOLLOW = "/connexion/oubli/", "/connexion/oubli/suite/"
NEW = {"new": PASSWORD, "twice": PASSWORD}


@pytest.fixture(autouse=True)
def annuaire(monkeypatch, anne):
    """Anne has an address elsewhere, and one of ours, which she cannot read now."""
    there = ("anne.dupont@officine.mssante.example", "anne.dupont@hopital.mssante.example")
    told = {anne.rpps: Professional(anne.rpps, "Dr", "Anne", "Dupont", "21", "Pharmacien", there, ("750000002",))}
    monkeypatch.setattr("directory.professional.professional", told.get)


def asked(user: User | str, **how: str) -> Client:
    browser = Client(**how)
    login = user if isinstance(user, str) else user.login
    assert browser.post(ASK, {"login": login})["Location"] == FOLLOW
    return browser


def letter() -> str:
    return missives.content(Missive.objects.get(kind="reset_letter", box__isnull=False, sent_at__isnull=False)).secret


def give(browser: Client, **codes: str) -> list[int]:
    return [browser.post(FOLLOW, {"action": act, "code": code}).status_code for act, code in codes.items()]


def head(browser: Client) -> str:
    return re.search(r'class="reference"><b>(\w{4})', browser.get(FOLLOW).content.decode())[1]


def cooled() -> None:
    Reset.objects.filter(state="cooling").update(opens_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def ripe(anne, dupont, annes_box, pocket, turn) -> Client:
    """Anne has given both codes, and waits."""
    browser = asked(anne)
    turn()
    assert give(browser, sms=pocket.digits, letter=letter()) == [302, 302]
    turn()
    return browser


def test_two_codes_a_wait_a_warning_and_a_new_password(ripe, anne, annes_box, pocket, sign_in):
    [recipient] = Recipient.objects.all()
    assert recipient.address == "anne.dupont@hopital.mssante.example"  # never one of ours
    other, now = Client(), timezone.now()
    TOTPDevice.objects.create(user=anne, name="TOTP", box=b"x", last_step=1, added_at=now, used_at=now)
    assert "Vos preuves sont reçues" in ripe.get(FOLLOW).content.decode()
    assert "Vos preuves sont reçues" in ripe.post(FOLLOW, NEW).content.decode()  # not before it has cooled
    assert "/connexion/oubli/annuler/" in pocket.text and pocket.messages[-1].to == anne.phone
    assert Message.objects.filter(mailbox=annes_box).count() == 1
    cooled()
    Session.objects.create(session_key="x", session_data="", expire_date=now + timedelta(hours=1), user=anne)
    weak = ripe.post(FOLLOW, {"new": "pharmacie-dupont", "twice": "pharmacie-dupont"})
    assert weak.status_code == 422, weak.content.decode()[-1500:]
    assert "C’est fait" in ripe.post(FOLLOW, NEW).content.decode()
    anne.refresh_from_db()
    assert anne.check_password(PASSWORD)
    assert TOTPDevice.objects.filter(user=anne).exists()  # a factor stays
    assert not Session.objects.filter(user=anne).exists() and other
    assert ripe.get("/verrou/etat/").status_code == 302  # nobody is in by it
    assert Notice.objects.filter(user=anne, kind=Notice.Kind.PASSWORD_CHANGED).exists()
    told = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"reset.ask", "reset.open", "reset.prove", "reset.ripe", "reset.tell", "reset.done"} <= told
    assert "plus ouverte" in ripe.post(FOLLOW, NEW).content.decode() or ripe.post(FOLLOW, NEW).status_code == 200


def test_takeover_with_one_channel_only_ends_in_nothing(anne, dupont, annes_box, pocket, turn):
    """Attack: a stolen telephone; or a mailbox elsewhere that somebody reads."""
    by_phone, by_letter = asked(anne, REMOTE_ADDR="10.5.1.1"), asked(anne, REMOTE_ADDR="10.5.2.1")
    turn()
    codes = {row.about: missives.content(row).secret for row in Missive.objects.filter(kind="reset_sms")}
    letters = {row.about: missives.content(row).secret for row in Missive.objects.filter(kind="reset_letter")}
    first, second = Reset.objects.order_by("asked_at")
    assert give(by_phone, sms=codes[first.pk]) == [302] and give(by_letter, letter=letters[second.pk]) == [302]
    assert give(by_phone, letter=letters[second.pk]) == [422]  # the code of another request
    assert give(by_letter, sms=codes[first.pk]) == [422]
    cooled()
    for browser in (by_phone, by_letter):
        browser.post(FOLLOW, NEW)
    assert set(Reset.objects.values_list("state", flat=True)) == {"open"}
    anne.refresh_from_db()
    assert anne.check_password(OLD)


def test_enumeration_every_name_gets_the_same_answer_by_the_same_statements(anne, dupont, pocket, turn, make_user):
    """Attack: who has an account, a telephone, an address elsewhere; who is an administrator?"""
    make_user("admin@x.example", "Ada", "M", is_staff=True)
    make_user("sans@x.example", "Sans", "Mobile", phone="")
    asked("personne@x.example", REMOTE_ADDR="10.6.9.1").get(FOLLOW)
    seen = set()
    for n, login in enumerate((anne.login, "admin@x.example", "sans@x.example", "nulle.part@x.example")):
        browser = Client(REMOTE_ADDR=f"10.6.{n}.1")
        with CaptureQueriesContext(connection) as first:
            answer = browser.post(ASK, {"login": login})
        kinds = [query["sql"].split()[0] for query in first.captured_queries]
        turn()
        known = re.sub("<[^>]+>", "", re.search(r'"reference">(.*)</p>', browser.get(FOLLOW).content.decode())[1])
        pages = [browser.get(FOLLOW)]
        for given in ({"action": "sms", "code": "000000"}, {"action": "letter", "code": "2222"}, {"action": "again"}):
            with CaptureQueriesContext(connection) as then:
                pages.append(browser.post(FOLLOW, given))
            kinds += [query["sql"].split()[0] for query in then.captured_queries]
        words = [re.sub(rf'{known[:4]}|{known[4:]}|value="\w{{64}}"', "", one.content.decode()) for one in pages]
        seen.add((answer["Location"], *(one.status_code for one in pages), *words, *kinds))
    assert len(seen) == 1
    assert sorted(Reset.objects.values_list("state", flat=True)) == ["open", "open", "void", "void", "void"]


def test_code_guessing_and_replay(anne, dupont, pocket, turn):
    browser = asked(anne)
    turn()
    right = pocket.digits
    wrong = "000000" if right != "000000" else "111111"
    assert give(browser, sms=wrong) + [give(browser, sms=wrong)[0] for _ in range(4)] == [422] * 5
    assert give(browser, sms=right) == [422]  # five tries, then none
    Missive.objects.filter(kind="reset_sms").update(asked_at=timezone.now() - timedelta(minutes=2))
    browser.post(FOLLOW, {"action": "again"})
    turn()
    assert give(browser, sms=right if right != pocket.digits else wrong) == [422]  # the code of before
    assert give(browser, sms=pocket.digits) == [302]
    assert give(browser, sms=pocket.digits) == [422]
    assert AuditEvent.objects.filter(action="reset.fail").count() == 6  # whoever goes on fills no journal


def test_sms_and_letter_bombing_from_many_networks_is_rationed(anne, dupont, pocket, turn):
    """Attack: a telephone rings, and letters come, all day; and the pharmacist's own browser is kept from nothing by it."""
    for n in range(8):
        asked(anne, REMOTE_ADDR=f"10.7.{n}.1")
    turn()
    assert len(pocket.messages) == 3 and Recipient.objects.count() == 3
    browser = asked(anne, REMOTE_ADDR="10.7.9.1")
    for _ in range(5):
        browser.post(FOLLOW, {"action": "again"})  # too early
    turn()
    assert len(pocket.messages) == 3
    for _ in range(12):
        last = Client(REMOTE_ADDR="10.8.1.1").post(ASK, {"login": anne.login})
    assert last.status_code == 429


def test_who_has_no_mobile_or_a_dead_one_spends_nobody_s_sms(dupont, make_user, pocket, turn, settings, monkeypatch):
    """Attack: one request that names a pharmacist without a mobile, and every turn takes an SMS of those for who is not in."""
    settings.SMS_DAILY_LIMIT = 24  # six for who is not in
    make_user("10000000032", "Sans", "Mobile", phone="")
    late = make_user("tard@x.example", "Luc", "Tard", phone="+33639980077")
    gone = make_user("mort@x.example", "Jo", "Perdu", phone="+33639980078")
    asked("10000000032", REMOTE_ADDR="10.9.1.1")
    for _ in range(8):
        turn()
    pocket.error = channels.CarrierError("numéro refusé", code="number", is_temporary=False)
    dead = asked(gone, REMOTE_ADDR="10.9.2.1")
    for _ in range(8):
        turn()
    assert AuditEvent.objects.filter(action="missive.failed").count() == 1, (
        "refused for good: not asked again and again"
    )
    pocket.error = None
    asked(late, REMOTE_ADDR="10.9.3.1")
    turn()
    assert [one.to for one in pocket.messages] == [late.phone] and dead


def test_any_sign_in_and_one_click_cancel_it(ripe, anne, pocket, client):
    """Attack: both channels are a thief's, and the person is warned."""
    link = pocket.link
    assert "Annuler la demande" in client.get(link).content.decode()
    assert Reset.objects.get().state == "cooling"  # a preview of the link cancels nothing
    assert client.post(f"{link[:-4]}AAA/").status_code == 200 and Reset.objects.get().state == "cooling"
    assert "annulée" in client.post(link).content.decode()
    cooled()
    assert "plus ouverte" in ripe.post(FOLLOW, NEW).content.decode()
    Reset.objects.update(state="cooling")
    reset.cancel_of(type("R", (), {"user": anne, "META": {}})(), anne, now=timezone.now())  # what arrival calls
    assert Reset.objects.get().state == "cancelled"
    anne.refresh_from_db()
    assert anne.check_password(OLD)


def test_a_sign_in_ends_what_was_begun_in_one_s_name(anne, client, rf, ripe):
    from auth_otp.arrival import arrive
    from auth_otp.means import Means
    from auth_otp.sessions import SessionStore

    request = rf.get("/")
    request.session, request.user = SessionStore(), anne
    arrive(request, user=anne, now=timezone.now(), means=Means.PASSWORD_SMS, there="/")
    assert Reset.objects.get().state == "cancelled"


def test_reset_race_of_two_browsers_one_wins_and_the_other_is_over(ripe, anne):
    cooled()
    row = Reset.objects.get()
    twin = Reset.objects.create(
        kind="password", user=anne, reference=b"t", head=b"t", asked_at=row.asked_at, until=row.until,
        state="cooling", opens_at=row.opens_at,
    )  # fmt: skip
    ripe.post(FOLLOW, NEW)
    twin.refresh_from_db()
    assert twin.state == "cancelled"
    with pytest.raises(reset.Over):
        reset.finish_password(None, row, password="un-autre-mot-de-passe", now=timezone.now())


def test_a_preparer_is_recognised_by_a_manager_and_goes_on_at_once(
    claire, anne, annes_box, dupont, client, sign_in, pocket, turn
):
    """Claire has no address elsewhere: SMS, and Anne who saw her. No time to cool: Anne answers for her structure."""
    browser = asked(claire)
    said = head(browser)
    turn()
    assert Message.objects.filter(mailbox=annes_box).count() == 1
    assert give(browser, sms=pocket.digits) == [302]
    sign_in(client, anne)
    assert "Claire MARTIN" in client.get("/demandes/").content.decode()
    there = f"/demandes/acces/{Reset.objects.get().pk}/"
    client.post(there, {"action": "accept", "head": "2222"})
    assert Reset.objects.get().state == "open"
    client.post(there, {"action": "accept", "head": said})
    assert AuditEvent.objects.filter(action="reset.approve", actor_id=anne.pk).exists()
    assert "C’est fait" in browser.post(FOLLOW, NEW).content.decode()
    claire.refresh_from_db()
    assert claire.check_password(PASSWORD)


def test_who_does_not_answer_for_a_person_recognises_nobody(claire, anne, stranger, dupont, sign_in, turn, pocket):
    """Attack: a reader's colleague, a stranger, oneself; and a manager below takes a titulaire's account without the wait."""
    browser = asked(claire)
    said = head(browser)
    turn()
    there = f"/demandes/acces/{Reset.objects.get().pk}/"
    Staff.objects.create(
        tenant=dupont.tenant, user=stranger, is_delegate=True, state="suspended", decided_at=timezone.now()
    )
    for one in (stranger, claire):
        own = Client()
        sign_in(own, one)
        assert own.post(there, {"head": said}).status_code == 404
    Staff.objects.filter(user=stranger).update(state="authorised")
    deputy = Client()
    sign_in(deputy, stranger)
    assert "Claire MARTIN" in deputy.get("/demandes/").content.decode()  # a «gérant» answers as the titulaire does
    Reset.objects.all().delete()
    Membership.objects.filter(mailbox=dupont, user=claire).update(role="manager")
    hers = asked(anne)
    said = head(hers)
    turn()
    assert give(hers, sms=pocket.digits) == [302]
    manager = Client()
    sign_in(manager, claire)
    manager.post(f"/demandes/acces/{Reset.objects.get().pk}/", {"head": said})
    row = Reset.objects.get()
    assert row.state == "cooling" and row.opens_at > timezone.now() + timedelta(hours=23)


def test_the_wait_is_spared_by_who_answers_for_all_of_the_person_s_work(claire, anne, dupont, stranger, make_user):
    """Attack: who heads a small structure takes at once what somebody does in another one; a manager takes a «gérant»'s."""
    assert approvers.spares(anne, claire)
    hugo = make_user("responsable@x.example", "Hugo", "Bon")
    admit(dupont.tenant, hugo, by=anne, now=timezone.now())
    Membership.objects.create(mailbox=dupont, user=hugo, role="manager")
    assert approvers.spares(hugo, claire) and not approvers.spares(claire, hugo)
    Staff.objects.filter(user=claire).update(is_delegate=True)
    assert not approvers.spares(hugo, claire) and approvers.spares(anne, claire)
    assert not approvers.spares(claire, anne), "a titulaire"
    elsewhere = Tenant.objects.create(name="Autre officine", holder=stranger)
    Staff.objects.create(tenant=elsewhere, user=claire, decided_at=timezone.now())
    assert not approvers.spares(anne, claire)


def test_a_lost_telephone_wants_the_password_and_somebody_s_word(claire, anne, dupont, client, sign_in, pocket, turn):
    """Factors are reset by approval only; the new number is theirs once a code has reached it, and the old one is told."""
    now, browser = timezone.now(), Client()
    TOTPDevice.objects.create(user=claire, name="TOTP", box=b"x", last_step=1, added_at=now, used_at=now)
    assert browser.post("/connexion/perdu/")["Location"] == "/connexion/"  # nothing without the password
    browser.post("/connexion/", {"login": claire.login, "password": OLD})
    assert browser.post("/connexion/perdu/")["Location"] == FOLLOW
    said = head(browser)
    turn()
    assert not pocket.messages
    sign_in(client, anne)
    client.post(f"/demandes/acces/{Reset.objects.get().pk}/", {"head": said})
    turn()
    assert browser.post(FOLLOW, {"phone": "06 39 98 00 61"})["Location"] == FOLLOW
    turn()
    assert pocket.messages[-1].to == "+33639980061"
    assert "C’est fait" in browser.post(FOLLOW, {"code": pocket.digits}).content.decode()
    claire.refresh_from_db()
    assert claire.phone == "+33639980061" and claire.check_password(OLD)
    assert not TOTPDevice.objects.filter(user=claire).exists()
    assert Notice.objects.get(user=claire, kind=Notice.Kind.NUMBER_CHANGED).number == "+33639980002"


def test_an_administrator_s_account_is_not_reset_that_way(dupont, make_user, pocket, turn):
    """Attack: the most powerful account by the weakest door."""
    boss = make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True)
    asked(boss)
    turn()
    assert Reset.objects.get().state == "void" and not pocket.messages
    Reset.objects.update(state="cooling", opens_at=timezone.now())
    with pytest.raises(reset.Over):
        reset.finish_password(None, Reset.objects.get(), password=PASSWORD, now=timezone.now())


@pytest.mark.soak
def test_enumeration_by_the_clock_nobody_takes_as_long_as_somebody(anne, dupont, pocket):
    """Interleaved, on the processor's clock, which a busy machine does not lengthen; RPPS numbers the same."""

    def seconds(path: str, given: dict[str, str], n: int) -> float:
        browser = Client(REMOTE_ADDR=f"10.{n // 250 + 20}.{n % 250}.1")
        start = time.thread_time()
        assert browser.post(path, given).status_code == 302
        return time.thread_time() - start

    for path, name, some, none in ((ASK, "login", anne.login, "nulle.part@x.example"),
                                   ("/connexion/compte/", "rpps", anne.rpps, "99900000045")):  # fmt: skip
        took: dict[str, list[float]] = {some: [], none: []}
        for n in range(120):
            who = some if n % 2 else none
            took[who].append(seconds(path, {name: who}, n + (500 if name == "rpps" else 0)))
        ratio = statistics.median(took[some]) / statistics.median(took[none])
        assert 0.85 < ratio < 1.18, f"{path}: {ratio:.2f}"
