"""Mailboxes whose clock the tests hold, and a directory that knows Anne and her pharmacy."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory import identity
from directory.models import Organization, Practitioner, Qualification
from mailbox.life import desk, sweep
from mailbox.models import Life, Mailbox
from mailbox.summary import open_summary

RPPS, FINESS = "99900000011", "750000002"
DAY = timedelta(days=1)


@pytest.fixture
def known(db) -> None:
    """Anne is a pharmacist, her pharmacy is in Paris."""
    now = timezone.now()
    trade = Qualification.objects.create(pk=1, profession="Pharmacien")
    Practitioner.objects.create(
        pk=identity.person(f"8{RPPS}"), idnps=f"8{RPPS}", rpps=RPPS, first_name="Anne", last_name="DUPONT",
        qualification=trade, source=1, first_seen=now,
    )  # fmt: skip
    Organization.objects.create(
        pk=identity.organization(f"F{FINESS}"), key=f"F{FINESS}", name="PHARMACIE DUPONT", town="Paris", source=1, first_seen=now
    )  # fmt: skip


@pytest.fixture
def later(monkeypatch):
    """Beat strikes `days` from now."""

    def strike(days: float) -> int:
        return sweep.look_over(timezone.now() + days * DAY)

    return strike


def by(user=None, reason: str = "") -> desk.By:
    return desk.By(now=timezone.now(), actor=user, reason=reason)


def life(box: Mailbox) -> Life:
    return Life.objects.select_related("mailbox").get(pk=box.pk)


def subjects(box: Mailbox) -> list[str]:
    """What the mailbox was told, oldest first."""
    fresh = Mailbox.objects.get(pk=box.pk)
    return [open_summary(m, fresh.keys).subject for m in fresh.messages.order_by("filed_at", "pk")]
