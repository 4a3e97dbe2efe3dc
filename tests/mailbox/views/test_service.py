"""The banner: what is late and since when, to everybody; what ails our place in the trust space, to administrators."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from mailbox.models import Incident, Probe, Watched
from mailbox.views import service
from mailbox.watching import alarms, incidents
from mailbox.watching.incidents import Late

LATE = "La réception et l’envoi des messages sont retardés"


@pytest.fixture(autouse=True)
def _probing(settings):
    settings.PROBE_SECONDS = 270.0
    incidents.forget()
    alarms.forget()
    yield
    incidents.forget()
    alarms.forget()


@pytest.fixture
def admin(make_user):
    return make_user("admin@mssweb.example", "Alix", "Moreau", is_staff=True, is_superuser=True)


def test_late_is_said_in_words_since_a_time_of_the_pharmacy():
    now = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
    with timezone.override("Europe/Paris"):
        said = service.words(Late("in", now - timedelta(minutes=55)), now)
        assert said.replace("\u00a0", " ") == (
            "La réception des messages est retardée depuis 14 h 05 ;"
            " vos envois sont conservés et partiront dès la reprise."
        )
        assert "depuis le 26 novembre à 9\u00a0h\u00a000" in service.words(Late("out", now - timedelta(hours=30)), now)
    with timezone.override("America/Martinique"):
        assert "9\u00a0h\u00a005" in service.words(Late("both", now - timedelta(minutes=55)), now)


def test_everybody_is_told_on_every_page_and_nobody_is_signed_out(client, sign_in, claire, stranger, dupont):
    Probe.objects.create(way="in", started_at=timezone.now() - timedelta(hours=1), seen_at=timezone.now())
    for user in (claire, stranger):
        sign_in(client, user)
        for place in ("/", "/annuaire/", "/service/"):
            told = client.get(place, follow=True)
            assert (told.status_code, LATE in told.text) == (200, True), place
            assert "/admin/" not in told.text
    Incident.objects.update(closed_at=timezone.now())
    Probe.objects.update(started_at=timezone.now())
    incidents.forget()
    assert LATE not in client.get("/", follow=True).text
    assert 'data-state=""' in client.get("/service/").text


def test_the_banner_costs_one_statement_now_and_then(
    client, sign_in, claire, dupont, django_assert_num_queries, settings
):
    sign_in(client, claire)
    client.get("/service/")
    with django_assert_num_queries(1):  # the session
        client.get("/service/")
    incidents.forget()
    with django_assert_num_queries(2):
        client.get("/service/")


def test_administrators_read_what_ails_and_where_to_look_and_others_do_not(client, sign_in, admin, claire, dupont):
    now = timezone.now()
    Watched.objects.create(
        name="certificate", faults=["revoked", "not-listed b.mssante.example"], until=now + timedelta(days=6, hours=1),
        checked_at=now,
    )  # fmt: skip
    Watched.objects.create(name="whitelist", faults=["old"], until=now, checked_at=now)
    sign_in(client, admin)
    for place in ("/", "/admin/"):
        told = client.get(place, follow=True).text
        for words in (
            "Notre certificat est révoqué", "pour le domaine b.mssante.example", "prend fin dans 6 jours",
            "La liste blanche date de plus de 48 heures", "/admin/mailbox/watched/", "/admin/mailbox/edition/",
        ):  # fmt: skip
            assert words in told, (place, words)
    sign_in(client, claire)
    told = client.get("/", follow=True).text
    assert "certificat" not in told and "liste blanche" not in told.lower()


def test_a_database_that_is_away_leaves_what_was_known(db, monkeypatch):
    incidents.open_one("in", since=timezone.now(), detail="x")
    known = incidents.late(timezone.now())
    assert known
    monkeypatch.setattr(incidents, "_RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(incidents, "_look", _away)
    assert incidents.late(timezone.now()) == known


def _away(now):
    raise OperationalError("away")
