"""The admin: behind the same door, for administrators only; sessions are read and ended, codes are never shown."""

from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.admin import OTPAdminSite

from auth_otp import entry, identity
from auth_otp.means import Means
from auth_otp.models import Activation, Challenge, SectorLink, Session, SMSDevice, Throttle, User
from auth_otp.sessions import SessionStore
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

NEW = {"login": "Jean.Neuf@X.example", "first_name": "Jean", "last_name": "Neuf", "phone": "+33639980077"}
SECRET = {"usable_password": "true", "password1": "vingt-gouttes-au-coucher", "password2": "vingt-gouttes-au-coucher"}


def person(user: User) -> dict[str, str]:
    """Her form, as the browser sends it back unchanged."""
    names = ("login", "rpps", "title", "first_name", "last_name", "profession", "phone")
    return {name: getattr(user, name) for name in names} | {"is_active": "on"}


@pytest.fixture
def boss(make_user) -> User:
    return make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


@pytest.fixture
def killed(monkeypatch) -> list[UUID]:
    """Whose live streams were told to end."""
    told: list[UUID] = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


@pytest.fixture
def desk(client, boss, sign_in) -> Client:
    sign_in(client, boss)
    return client


def test_the_admin_is_one_otp_site_without_a_door_of_its_own(client, boss):
    assert isinstance(admin.site, OTPAdminSite)
    client.force_login(boss)  # the password alone
    assert client.get("/admin/")["Location"].startswith("/connexion/")
    assert client.get("/admin/login/")["Location"].startswith("/connexion/")


def test_administrators_pass_others_are_told(desk, anne, sign_in):
    assert desk.get("/admin/").status_code == 200
    other = Client()
    sign_in(other, anne)
    answer = other.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "réservée aux administrateurs" in answer.content.decode()


def test_codes_devices_and_delays_are_not_shown(db):
    shown = set(admin.site._registry)
    assert {User, Session} <= shown
    assert not {Challenge, Throttle, SMSDevice, Group} & shown


def test_a_person_is_created_with_a_login_in_lower_case_and_no_password(desk, boss):
    answer = desk.post("/admin/auth_otp/user/add/", NEW | SECRET)
    user = User.objects.get(login="jean.neuf@x.example")
    assert not user.has_usable_password()
    assert answer.context["code"] and Activation.objects.get(user=user).sends == 1
    assert AuditEvent.objects.filter(action="user.create", actor_id=boss.pk, subject_id=str(user.pk)).exists()


def test_a_number_that_codes_may_not_go_to_is_refused(desk):
    """Attack: an account whose codes ring at a premium number of the attacker's own (toll fraud)."""
    premium = desk.post("/admin/auth_otp/user/add/", NEW | SECRET | {"phone": "0899 12 34 56"})
    assert "Ce numéro est surtaxé" in premium.content.decode()
    assert not User.objects.filter(last_name="Neuf").exists()
    assert desk.post("/admin/auth_otp/user/add/", NEW | {"phone": "06 39 98 00 77"}).context["code"]
    assert User.objects.get(last_name="Neuf").phone == "+33639980077"
    for number in ("+33899123456", "0612345678"):
        with pytest.raises(ValidationError):
            User(login="x", phone=number).full_clean()


def test_a_login_and_somebody_else_s_rpps_number_are_never_the_same(desk, anne, make_user):
    added = desk.post("/admin/auth_otp/user/add/", NEW | SECRET | {"login": anne.rpps})
    assert "numéro RPPS d’une autre personne" in added.content.decode()
    paul = make_user("99900000099", "Paul", "Homonyme")
    path = f"/admin/auth_otp/user/{anne.pk}/change/"
    changed = desk.post(path, person(anne) | {"rpps": paul.login})
    assert "l’identifiant d’une autre personne" in changed.content.decode()
    assert desk.post(path, person(anne) | {"login": anne.rpps}).status_code == 302  # one's own number serves as login
    anne.refresh_from_db()
    assert anne.login == anne.rpps == "99900000011"


def test_a_number_that_is_corrected_puts_out_whoever_came_by_the_one_of_before(desk, anne, rf):
    """Attack: a slip of the keys lets a stranger's card into Anne's account; corrected, it opens nothing, and hers does."""
    request, now = rf.get("/"), timezone.now()
    request.session, request.user = SessionStore(), AnonymousUser()
    User.objects.filter(pk=anne.pk).update(rpps="10009876543")
    link = identity.recognised(request, kind=SectorLink.Kind.PSC, subject="810009876543", now=now)
    entry.enter(request, user=link.user, now=now, means=Means.PSC, device=link)
    assert desk.post(f"/admin/auth_otp/user/{anne.pk}/change/", person(anne)).status_code == 302  # her own number
    assert not Session.objects.filter(user=anne).exists()
    assert AuditEvent.objects.get(action="factor.unlink", subject_id=str(anne.pk)).facts == {"means": "psc"}
    own = identity.recognised(request, kind=SectorLink.Kind.PSC, subject=f"8{anne.rpps}", now=now)
    assert own.user == anne


def test_a_change_is_told_by_the_names_of_fields_only(desk, anne):
    path = f"/admin/auth_otp/user/{anne.pk}/change/"
    assert desk.get(path).status_code == 200
    assert desk.post(path, person(anne) | {"phone": "+33639981111"}).status_code == 302
    event = AuditEvent.objects.get(action="user.change")
    assert event.facts == {"fields": "phone"}


