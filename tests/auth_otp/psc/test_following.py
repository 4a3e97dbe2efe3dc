"""A session lives as long as the provider's: renewed in time, ended with it, at once when the provider says so."""

from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp import tasks
from auth_otp.models import Followed, Session
from auth_otp.psc import following
from mailbox.management.demo.wallet.minting import Fault
from mssweb.audit.models import AuditEvent
from tests.auth_otp.psc.conftest import ANNE, come

OUT = "/connexion/psc/fin/"


@pytest.fixture
def inside(wallet, client, anne) -> Client:
    come(client, wallet, ANNE)
    return client


def due() -> None:
    Followed.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_session_is_renewed_before_its_half_hour_is_over_with_the_newest_token(wallet, inside):  # ECO.1.2.7
    for _ in range(3):  # the provider takes each token once
        due()
        tasks.follow_psc()
        row = Followed.objects.get()
        assert row.due_at < row.until - timedelta(minutes=9) and inside.get("/verrou/etat/").status_code == 204
    assert len([form for _, form in wallet.asked if form.get("grant_type") == "refresh_token"]) == 3
    tasks.follow_psc()
    assert len([form for _, form in wallet.asked if form.get("grant_type") == "refresh_token"]) == 3, "not due yet"


def test_a_refresh_that_is_refused_ends_the_session_and_its_streams(wallet, inside, anne, monkeypatch):  # ECO.1.2.6
    killed = []
    monkeypatch.setattr("auth_otp.psc.following.notify.kill", killed.append)
    wallet.sessions.clear()
    due()
    tasks.follow_psc()
    assert not Session.objects.exists() and killed == [anne.pk]
    assert inside.get("/moi/").status_code == 302
    assert AuditEvent.objects.get(action="session.psc_end").facts == {"why": "refused"}


def test_a_provider_that_is_away_is_waited_for_until_its_half_hour_is_over(wallet, inside):
    wallet.fault = Fault.BROKEN
    due()
    tasks.follow_psc()
    assert Followed.objects.get().due_at > timezone.now() + timedelta(seconds=50)
    assert inside.get("/verrou/etat/").status_code == 204
    wallet.fault = Fault.NONE
    due()
    tasks.follow_psc()
    assert Followed.objects.get().until > timezone.now() + timedelta(minutes=29), "it is back: nothing was lost"
    wallet.fault = Fault.BROKEN
    Followed.objects.update(until=timezone.now())
    due()
    tasks.follow_psc()
    assert not Session.objects.exists()


def test_our_own_fault_at_the_provider_ends_nobody_s_session(wallet, inside):
    wallet.secret = "changed there"
    due()
    tasks.follow_psc()
    assert Session.objects.exists()


def test_a_refresh_that_answers_for_somebody_else_ends_the_session(wallet, inside):
    Followed.objects.update(subject=following.digest("somebody else"))
    due()
    tasks.follow_psc()
    assert not Session.objects.exists()


@pytest.mark.parametrize("is_refused", [True, False])
def test_the_race_of_a_refresh_and_its_person_s_new_proof_leaves_the_new_one(wallet, inside, monkeypatch, is_refused):
    """The provider has replaced the session that the worker is asking about."""
    newer, ask = timezone.now() + timedelta(minutes=20), following.Provider.refresh

    def meanwhile(self, token, *, now):
        tokens = ask(self, token, now=now)
        Followed.objects.update(box=b"newer", due_at=newer)  # as `follow` does
        if is_refused:
            raise following.Refused("invalid_grant")
        return tokens

    monkeypatch.setattr(following.Provider, "refresh", meanwhile)
    due()
    tasks.follow_psc()
    row = Followed.objects.get()
    assert (bytes(row.box), row.due_at) == (b"newer", newer) and inside.get("/verrou/etat/").status_code == 204


def test_two_workers_ask_once(wallet, inside, monkeypatch):
    ask, others = following.Provider.refresh, list[int]()

    def meanwhile(self, token, *, now):
        monkeypatch.setattr(following.Provider, "refresh", ask)
        others.append(following.look_over(timezone.now()))
        return ask(self, token, now=now)

    monkeypatch.setattr(following.Provider, "refresh", meanwhile)
    due()
    assert following.look_over(timezone.now()) == 1 and others == [0]


def test_what_the_provider_ends_is_over_at_once_here_and_a_replay_is_refused(wallet, inside, anne, monkeypatch):
    killed = []
    monkeypatch.setattr("auth_otp.psc.following.notify.kill", killed.append)
    [(sid, proved)] = wallet.sessions.items()
    token = wallet.mint.logout(sid=sid, subject=proved.holder.subject)
    assert Client().post(OUT, {"logout_token": token}).status_code == 200
    assert killed == [anne.pk] and not Session.objects.exists()
    assert Client().post(OUT, {"logout_token": token}).status_code == 400
    assert AuditEvent.objects.get(action="session.psc_logout").facts == {"code": "replay"}


def test_without_its_session_named_all_of_the_person_end_and_nobody_else_s(wallet, inside, sign_in, claire):
    other = Client()
    sign_in(other, claire)
    told = wallet.mint.logout(sid=None, subject=ANNE.subject)
    assert inside.post(OUT, {"logout_token": told}).status_code == 200
    assert Session.objects.get().user == claire


WRONG = [
    {"nonce": "n"}, {"events": None}, {"events": {}}, {"aud": "another"}, {"iss": "https://elsewhere.example"},
    {"iat": 1}, {"exp": 1}, {"jti": None}, {"sid": None, "sub": None}, {"exp": "soon"}, {"exp": 10**400},
]  # fmt: skip


def test_attack_a_false_logout_token_ends_nothing(wallet, inside):
    """Attacks: an ID token, one of another client or issuer, an old one, one that could be replayed; who has no key."""
    [(sid, proved)] = wallet.sessions.items()
    for wrong in WRONG:
        token = wallet.mint.logout(**{"sid": sid, "subject": proved.holder.subject, **wrong})
        assert inside.post(OUT, {"logout_token": token}).status_code == 400, wrong
    told = AuditEvent.objects.filter(action="session.psc_logout").count()
    for fault in (Fault.UNSIGNED, Fault.HS256, Fault.STRANGE_KEY, Fault.UNKNOWN_KEY):
        wallet.fault = fault
        token = wallet.mint.logout(sid=sid, subject=proved.holder.subject)
        assert inside.post(OUT, {"logout_token": token}).status_code == 400, fault
    assert inside.post(OUT).status_code == 400
    assert AuditEvent.objects.filter(action="session.psc_logout").count() == told == len(WRONG), (
        "nobody fills the journal"
    )
    assert Session.objects.exists()


def test_the_provider_itself_tells_us_of_the_end(wallet, inside, live_server):
    wallet.leaves = f"{live_server.url}{OUT}"
    body = urlencode({"end": next(iter(wallet.sessions))}).encode()
    assert b"Aucune demande" in urlopen(f"{wallet.base}/telephone", body).read()
    assert not Session.objects.exists()
