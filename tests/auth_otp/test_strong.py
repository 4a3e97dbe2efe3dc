"""Where ADMIN_STRONG holds, an SMS alone opens no administration, and takes no authenticator away."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from auth_otp import entry, factors, totp
from auth_otp.admin_proof import Proven
from auth_otp.means import Means
from auth_otp.models import Session, TOTPDevice, User
from auth_otp.otp import Way
from auth_otp.sessions import SessionStore
from mailbox.admin_traces import TransactionAdmin
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
    assert "code d’enrôlement" in weak.get("/admin/", follow=True).text
    equip(boss)
    assert "sortez, puis entrez" in weak.get("/admin/", follow=True).text
    refused = weak.post("/moi/securite/application/retirer/")
    assert refused["Location"].startswith("/confirmer/?fort=1"), "nor takes it away, to add another"
    assert weak.post("/confirmer/", {"password": PASSWORD, "fort": "1", "code": "000000"}).status_code == 422
    assert weak.post("/moi/securite/codes/").status_code == 302 and TOTPDevice.objects.exists()
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
    assert "Façons sûres retirées\u00a0: 1." in desk.post("/admin/auth_otp/user/", chosen, follow=True).text
    assert TOTPDevice.objects.get().user_id == boss.pk
    assert hers.get("/verrou/etat/").status_code == 302
    assert AuditEvent.objects.get(action="factor.reset").subject_id == str(anne.pk)
    assert hers.post("/admin/auth_otp/user/", chosen).status_code == 302 and TOTPDevice.objects.exists()


def test_the_first_strong_factor_of_an_administrator_comes_by_a_code_that_is_handed_over(boss, make_user, settings):
    """Attack: whoever took the number over adds an authenticator of their own, and administers."""
    cookie = settings.SESSION_COOKIE_NAME
    new = make_user("neuf@mssweb.example", "Nadia", "Neuve", is_staff=True)
    weak = signed_in(new, Means.PASSWORD_SMS, cookie)
    assert weak.post("/moi/securite/application/", {"password": PASSWORD}).status_code == 403
    equip(boss)
    desk = signed_in(boss, Means.PASSWORD_TOTP, cookie)
    page = desk.post(f"/admin/auth_otp/user/{new.pk}/code/")
    code = re.search(r'value="([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})"', page.text)[1]
    assert "no-store" in page["Cache-Control"] and AuditEvent.objects.filter(action="factor.hand").count() == 1
    browser = Client()
    browser.post("/connexion/", {"login": new.login, "password": PASSWORD})
    assert browser.post("/connexion/code/", {"code": code})["Location"] == "/moi/securite/"
    assert "me-qr" in browser.get("/moi/securite/application/").text
    again = Client()
    again.post("/connexion/", {"login": new.login, "password": PASSWORD})
    again.post("/connexion/facon/", {"way": "recovery"})
    assert again.post("/connexion/code/", {"code": code}).status_code == 422, "once"


def test_a_code_handed_over_serves_a_day_and_by_the_command_for_administrators_alone(boss, anne):
    with pytest.raises(CommandError):
        call_command("enrolment_code", anne.login)
    call_command("enrolment_code", boss.login, stdout=(told := StringIO()))
    code, now = told.getvalue().split()[0], timezone.now()
    later = now + timedelta(days=1, minutes=1)
    assert not factors.spend(Way.RECOVERY, user_id=boss.pk, given=code, now=later)
    assert factors.spend(Way.RECOVERY, user_id=boss.pk, given=code, now=now)


def test_the_operator_s_page_opens_to_no_sms_either(boss, settings):
    weak = signed_in(boss, Means.PASSWORD_SMS, settings.SESSION_COOKIE_NAME)
    assert weak.get("/exploitation/")["Location"] == "/moi/securite/"
    equip(boss)
    strong = signed_in(boss, Means.PASSWORD_TOTP, settings.SESSION_COOKIE_NAME)
    assert strong.get("/exploitation/").status_code == 200


def test_acts_of_the_administration_ask_for_a_fresh_strong_proof(boss, anne, settings):
    """Attack: an administrator's session left open (ASVS 8.4.2)."""
    equip(boss)
    settings.ANNUAIRE_FETCH = True
    desk = signed_in(boss, Means.PASSWORD_TOTP, settings.SESSION_COOKIE_NAME)
    user = f"/admin/auth_otp/user/{anne.pk}"
    acts = [f"{user}/password/", f"{user}/change/", f"{user}/code/", "/admin/auth_otp/user/add/", "/admin/mailbox/tenant/add/",
            "/admin/directory/apiprogram/add/"]  # fmt: skip
    for old in (False, True):
        if old:
            Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
        answers = [desk.post(path, {}) for path in acts]
        assert all(answer.get("Location", "").startswith("/confirmer/?fort=1") is old for answer in answers)
    for model, page in admin.site._registry.items():
        assert isinstance(page, Proven), model
        if type(page).changelist_view is not TransactionAdmin.changelist_view:  # a POST there searches
            listed = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
            chosen = {"action": "deactivate", "_selected_action": [str(anne.pk)]}
            assert desk.post(listed, chosen)["Location"].startswith("/confirmer/?fort=1"), model
    for path in ("mailbox/listing/resynchroniser/", "mailbox/listing/reprendre/", "directory/directoryload/charger/",
                 "directory/directoryload/1/forcer/"):  # fmt: skip
        assert desk.post(f"/admin/{path}")["Location"].startswith("/confirmer/?fort=1"), path
    assert desk.get("/admin/auth_otp/user/").status_code == 200, "lists are read"
    assert User.objects.get(pk=anne.pk).is_active


def test_only_a_superuser_touches_an_administrator_and_nobody_their_own_rights(boss, anne, make_user, settings):
    """Attack: who may change people resets the superuser's authenticator, sets a password, or makes themselves one."""
    settings.ADMIN_STRONG = False
    clerk = make_user("commis@mssweb.example", "Cora", "Commis", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    equip(boss)
    desk = signed_in(clerk, Means.PASSWORD_SMS, settings.SESSION_COOKIE_NAME)
    them = "/admin/auth_otp/user/"
    new = {"password1": "vingt-gouttes-au-coucher", "password2": "vingt-gouttes-au-coucher"}
    assert desk.post(f"{them}{boss.pk}/password/", new).status_code == 403
    assert desk.post(f"{them}{boss.pk}/change/", {"phone": "0639980055"}).status_code == 403
    assert desk.post(f"{them}{boss.pk}/code/").status_code == 403
    for action in ("reset_factors", "deactivate"):
        desk.post(them, {"action": action, "_selected_action": [str(boss.pk)]})
    kept = User.objects.get(pk=boss.pk)
    assert kept.is_active and kept.password == boss.password and TOTPDevice.objects.filter(user=boss).exists()
    names = ("login", "rpps", "title", "first_name", "last_name", "profession", "phone")
    form = {name: getattr(anne, name) for name in names} | {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert desk.post(f"{them}{anne.pk}/change/", form).status_code == 302
    assert not User.objects.get(pk=anne.pk).is_staff
    own = {name: getattr(boss, name) for name in names}
    desk = signed_in(boss, Means.PASSWORD_TOTP, settings.SESSION_COOKIE_NAME)
    assert desk.post(f"{them}{boss.pk}/change/", own).status_code == 302
    assert User.objects.get(pk=boss.pk).is_superuser and User.objects.get(pk=boss.pk).is_active
