"""Where ADMIN_STRONG holds, an SMS alone opens no administration, and takes no authenticator away."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import entry, factors, totp
from auth_otp.means import Means
from auth_otp.models import TOTPDevice, User
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD


@pytest.fixture
def boss(make_user, settings) -> User:
    settings.ADMIN_STRONG = True
    return make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


def signed_in(user: User, means: Means, cookie: str) -> Client:
    request, client = RequestFactory().get("/"), Client()
    request.session, request.user = SessionStore(), AnonymousUser()
    entry.enter(request, user=User.objects.get(pk=user.pk), now=timezone.now(), means=means)
    client.cookies[cookie] = request.session.session_key
    return client


def equip(user: User) -> None:
    request, now, secret = RequestFactory().get("/"), timezone.now(), totp.draw()
    request.session, request.user = SessionStore(), AnonymousUser()
    assert factors.add(request, user=user, secret=secret, given=totp.code_of(secret, totp.step_of(now)), now=now)


def test_an_administrator_enters_with_the_authenticator_and_never_with_an_sms_alone(boss, anne, settings):
    """Attack: a telephone number that was taken over."""
    cookie = settings.SESSION_COOKIE_NAME
    weak = signed_in(boss, Means.PASSWORD_SMS, cookie)
    assert weak.get("/admin/auth_otp/user/")["Location"].startswith("/admin/login/")
    assert "ajoutez une application" in weak.get("/admin/", follow=True).text
    equip(boss)
    assert "sortez, puis entrez" in weak.get("/admin/", follow=True).text
    refused = weak.post("/moi/securite/", {"action": "remove", "password": PASSWORD})
    assert refused.status_code == 403 and TOTPDevice.objects.exists(), "nor takes it away, to add another"
    assert "Retirer l’application" not in weak.get("/moi/securite/").text
    assert AuditEvent.objects.filter(action="session.admin_refused", actor_id=boss.pk, result="refused").count() == 2
    for means in (Means.PASSWORD_TOTP, Means.PASSWORD_RECOVERY):
        assert signed_in(boss, means, cookie).get("/admin/").status_code == 200
    equip(anne)
    other = signed_in(anne, Means.PASSWORD_TOTP, cookie)
    assert other.get("/admin/", follow=True).status_code == 403, "no administrator"


def test_an_administrator_takes_a_lost_authenticator_away_and_not_their_own(boss, anne, settings):
    for user in (boss, anne):
        equip(user)
    desk = signed_in(boss, Means.PASSWORD_TOTP, settings.SESSION_COOKIE_NAME)
    hers = signed_in(anne, Means.PASSWORD_TOTP, settings.SESSION_COOKIE_NAME)
    chosen = {"action": "reset_factors", "_selected_action": [str(boss.pk), str(anne.pk)]}
    assert "Application retirée\u00a0: 1." in desk.post("/admin/auth_otp/user/", chosen, follow=True).text
    assert TOTPDevice.objects.get().user_id == boss.pk
    assert hers.get("/verrou/etat/").status_code == 302
    assert AuditEvent.objects.get(action="factor.reset").subject_id == str(anne.pk)
    assert hers.post("/admin/auth_otp/user/", chosen).status_code == 302 and TOTPDevice.objects.exists()
