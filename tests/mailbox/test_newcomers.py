"""Whoever signs in as somebody, from a browser that is new to them, is told of: once, where they alone read it."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from auth_otp.models import Notice
from mailbox import newcomers
from mailbox.models import Message


def came(user, **fields) -> Notice:
    return Notice.objects.create(
        user=user, at=timezone.now(), device="Firefox sous Windows", client="192.0.2.7", **fields
    )


def test_a_person_is_told_once_in_their_own_mailbox(anne, annes_box, dupont):
    words = " ".join(newcomers._words(came(anne)))
    assert "Firefox sous Windows (adresse 192.0.2.7)" in words and "changez votre mot de passe" in words
    assert newcomers.look_over(timezone.now()) == 1
    assert newcomers.look_over(timezone.now()) == 0
    assert Message.objects.get().mailbox_id == annes_box.pk
    assert not Notice.objects.exists()


def test_the_hour_is_that_of_the_pharmacy(anne, annes_box, tenant, monkeypatch):
    """Overseas: an hour that was not theirs, of their own sign-in, looked like somebody else's."""
    told = []
    monkeypatch.setattr(newcomers.house, "write", lambda box, *words, now: told.append(" ".join(words)) or True)
    type(tenant).objects.update(time_zone="Indian/Reunion")
    row = came(anne)
    Notice.objects.update(at=datetime(2026, 11, 27, 21, 30, tzinfo=UTC))
    assert newcomers.look_over(row.at) == 1
    assert "Le 28 novembre 2026 à 01:30" in told[0]


def test_nobody_is_told_where_colleagues_read(claire, dupont):
    came(claire)
    assert newcomers.look_over(timezone.now()) == 0
    assert not Message.objects.exists() and not Notice.objects.exists()


def test_what_cannot_be_told_is_asked_again_for_a_week(anne, annes_box, monkeypatch):
    monkeypatch.setattr(newcomers.house, "write", lambda *a, **k: False)
    came(anne)
    assert newcomers.look_over(timezone.now()) == 0 and Notice.objects.exists()
    newcomers.look_over(timezone.now() + timedelta(days=8))
    assert not Notice.objects.exists()
