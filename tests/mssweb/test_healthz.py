"""Health: 200 when every part is well, 503 with the ailing ones named, and nothing else told."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox import leases
from mssweb import views
from tests import peers


def greeting(monkeypatch, *, well: bool = True) -> None:
    monkeypatch.setattr(views, "_smtpd", lambda: well)


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
