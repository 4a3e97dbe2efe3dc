"""Rules of structures where they bite: at sign-in, in open sessions, on their day. A confined session opens «Sécurité» alone."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp import entry, factors
from auth_otp.means import Means
from auth_otp.models import Passkey, SectorLink, Session, TOTPDevice
from auth_otp.otp import Way as Code
from auth_otp.policy import Limits
from mailbox import invitations, store
from mailbox.models import Tenant
from mailbox.staff import policy, rules
from mailbox.staff.policy import Policy, Told, Way
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password, pocket  # noqa: F401  (fixture)
from tests.auth_otp.test_proof import equip
from tests.conftest import work
from tests.depth import deep
from tests.mailbox.test_store import filing, letter
from tests.test_outsider import _PUBLIC, filled, places, routes  # noqa: F401  (fixture)

NO_SMS = Policy(refused=frozenset({Way.SMS}))
HX = {"HX-Request": "true", "Sec-Fetch-Dest": "empty"}


@pytest.fixture
def killed(monkeypatch) -> list:
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


def ruled(tenant: Tenant, now: Policy = NO_SMS, coming: Policy | None = None, on: date | None = None) -> None:
    tenant.policy = policy.kept(Told(now, coming, on))
    tenant.save()


def give_passkey(user) -> Passkey:
    return Passkey.objects.create(
        user=user, name="Clé", credential_id=b"id", public_key=b"key", added_at=timezone.now()
    )


def test_a_confined_session_reads_mail_by_no_url(client, sign_in, tenant, anne, places):  # noqa: F811
    """Attack: every address of the map, as a page and as a fragment; all lead to «Sécurité», and tell nothing."""
    ruled(tenant)
    sign_in(client, anne)
    assert Session.objects.get().is_confined
    let_in = {"moi/securite/", "verrou/", "verrou/cle/", "deconnexion/", "confirmer/", "confirmer/cle/"}
    walked = [
        route
        for route in routes()
        if not _PUBLIC.match(route)
        and not route.startswith(("moi/securite/", "opposition/", "courriel/arreter/", "fhir/"))
        and route not in let_in | {"metrics", "deconnexion/"}
    ]
    assert len(walked) > 100
    asks = (
        client.get,
        lambda there: client.post(there, {"action": "archive"}),
        lambda there: client.get(there, headers=HX),
    )
    for number, route in enumerate(
        walked
    ):  # the door looks at the address alone: one way each, all of them in the soak
        for ask in deep((asks[number % 3],), asks):
            answer = ask(filled(route, places))
            assert answer.status_code in {302, 401}, route
            assert answer.headers.get("Location", answer.headers.get("HX-Redirect")).startswith("/moi/securite/"), route
            assert not answer.content, route
    page = client.get("/moi/securite/").content.decode()
    assert "n’accepte pas le code par SMS" in page
    assert "Pharmacie Dupont" in page and "pharmacie-dupont-paris@" not in page, "the structure, and no mailbox"
    assert client.get("/moi/securite/../../b/").status_code == 404


def test_a_confined_session_is_freed_by_a_better_factor(client, sign_in, tenant, anne):
    ruled(tenant)
    sign_in(client, anne)
    row = Session.objects.get()
    request = client.get("/moi/securite/").wsgi_request
    equip(anne)
    entry.strengthen(request, user=anne, means=Means.PASSWORD_TOTP, device=TOTPDevice.objects.get(), now=timezone.now())
    found = Session.objects.get()
    assert (row.is_confined, found.is_confined, found.means) == (True, False, "password+totp")


def test_a_session_by_an_authenticator_that_is_refused_is_freed_by_a_passkey_too(client, sign_in, tenant, anne):
    ruled(tenant, Policy(refused=frozenset({Way.SMS, Way.TOTP})))
    equip(anne)
    sign_in(client, anne, Means.PASSWORD_TOTP)
    request = client.get("/moi/securite/").wsgi_request
    entry.strengthen(request, user=anne, means=Means.PASSKEY, device=give_passkey(anne), now=timezone.now())
    assert not Session.objects.get().is_confined


def test_tighter_rules_confine_open_sessions_at_once_and_other_people_and_means_keep_theirs(
    dupont, sign_in, tenant, anne, claire, stranger, killed
):
    browsers = {user: Client() for user in (anne, claire, stranger)}
    sign_in(browsers[claire], claire)
    sign_in(browsers[stranger], stranger)
    sign_in(browsers[anne], anne, Means.PASSWORD_TOTP)
    ruled(tenant)
    rules.judge(rules.people_of(tenant), now=timezone.now())
    assert browsers[claire].get(f"/b/{dupont.pk}/inbox/")["Location"].startswith("/moi/securite/")
    assert browsers[anne].get(f"/b/{dupont.pk}/inbox/").status_code == 200
    assert browsers[stranger].get("/").status_code == 200
    assert killed == [claire.pk], "her streams end"
    ruled(tenant, Policy())
    rules.judge(rules.people_of(tenant), now=timezone.now())
    assert browsers[claire].get(f"/b/{dupont.pk}/inbox/").status_code == 200, "and it goes on where it was"


def test_of_several_structures_the_strictest_counts(tenant, anne):
    other = Tenant.objects.create(
        name="Groupe", policy=policy.kept(Told(Policy(refused=frozenset({Way.PSC}), idle_minutes=10, hours=2)))
    )
    work(other, anne)
    ruled(tenant, Policy(refused=frozenset({Way.SMS}), idle_minutes=5, hours=8))
    assert rules.rules_of(anne).refused == {Means.PASSWORD_SMS, Means.PSC}
    assert rules.rules_of(anne).limits == Limits(idle_minutes=5, hours=2)
    work(other, anne, state="suspended")
    assert rules.rules_of(anne).refused == {Means.PASSWORD_SMS}, "who works there no more is under its rules no more"


def test_the_lock_and_the_end_are_those_of_the_structure_and_never_later_than_the_operator_s(
    client, sign_in, tenant, anne, settings
):
    ruled(tenant, Policy(idle_minutes=5, hours=2))
    sign_in(client, anne)
    row = Session.objects.get()
    assert timedelta(hours=2) - timedelta(minutes=1) < row.expire_date - timezone.now() <= timedelta(hours=2)
    assert 290 < int(client.get("/verrou/etat/")["X-Lock-In"]) <= 300
    Session.objects.update(gesture_at=timezone.now() - timedelta(minutes=6))
    assert client.get("/")["Location"].startswith("/verrou/")
    ruled(tenant, Policy(idle_minutes=60))
    settings.IDLE_LOCK_MINUTES = 15
    assert Session(idle_minutes=60).idle_within(timedelta(minutes=15)) == timedelta(minutes=15)


def test_shorter_sessions_end_those_that_are_too_old(client, sign_in, tenant, anne, killed):
    sign_in(client, anne)
    Session.objects.update(created_at=timezone.now() - timedelta(hours=3))
    ruled(tenant, Policy(hours=2))
    rules.judge([anne.pk], now=timezone.now())
    assert not Session.objects.exists() and killed == [anne.pk]


def test_announced_rules_bite_on_their_day_and_not_before(client, sign_in, tenant, anne):
    sign_in(client, anne)
    ruled(tenant, Policy(), NO_SMS, timezone.localdate() + timedelta(days=3))
    assert rules.look_over(timezone.now()) == 0
    assert not Session.objects.get().is_confined
    page = client.get("/moi/securite/").content.decode()
    assert "À partir du" in page and "le code par SMS n’est pas accepté" in page
    ruled(tenant, Policy(), NO_SMS, timezone.localdate() - timedelta(days=1))
    assert rules.rules_of(anne).refused == {Means.PASSWORD_SMS}, "the sweep may be late"
    assert rules.look_over(timezone.now()) == 1
    tenant.refresh_from_db()
    assert policy.read(tenant.policy) == Told(NO_SMS)
    assert Session.objects.get().is_confined
    assert AuditEvent.objects.filter(action="tenant.rules_due", subject_id=str(tenant.pk)).count() == 1
    assert rules.look_over(timezone.now()) == 0


def test_who_holds_an_allowed_factor_is_not_offered_the_refused_one(tenant, anne):
    ruled(tenant)
    assert factors.ways_of(anne) == [Code.SMS], "who holds nothing else comes in, confined"
    equip(anne)
    anne.refresh_from_db()
    assert Code.SMS not in factors.ways_of(anne)
    ruled(tenant, Policy(refused=frozenset({Way.SMS, Way.TOTP})))
    assert Code.SMS in factors.ways_of(anne)
    link = SectorLink.objects.create(user=anne, kind="psc", subject="899900000011", added_at=timezone.now())
    assert factors.ways_of(anne) == []
    link.delete()
    give_passkey(anne)
    assert factors.ways_of(anne) == [Code.PASSKEY]


def test_a_number_that_was_taken_over_is_no_way_around_a_passkey(client, tenant, anne, pocket):  # noqa: F811
    """Attack: the password and the SMS of who holds a passkey, to add another one from a confined session."""
    ruled(tenant)
    give_passkey(anne)
    assert give_password(client, anne.login)["Location"] == "/connexion/code/"
    assert "par SMS" not in client.get("/connexion/code/").text, "nor any way but the key"
    client.post("/connexion/facon/", {"way": "sms"})
    Passkey.objects.all().delete()
    SectorLink.objects.create(user=anne, kind="psc", subject="899900000011", added_at=timezone.now())
    answer = give_password(client, anne.login)
    assert answer.status_code == 422 and "Pro Santé Connect ou votre carte" in answer.content.decode()
    assert not pocket.messages and client.get("/connexion/code/")["Location"] == "/connexion/"
    assert AuditEvent.objects.get(action="session.means_refused").actor == anne


def test_rules_cost_no_statement_a_request(client, sign_in, dupont, tenant, claire, django_assert_num_queries):
    store.file(dupont, [filing(letter())])
    ruled(tenant, Policy(refused=frozenset({Way.PSC}), idle_minutes=10))
    sign_in(client, claire)
    with django_assert_num_queries(1):
        client.get("/verrou/etat/", headers={"X-Background": "1"})


def test_who_joins_a_structure_is_under_its_rules_in_the_session_that_they_join_from(
    client, sign_in, dupont, tenant, anne, stranger
):
    """Attack: an SMS session opened before, to read a house that refuses them."""
    ruled(tenant)
    sign_in(client, stranger)
    one = invitations.invite(dupont, anne, stranger.login, role="member", may_send=True, now=timezone.now())
    client.post("/invitations/", {"invitation": one.pk, "action": "accept"})
    assert dupont.memberships.filter(user=stranger).exists() and Session.objects.get().is_confined
    assert client.get(f"/b/{dupont.pk}/inbox/")["Location"].startswith("/moi/securite/")
