"""Health: 200 when every part is well, 503 with the ailing ones named, and nothing else told."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox import leases
from mailbox.models import Edition, RevocationList, Watched
from mssweb import views
from tests import peers


def greeting(monkeypatch, *, well: bool = True) -> None:
    monkeypatch.setattr(views, "_smtpd", lambda: well)


@pytest.fixture(autouse=True)
def _listed(request):
    """A white list and a list of revocations that are of now, where there are tables."""
    if "client" in request.fixturenames:
        request.getfixturevalue("trust")


def test_all_well(client, db, monkeypatch):
    greeting(monkeypatch)
    leases.beat("worker", "here", now=timezone.now())
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "ailing": []})


def test_a_silent_worker_and_a_mute_receiver_are_named(client, db, settings):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.SMTP_PORT = nobody.getsockname()[1]
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["ailing"] == ["worker", "smtpd"]


def test_half_a_minute_without_a_sweep_is_a_dead_worker_or_beat(client, db, monkeypatch):
    greeting(monkeypatch)
    for seconds, ailing in ((25, []), (31, ["worker"])):
        leases.beat("worker", "here", now=timezone.now() - timedelta(seconds=seconds))
        assert client.get("/healthz").json()["ailing"] == ailing


def test_redis_away_is_named(client, db, settings, monkeypatch):
    greeting(monkeypatch)
    leases.beat("worker", "here", now=timezone.now())
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert client.get("/healthz").json()["ailing"] == ["redis"]


def test_lists_and_a_certificate_that_are_missing_old_or_ending_are_named(client, db, monkeypatch, settings):
    greeting(monkeypatch)
    leases.beat("worker", "here", now=timezone.now())

    def ailing() -> list[str]:
        return client.get("/healthz").json()["ailing"]

    now = timezone.now()
    assert ailing() == []
    Edition.objects.update(generated_at=now - timedelta(hours=49))
    assert ailing() == ["whitelist"]
    settings.WHITE_LIST_ALARM_HOURS = 50
    assert ailing() == []
    RevocationList.objects.update(next_update=now - timedelta(minutes=1))
    assert ailing() == ["crl"]
    settings.CRL_GRACE_HOURS = 1
    assert ailing() == []
    own = Watched.objects.create(name="certificate", until=now + timedelta(days=8), checked_at=now)
    for until, faults, named in (
        (now + timedelta(days=8), [], []), (now + timedelta(days=7), [], ["certificate"]),
        (now - timedelta(days=1), ["ended"], ["certificate"]), (now + timedelta(days=800), ["revoked"], ["certificate"]),
    ):  # fmt: skip
        own.until, own.faults = until, faults
        own.save()
        assert ailing() == named
    Edition.objects.all().delete()
    RevocationList.objects.all().delete()
    assert ailing() == ["whitelist", "crl", "certificate"]


def test_ready_is_database_and_keys_and_nothing_that_ails_elsewhere(client, db, settings, django_assert_num_queries):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    RevocationList.objects.all().delete()
    with django_assert_num_queries(1):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "ailing": []})
    settings.MASTER_KEYS = ""
    assert client.get("/readyz").json()["ailing"] == ["keys"]


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_a_receiver_is_well_when_a_peer_gets_a_certificate_of_the_trust_space_that_has_not_ended(trust, settings):
    call_command("grant_roles")
    for ours, well in ((trust.ours, True), (trust.expired, False), (trust.foreign, False)):
        with peers.smtpd(trust, TLS_CERTIFICATE=ours.certificate, TLS_KEY=ours.key) as settings.SMTP_PORT:
            assert views._smtpd() is well


def test_a_receiver_that_greets_and_offers_no_tls_is_not_well(settings, trust):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        settings.SMTP_PORT = server.getsockname()[1]
        asked = thread.submit(views._smtpd)
        peer, _ = server.accept()
        with peer:
            for said in (b"220 mx ESMTP\r\n", b"250 mx\r\n", b"221 bye\r\n"):
                peer.sendall(said)
                peer.recv(100)
        assert asked.result() is False