def test_an_administrator_sends_a_link_and_never_knows_the_password(desk, anne, boss):
    """Attack: the administrator who sets it knows it, and signs in as them (ASVS 6.4.1)."""
    path = f"/admin/auth_otp/user/{anne.pk}/password/"
    assert "password1" not in desk.get(path).content.decode()
    answer = desk.post(path, SECRET)
    [row] = Activation.objects.filter(user=anne, made_by=boss)
    assert answer.context["code"] and answer.context["code"] not in desk.get(path).content.decode()
    anne.refresh_from_db()
    assert anne.check_password(PASSWORD)  # until she has chosen another
    assert AuditEvent.objects.filter(action="activation.make", subject_id=str(anne.pk)).exists()
    desk.post(path)
    row.refresh_from_db()
    assert row.revoked_at  # of two links the last one serves
    User.objects.filter(pk=anne.pk).update(is_active=False)
    assert desk.post(path).context["refused"]


def test_an_administrator_changes_their_own_password_where_the_old_one_is_asked(desk, boss):
    """Attack: the administration left open at a desk; its two pages asked for no old password, or counted no try of it."""
    given = {"old_password": "deviné", "new_password1": SECRET["password1"], "new_password2": SECRET["password1"]}
    for path, form in ((f"/admin/auth_otp/user/{boss.pk}/password/", SECRET), ("/admin/password_change/", given)):
        assert desk.get(path)["Location"] == desk.post(path, form)["Location"] == "/moi/mot-de-passe/"
    boss.refresh_from_db()
    assert boss.check_password(PASSWORD)
    assert desk.get("/moi/mot-de-passe/").status_code == 200


def test_a_code_sent_to_the_number_of_before_opens_nothing(boss, sign_in, waiting, pocket, anne):
    """Attack: the telephone was stolen, and an administrator is called."""
    desk = Client()
    sign_in(desk, boss)
    desk.post(f"/admin/auth_otp/user/{anne.pk}/change/", person(anne) | {"phone": "+33639981111"})
    assert waiting.post("/connexion/code/", {"code": pocket.code})["Location"] == "/connexion/"


def test_a_person_made_inactive_has_no_session_and_no_stream_left(desk, anne, sign_in, killed):
    browser = Client()
    sign_in(browser, anne)
    assert (
        desk.post(f"/admin/auth_otp/user/{anne.pk}/change/", person(anne) | {"phone": "+33639981111"}).status_code
        == 302
    )
    assert browser.get("/verrou/etat/").status_code == 204
    inactive = {name: value for name, value in person(anne).items() if name != "is_active"}
    assert desk.post(f"/admin/auth_otp/user/{anne.pk}/change/", inactive).status_code == 302
    assert browser.get("/verrou/etat/").status_code == 302
    assert not Session.objects.filter(user=anne).exists()
    assert set(killed) == {anne.pk}


def test_people_are_made_inactive_and_never_deleted(desk, boss, anne, claire, sign_in, killed):
    sign_in(Client(), anne)
    listed = desk.get("/admin/auth_otp/user/").content.decode()
    assert "Désactiver les personnes choisies" in listed
    assert "delete_selected" not in listed
    assert "/delete/" not in desk.get(f"/admin/auth_otp/user/{anne.pk}/change/").content.decode()
    assert desk.post(f"/admin/auth_otp/user/{anne.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "deactivate", "_selected_action": [str(person.pk) for person in (anne, claire, boss)]}
    assert "Désactivé : 2." in desk.post("/admin/auth_otp/user/", chosen, follow=True).content.decode()
    assert set(User.objects.filter(is_active=True)) == {boss}
    assert not Session.objects.filter(user=anne).exists()
    assert set(killed) == {anne.pk, claire.pk}
    assert AuditEvent.objects.filter(action="user.change", facts={"fields": "is_active"}).count() == 2


def test_sessions_are_read_and_ended_never_edited(desk, anne, sign_in, boss):
    browser = Client()
    sign_in(browser, anne)
    row = Session.objects.get(user=anne)
    assert "Anne DUPONT" in desk.get("/admin/auth_otp/session/").content.decode()
    assert (
        browser.cookies[settings.SESSION_COOKIE_NAME].value not in desk.get("/admin/auth_otp/session/").content.decode()
    )
    assert desk.get("/admin/auth_otp/session/add/").status_code == 403
    assert desk.post(f"/admin/auth_otp/session/{row.pk}/change/", {}).status_code == 403
    assert desk.post(f"/admin/auth_otp/session/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post("/admin/auth_otp/session/", {"action": "end", "_selected_action": [row.pk]})
    assert browser.get("/verrou/etat/").status_code == 302
    assert AuditEvent.objects.filter(action="session.end", actor_id=boss.pk).count() == 1


def test_leaving_the_admin_is_signing_out(desk, boss):
    assert desk.post("/admin/logout/")["Location"] == "/connexion/"
    assert AuditEvent.objects.filter(action="session.sign_out", actor_id=boss.pk).exists()


def test_the_app_has_no_model_that_an_administrator_could_read_a_code_in(db):
    fields = {f.name for f in apps.get_model("auth_otp", "Challenge")._meta.fields}
    assert "code" not in fields


def test_the_first_administrator_made_on_the_command_line_can_enter(
    db, client, monkeypatch, pocket, django_capture_on_commit_callbacks
):
    """A superuser without a phone number could never receive a code."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", SECRET["password1"])
    names = {"login": NEW["login"], "first_name": "Ada", "last_name": "Ministre"}
    with pytest.raises(CommandError, match="phone"):
        call_command("createsuperuser", interactive=False, verbosity=0, **names)
    call_command("createsuperuser", interactive=False, verbosity=0, phone=NEW["phone"], **names)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("auth_otp:sign_in"), {"login": names["login"], "password": SECRET["password1"]})
    assert [message.to for message in pocket.messages] == [NEW["phone"]]
