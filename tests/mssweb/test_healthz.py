"""Health: 200 when every part is well, 503 with the ailing ones named, and nothing else told."""

import socket
from datetime import timedelta

from django.utils import timezone

from mailbox import leases
from mssweb import views


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
