"""What happens to an account is told to its person: once, where they alone read it, and on the page that ends the rest."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone

from auth_otp.models import Notice, Session
from mailbox import account_notices
from mailbox.models import Message
from mssweb.audit.models import AuditEvent


def came(user, **fields) -> Notice:
    now = timezone.now()
    return Notice.objects.create(
        user=user, at=now, mail_due_at=now, device="Firefox sous Windows", client="192.0.2.7", **fields
    )


def is_due() -> bool:
    return Notice.objects.filter(mail_due_at__isnull=False).exists()


def test_a_person_is_told_once_in_their_own_mailbox(anne, annes_box, dupont):
    words = " ".join(account_notices._words(came(anne)))
    assert "Firefox sous Windows (adresse 192.0.2.7)" in words and "/moi/alerte/" in words
    assert account_notices.look_over(timezone.now()) == 1
    assert account_notices.look_over(timezone.now()) == 0
    assert Message.objects.get().mailbox_id == annes_box.pk
    assert not is_due() and Notice.objects.exists()


def test_the_hour_is_that_of_the_pharmacy(anne, annes_box, tenant, monkeypatch):
    """Overseas: an hour that was not theirs, of their own sign-in, looked like somebody else's."""
    told = []
    monkeypatch.setattr(account_notices.house, "write", lambda box, *words, now: told.append(" ".join(words)) or True)
    type(tenant).objects.update(time_zone="Indian/Reunion")
    row = came(anne)
    Notice.objects.update(at=datetime(2026, 11, 27, 21, 30, tzinfo=UTC))
    assert account_notices.look_over(row.at) == 1
    assert "Le 28 novembre 2026 à 01:30" in told[0]


def test_nobody_is_told_where_colleagues_read(claire, dupont):
    came(claire)
    assert account_notices.look_over(timezone.now()) == 0
    assert not Message.objects.exists() and not is_due()


def test_what_cannot_be_told_is_asked_again_for_a_week_and_forgotten_after_a_month(anne, annes_box, monkeypatch):
    monkeypatch.setattr(account_notices.house, "write", lambda *a, **k: False)
    came(anne)
    assert account_notices.look_over(timezone.now()) == 0 and is_due()
    account_notices.look_over(timezone.now() + timedelta(days=8))
    assert not is_due() and Notice.objects.exists()
    account_notices.look_over(timezone.now() + timedelta(days=31))
    assert not Notice.objects.exists()


def test_a_mailbox_is_not_filled_by_who_has_the_password(anne, annes_box):
    """Attack: sign-ins begun again and again, to bury the notice that matters."""
    for _ in range(3):
        came(anne, kind=Notice.Kind.PASSWORD_WITHOUT_CODE)
    assert account_notices.look_over(timezone.now()) == 1


def test_the_page_of_the_alarm_tells_what_happened_and_ends_every_other_session(client, sign_in, anne, dupont):
    came(anne, kind=Notice.Kind.FACTOR_ADDED, what="totp")
    other = Client()
    sign_in(other, anne)
    sign_in(client, anne)
    page = client.get("/moi/alerte/").text
    assert "Moyen de connexion ajouté" in page and "application d’authentification" in page
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.post("/moi/alerte/")["Location"] == "/moi/mot-de-passe/"
    assert copied.get("/moi/").status_code == 302, "nor does a copy of this one's cookie go on"
    assert other.get("/moi/").status_code == 302 and client.get("/moi/").status_code == 200
    assert AuditEvent.objects.filter(action="session.alarm").count() == 1


def test_a_stolen_session_puts_nobody_out_by_the_alarm(client, sign_in, anne, dupont):
    """Attack: the cookie alone."""
    sign_in(client, anne)
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    assert client.post("/moi/alerte/")["Location"].startswith("/confirmer/")
