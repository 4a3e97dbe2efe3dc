"""What administrators read of the watch, in French; and of the mailbox of probes, that it is only shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from mailbox import whitelist
from mailbox.models import Edition, Incident, Probe, RevocationList, Watched, WhiteListSource
from mailbox.watching import probe
from mssweb.audit.models import AuditEvent


@pytest.fixture
def desk(client, make_user, sign_in) -> Client:
    sign_in(client, make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def editions(trust) -> list[Edition]:
    """Three that follow each other: one domain goes and comes back, another goes for good."""
    start, rows = datetime.now(UTC), trust.rows()
    for seconds, kept in ((1, rows[1:2]), (2, rows[:2])):
        at = start + timedelta(seconds=seconds)
        whitelist.load(trust.document(at=at, rows=kept), now=at)
    return list(Edition.objects.order_by("loaded_at"))


def test_any_two_editions_are_compared_in_either_order(desk, editions):
    first, _, third = editions
    page = f"/admin/mailbox/edition/{third.pk}/differences/"
    before = desk.get(page).text
    assert "Domaines ajoutés : 1" in before and "hopital.mssante.example" in before and "perime" not in before
    ends = desk.get(page, {"depuis": first.pk}).text
    assert "Domaines retirés : 1" in ends and "perime.mssante.example" in ends and "CN=mx.perime" in ends
    assert "hopital.mssante.example" not in ends, "it went and came back"
    turned = desk.get(f"/admin/mailbox/edition/{first.pk}/differences/", {"depuis": third.pk}).text
    assert "Domaines retirés : 1" in turned
    assert "première édition" in desk.get(f"/admin/mailbox/edition/{first.pk}/differences/").text
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert desk.get(page, {"depuis": wrong}).status_code == 404
    assert "differences/" in desk.get("/admin/mailbox/edition/").text


def test_differences_are_for_who_may_read_editions(client, make_user, sign_in, editions):
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    sign_in(client, clerk)
    page = f"/admin/mailbox/edition/{editions[-1].pk}/differences/"
    assert client.get(page).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_edition"))
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 405


def test_faults_outcomes_and_durations_are_in_words(desk):
    now = timezone.now()
    Watched.objects.create(name="certificate", faults=["key", "foreign"], until=now + timedelta(days=1), checked_at=now)
    WhiteListSource.objects.create(url="https://x.example/l", next_try_at=now, outcome="status-403", failures=2)
    for outcome in ("taken", "not-a-code-of-ours"):
        RevocationList.objects.create(url=f"http://{outcome}.example", outcome=outcome, next_try_at=now)
    Incident.objects.create(kind="in", opened_at=now - timedelta(minutes=90), closed_at=now, detail="accepted")
    Incident.objects.create(kind="out", opened_at=now - timedelta(minutes=5), detail="refused 451 4.4.1")
    Probe.objects.create(way="out", started_at=now - timedelta(seconds=4), seen_at=now, detail="seen")
    for model, words in (
        ("watched", ["ne correspond pas à notre certificat", "n’a pas été émis par l’autorité", "notre certificat"]),
        ("whitelistsource", ["demandée trop souvent"]),
        (
            "incident",
            ["1 h 30 min", "5 min, en cours", "réception retardée", "mais pas classée", "refusée : 451 4.4.1"],
        ),
        ("probe", ["4 s", "envoi"]),
        ("revocationlist", ["nouvelle liste en vigueur", "not-a-code-of-ours"]),
    ):
        told = desk.get(f"/admin/mailbox/{model}/").text
        assert [word for word in words if word not in told] == [], model


def test_the_mailbox_of_probes_is_only_shown(desk, domain):
    box = probe.technical_mailbox()
    page = f"/admin/mailbox/mailbox/{box.pk}/change/"
    assert box.address in desk.get(page).text
    assert desk.post(page, {"state": "closed"}).status_code == 403
    assert not AuditEvent.objects.filter(action="mailbox.change").exists()
