"""The banner as people see it, large and small, light and dark, and gone without a reload; what an administrator reads."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailbox.models import Incident, Probe, Watched, WhiteListSource
from mailbox.watching import alarms, incidents
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _late(db, settings):
    now = timezone.now()
    settings.PROBE_SECONDS = 270.0
    Probe.objects.create(way="in", started_at=now - timedelta(hours=1, seconds=3), seen_at=now - timedelta(hours=1))
    Incident.objects.create(
        kind="out", opened_at=now - timedelta(days=3), closed_at=now - timedelta(days=2), detail="queued"
    )
    Watched.objects.create(
        name="certificate", subject="CN=mx.officine.mssante.example,O=X,C=FR", until=now + timedelta(days=6, hours=2),
        faults=["not-listed officine.mssante.example"], checked_at=now,
    )  # fmt: skip
    Watched.objects.create(name="whitelist", faults=["old"], until=now, checked_at=now)
    WhiteListSource.objects.create(
        url="https://espacedeconfiance.mssante.fr/x.xml", next_try_at=now, outcome="status-403"
    )
    incidents.forget()
    alarms.forget()
    yield
    incidents.forget()
    alarms.forget()


def test_the_banner_is_read_everywhere_and_goes_by_itself(at, claire, dupont, monkeypatch):
    monkeypatch.setattr(incidents, "_RECHECK_SECONDS", 0.0)
    page = at(claire, "/")
    banner = page.locator("#service")
    expect(banner).to_contain_text("La réception et l’envoi des messages sont retardés depuis")
    look(page)
    Probe.objects.update(started_at=timezone.now())
    Incident.objects.filter(closed_at=None).update(closed_at=timezone.now())
    still = at(claire, "/", scripts=False)
    expect(still.locator("#service p")).to_have_count(0)


def test_an_administrator_reads_what_ails(at, make_user, dupont, claire):
    boss = make_user("admin@mssweb.example", "Alix", "Moreau", is_staff=True, is_superuser=True)
    page = at(boss, "/")
    expect(page.locator("#service p")).to_have_count(4)
    look(page)
    page = at(boss, "/admin/")
    expect(page.locator(".messagelist")).to_contain_text("Notre certificat prend fin dans 6 jours")
    expect(page.get_by_role("link", name="Détail")).to_have_count(4)
