"""«Ma structure»: the *titulaire* and the «gérants» see who holds what, and decide; nobody else, and of no other structure."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp.means import Means
from auth_otp.models import RecoveryCode, SectorLink, Session
from mailbox import invitations, store
from mailbox.models import Invitation, Membership, Message, Staff, Tenant, Thread
from mailbox.staff import letters, policy, rules
from mailbox.staff.policy import Policy, Told, Way
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.auth_otp.test_proof import equip
from tests.conftest import verified_session, work
from tests.mailbox.test_store import filing, letter

OLD = timedelta(minutes=11)
RULES = {"idle_minutes": "0", "hours": "0", "admits": "managers", "start": "now"}


@pytest.fixture
def killed(monkeypatch) -> list:
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


@pytest.fixture
def browser(sign_in):
    def made(user) -> Client:
        client = Client()
        sign_in(client, user)
        return client

    return made


@pytest.fixture
def other(stranger) -> Tenant:
    tenant = Tenant.objects.create(name="Pharmacie Lointaine", holder=stranger)
    work(tenant, stranger, function="titulaire")
    return tenant


def of(user, tenant) -> Staff:
    return Staff.objects.get(user=user, tenant=tenant)


def there(user, tenant) -> str:
    return f"/structure/{tenant.pk}/personne/{of(user, tenant).pk}/"


def test_the_titulaire_sees_who_is_there_and_what_they_hold(browser, dupont, annes_box, tenant, anne, claire, hugo):
    equip(claire)
    RecoveryCode.objects.filter(user=claire).first().delete()
    SectorLink.objects.create(user=hugo, kind="psc", subject="899900000033", name="x", added_at=timezone.now())
    page = browser(anne).get(f"/structure/{tenant.pk}/").content.decode()
    assert "Claire MARTIN" in page and "9 codes de secours" in page and "Pro Santé Connect" in page
    assert "RPPS 99900000011" in page and "Pharmacie Dupont (responsable)" in page
    assert page.count("SMS seulement") == 1, "Anne holds nothing else"
    assert "1 personne sur 3 n’a qu’un SMS" in page
    assert anne.phone[3:] not in page, "that there is a number, not which"


def test_the_page_costs_as_many_statements_for_many_as_for_one(
    browser, dupont, tenant, anne, make_user, django_assert_max_num_queries
):
    client = browser(anne)
    for n in range(12):
        user = make_user(f"p{n}@x.example", "P", f"N{n}")
        work(tenant, user)
        Membership.objects.create(mailbox=dupont, user=user)
    client.get(f"/structure/{tenant.pk}/")
    with django_assert_max_num_queries(9):
        client.get(f"/structure/{tenant.pk}/")


def test_nobody_acts_on_a_structure_that_they_do_not_answer_for(browser, dupont, tenant, other, anne, claire, stranger):
    """Attack: a manager of a mailbox, a member, the titulaire of another one: the same 404, whatever the method."""
    Membership.objects.filter(user=claire).update(role="manager")
    for user in (claire, stranger):
        client = browser(user)
        for path in (
            f"/structure/{tenant.pk}/",
            there(anne, tenant),
            there(claire, tenant),
            f"/structure/{tenant.pk}/regles/",
        ):
            assert client.get(path).status_code == 404
            assert client.post(path, {"action": "suspend", **RULES}).status_code in {404, 405}
    client = browser(stranger)
    crossed = f"/structure/{other.pk}/personne/{of(claire, tenant).pk}/"
    assert client.post(crossed, {"action": "suspend"}).status_code == 404, (
        "a person of one under the address of another"
    )
    assert of(claire, tenant).state == "authorised" and client.get(f"/structure/{other.pk}/").status_code == 200
    assert browser(claire).get("/structure/").status_code == 404


def test_a_sensitive_act_asks_who_one_is_when_that_is_long_ago(browser, dupont, tenant, anne, claire):
    client = browser(anne)
    Session.objects.update(proven_at=timezone.now() - OLD)
    assert client.post(there(claire, tenant), {"action": "suspend"})["Location"].startswith("/confirmer/")
    assert client.post(f"/structure/{tenant.pk}/regles/", RULES)["Location"].startswith("/confirmer/")
    assert of(claire, tenant).state == "authorised"
    assert client.get(f"/structure/{tenant.pk}/").status_code == 200, "who looks is not asked"


def test_a_suspension_closes_what_is_shared_at_once_and_gives_what_was_open_to_the_team(
    browser, dupont, annes_box, tenant, other, anne, claire, killed
):
    """Attack: the open stream of a suspended person; and what an invitation of theirs would open."""
    [message] = store.file(dupont, [filing(letter())])
    Thread.objects.filter(pk=message.thread_id).update(assigned_to=claire)
    work(other, claire)
    Membership.objects.filter(user=claire).update(role="manager")
    waiting = invitations.invite(dupont, claire, "x@y.example", role="member", may_send=True, now=timezone.now())
    theirs, client = browser(claire), browser(anne)
    assert theirs.get(f"/b/{dupont.pk}/inbox/").status_code == 200
    client.post(there(claire, tenant), {"action": "suspend"})
    assert theirs.get(f"/b/{dupont.pk}/inbox/").status_code == 404
    assert theirs.get("/").status_code == 200, "their session goes on"
    assert "fermé par le titulaire" in client.get(f"/b/{dupont.pk}/membres/").content.decode()
    assert killed.count(claire.pk) >= 1
    thread, row = Thread.objects.get(pk=message.thread_id), of(claire, tenant)
    assert (thread.assigned_to, row.state, row.decided_by) == (None, "suspended", anne)
    assert Invitation.objects.get(pk=waiting.pk).state == "revoked"
    assert of(claire, other).state == "authorised", "other structures stay as they were"
    event = AuditEvent.objects.get(action="staff.suspend")
    assert (event.actor, event.subject_id, event.facts) == (anne, str(claire.pk), {"tenant": str(tenant.pk)})
    client.post(there(claire, tenant), {"action": "authorise"})
    assert theirs.get(f"/b/{dupont.pk}/inbox/").status_code == 200
    assert dupont.memberships.get(user=claire).role == "manager", "roles come back"


def test_who_is_withdrawn_leaves_every_shared_mailbox_and_keeps_their_own(
    browser, dupont, tenant, domain, anne, claire, stranger
):
    asked = invitations.invite(dupont, anne, claire.login, role="member", may_send=True, now=timezone.now())
    client = browser(anne)
    client.post(there(claire, tenant), {"action": "withdraw"})
    assert of(claire, tenant).state == "withdrawn" and not dupont.memberships.filter(user=claire).exists()
    assert Invitation.objects.get(pk=asked.pk).state == "revoked", "an old invitation brings nobody back"
    assert Message.objects.count() == 0


def test_a_mailbox_that_loses_its_last_manager_gets_the_titulaire(browser, dupont, tenant, anne, claire, killed):
    Membership.objects.filter(user=anne).delete()
    Membership.objects.filter(user=claire).update(role="manager")
    page = browser(anne).post(there(claire, tenant), {"action": "withdraw"}, follow=True).content.decode()
    assert "le titulaire en est maintenant responsable" in page
    assert dupont.memberships.get(role="manager").user == anne
    assert AuditEvent.objects.get(action="staff.take_over").mailbox_id == dupont.pk


@pytest.mark.parametrize("action", ["suspend", "withdraw", "sessions", "ask", "authorise", "delegate"])
def test_nobody_decides_of_themselves_nor_of_the_titulaire_nor_a_delegate_of_another(
    browser, dupont, tenant, anne, claire, hugo, action
):
    """Attack: a «gérant» who makes more of themselves, or puts the titulaire out."""
    for user in (claire, hugo):
        work(tenant, user, is_delegate=True)
    client = browser(claire)
    before = list(Staff.objects.order_by("pk").values_list("state", "is_delegate"))
    for whom in (claire, anne, hugo):
        page = client.post(there(whom, tenant), {"action": action}, follow=True).content.decode()
        assert "toast" in page
    assert list(Staff.objects.order_by("pk").values_list("state", "is_delegate")) == before
    assert not AuditEvent.objects.filter(action__startswith="staff.").exists()


def test_a_delegate_does_what_the_titulaire_does_and_names_no_other(browser, dupont, tenant, anne, claire, hugo):
    browser(anne).post(there(claire, tenant), {"action": "delegate"})
    client = browser(claire)
    assert "Ma structure" in client.get(f"/b/{dupont.pk}/inbox/").content.decode()
    client.post(there(hugo, tenant), {"action": "delegate"})
    assert not of(hugo, tenant).is_delegate
    client.post(there(hugo, tenant), {"action": "function", "function": "etudiant"})
    client.post(there(hugo, tenant), {"action": "suspend"})
    assert (of(hugo, tenant).state, of(hugo, tenant).function) == ("suspended", "etudiant")
    browser(anne).post(there(claire, tenant), {"action": "undelegate"})
    assert client.get(f"/structure/{tenant.pk}/").status_code == 404


def test_sessions_are_ended_everywhere(browser, dupont, tenant, anne, claire):
    theirs = browser(claire)
    browser(anne).post(there(claire, tenant), {"action": "sessions"})
    assert theirs.get("/")["Location"].startswith("/connexion/")
    assert AuditEvent.objects.filter(action="staff.sessions", subject_id=str(claire.pk)).exists()


def test_who_is_asked_for_a_stronger_factor_reads_it_as_they_come_and_in_their_own_mailbox(
    browser, dupont, annes_box, tenant, other, anne, claire, stranger
):
    work(other, anne)
    browser(stranger).post(there(anne, other), {"action": "ask"})
    assert letters.look_over(timezone.now()) == 1 and letters.look_over(timezone.now()) == 0
    assert annes_box.messages.count() == 1
    client = browser(anne)
    words = "Le titulaire de Pharmacie Lointaine vous demande une façon plus sûre"
    assert words in client.get("/", follow=True).content.decode()
    equip(anne)
    assert words not in browser(anne).get("/", follow=True).content.decode()


def test_rules_are_changed_at_once_for_open_sessions_too_and_told(browser, dupont, tenant, anne, claire):
    theirs = browser(claire)
    client = browser(anne)
    answer = client.post(f"/structure/{tenant.pk}/regles/", {**RULES, "refused": ["sms", "psc"], "idle_minutes": "5"})
    assert answer["Location"] == f"/structure/{tenant.pk}/"
    tenant.refresh_from_db()
    assert rules.in_force(tenant) == Policy(refused=frozenset({Way.SMS, Way.PSC}), idle_minutes=5)
    assert theirs.get("/")["Location"].startswith("/moi/securite/")
    event = AuditEvent.objects.get(action="tenant.rules")
    assert event.facts == {"refused": "psc,sms", "idle_minutes": 5, "hours": 0, "managers_admit": True, "on": ""}
    assert set(Staff.objects.filter(letter="rules").values_list("user", flat=True)) == {
        anne.pk, claire.pk, of(dupont.memberships.get(role="reader").user, tenant).user_id,
    }  # fmt: skip


def test_rules_are_announced_for_a_day(browser, dupont, annes_box, tenant, anne):
    client, day = browser(anne), timezone.localdate() + timedelta(days=5)
    client.post(f"/structure/{tenant.pk}/regles/", {**RULES, "refused": "sms", "start": "day", "on": day.isoformat()})
    tenant.refresh_from_db()
    assert policy.read(tenant.policy) == Told(Policy(), Policy(refused=frozenset({Way.SMS})), day)
    assert "n’accepte plus le code par SMS" in client.get("/", follow=True).content.decode()
    assert "À partir du" in client.get(f"/structure/{tenant.pk}/").content.decode()
    letters.look_over(timezone.now())
    assert annes_box.messages.count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {}, {**RULES, "refused": "passkey"}, {**RULES, "refused": ["sms", "tout"]}, {**RULES, "idle_minutes": "600"},
        {**RULES, "idle_minutes": ""}, {**RULES, "hours": "99"}, {**RULES, "admits": ""}, {**RULES, "start": ""},
        {**RULES, "start": "day"}, {**RULES, "start": "day", "on": "2020-01-01"}, {**RULES, "start": "day", "on": "demain"},
        {"refused": "sms"},
    ],
)  # fmt: skip
def test_a_form_that_was_written_by_hand_changes_no_rule(browser, dupont, tenant, anne, given):
    """Attack: fields taken out or made up, so that a rule goes, or passkeys are refused."""
    tenant.policy = before = policy.kept(Told(Policy(refused=frozenset({Way.SMS}))))
    tenant.save()
    equip(anne)
    client = Client()
    verified_session(client, anne, Means.PASSWORD_TOTP)
    assert client.post(f"/structure/{tenant.pk}/regles/", given).status_code == 422
    tenant.refresh_from_db()
    assert tenant.policy == before


def test_where_managers_may_not_an_accepted_invitation_waits_for_the_titulaire(
    browser, dupont, tenant, anne, claire, stranger
):
    tenant.policy = policy.kept(Told(Policy(managers_admit=False)))
    tenant.save()
    Membership.objects.filter(user=claire).update(role="manager")
    one = invitations.invite(dupont, claire, stranger.login, role="member", may_send=True, now=timezone.now())
    theirs = browser(stranger)
    page = theirs.post("/invitations/", {"invitation": one.pk, "action": "accept"}, follow=True).content.decode()
    assert "vous aura autorisé" in page and theirs.get(f"/b/{dupont.pk}/inbox/").status_code == 404
    client = browser(anne)
    assert "À autoriser" in client.get(f"/structure/{tenant.pk}/").content.decode()
    client.post(there(stranger, tenant), {"action": "authorise"})
    assert theirs.get(f"/b/{dupont.pk}/inbox/").status_code == 200


def test_a_person_of_several_structures_sees_them_apart(browser, dupont, tenant, other, anne, claire):
    work(other, anne, is_delegate=True)
    work(other, claire)
    page = browser(anne).get(f"/structure/{other.pk}/").content.decode()
    assert "Pharmacie Lointaine" in page and f"/structure/{tenant.pk}/" in page
    assert "Hugo" not in page and "Pharmacie Dupont (" not in page, "nobody, and no mailbox, of the other one"
