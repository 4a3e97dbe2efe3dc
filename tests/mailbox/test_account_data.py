"""One's own data leaves whole and alone; an account ends after seven days, emptied, and nothing is left with nobody."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone

from auth_otp import erasure, totp
from auth_otp.models import Enrolment, Notice, Session, TOTPDevice, User
from mailbox import account_data, store
from mailbox.models import Invitation, Mailbox, Membership, Preference, Tenant, Thread
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from tests.auth_otp.test_proof import equip
from tests.conftest import PASSWORD
from tests.mailbox.test_store import filing, letter

WEEK = timedelta(days=7, minutes=1)
LEAVE = {"action": "leave", "understood": "on"}


@pytest.fixture
def browser(client, sign_in, claire, dupont) -> Client:
    sign_in(client, claire)
    return client


def stale() -> None:
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))


def taken(browser: Client) -> tuple[dict, str]:
    answer = browser.post("/moi/donnees/")
    assert answer["Content-Disposition"].startswith("attachment; ") and "no-store" in answer["Cache-Control"]
    file = zipfile.ZipFile(io.BytesIO(answer.content))
    return json.loads(file.read("donnees.json")), file.read("donnees.html").decode()


def test_one_s_own_data_leaves_without_a_secret_or_a_word_of_mail(browser, claire, anne, dupont):
    store.file(dupont, [filing(letter(subject="Ordonnance VIAL"))])
    equip(claire)
    Session.objects.update(proof="password+totp")
    User.objects.filter(pk=claire.pk).update(profession="<b>Préparatrice</b>")
    record("user.change", actor_id=anne.pk, subject=("user", claire.pk))
    record("session.sign_in", actor_id=anne.pk, subject=("user", anne.pk))
    told, page = taken(browser)
    assert set(told) == {"compte", "moyens", "sessions", "preferences", "boites", "avertissements", "journal"}
    assert {"quoi": "mobile", "valeur": claire.phone} in told["compte"]
    assert {"où": dupont.address, "à quel titre": "membre"}.items() <= told["boites"][0].items()
    assert [one["quoi"] for one in told["journal"]].count("Connexion") == 1, "hers, and nobody else's"
    secrets = [bytes(TOTPDevice.objects.get().box).hex(), claire.password, "VIAL", anne.login, str(anne.pk)]
    assert not [one for one in secrets if one in json.dumps(told) + page]
    assert "&lt;b&gt;Préparatrice" in page, "hostile names stay inert"
    assert AuditEvent.objects.filter(action="user.export", actor_id=claire.pk).count() == 1


def test_what_is_long_is_bounded(claire, monkeypatch):
    monkeypatch.setattr(account_data, "MOST", 3)
    for _ in range(5):
        record("session.sign_in", actor_id=claire.pk)
    tables = {one.name: one for one in account_data.tables_of(claire)}
    assert len(tables["journal"].rows) == 3


def test_attack_a_session_left_open_takes_no_data_and_ends_no_account(browser, claire):
    stale()
    assert browser.post("/moi/donnees/")["Location"].startswith("/confirmer/")
    assert browser.post("/moi/suppression/", LEAVE)["Location"].startswith("/confirmer/")
    assert User.objects.get(pk=claire.pk).leaving_at is None


def test_an_account_is_kept_seven_days_and_taken_back_at_any_sign_in(browser, claire):
    assert "Ce qui reste, et pourquoi" in browser.get("/moi/suppression/").text
    browser.post("/moi/suppression/", {"action": "leave"})
    assert User.objects.get(pk=claire.pk).leaving_at is None, "the box was not ticked"
    browser.post("/moi/suppression/", LEAVE)
    assert Notice.objects.filter(kind="deletion_asked", sms_due_at__isnull=False).count() == 1
    assert erasure.erase_due(timezone.now() + timedelta(days=6)) == 0
    secret, other = equip(claire), Client()
    other.post("/connexion/", {"login": claire.login, "password": PASSWORD})
    code = totp.code_of(secret, totp.step_of(timezone.now()))
    assert other.post("/connexion/code/", {"code": code})["Location"] == "/moi/suppression/"
    assert "Garder mon compte" in browser.get("/moi/suppression/").text
    stale()
    browser.post("/moi/suppression/", {"action": "keep"})
    assert erasure.erase_due(timezone.now() + WEEK) == 0 and User.objects.get(pk=claire.pk).is_active


def test_an_account_that_ends_is_emptied_and_the_journal_keeps_a_number(browser, claire, anne, dupont, boss_log):
    [message] = store.file(dupont, [filing(letter())])
    Thread.objects.update(assigned_to=claire)
    equip(claire)
    Preference.objects.create(user=claire, theme="dark")
    User.objects.filter(pk=claire.pk).update(leaving_at=timezone.now())
    before = AuditEvent.objects.filter(actor_id=claire.pk).count()
    assert erasure.erase_due(timezone.now()) == 1
    gone = User.objects.get(pk=claire.pk)
    assert (gone.get_full_name(), gone.phone, gone.rpps, gone.is_active) == ("Compte EFFACÉ", "", "", False)
    assert gone.login == f"efface-{claire.pk.hex}" and not gone.has_usable_password() and gone.erased_at
    for model in (Session, TOTPDevice, Notice, Preference, Membership):
        assert not model.objects.filter(user=claire).exists(), model
    assert Thread.objects.get(pk=message.thread_id).assigned_to is None
    assert AuditEvent.objects.filter(actor_id=claire.pk).count() > before, "who acted stays told, by a number"
    boss_log.refresh_from_db()
    assert "MARTIN" not in boss_log.object_repr
    assert browser.get("/moi/").status_code == 302


def test_no_table_names_who_was_erased_and_a_homonym_s_longer_name_stays(claire, anne, dupont, boss_log):
    """Invitations by login, requests by RPPS, the administration's log of memberships: all columns of all tables are read."""
    User.objects.filter(pk=claire.pk).update(
        first_name="Zoé", last_name="Qwxyz", login="zoe@qwxyz.example", rpps="99900000999"
    )
    claire.refresh_from_db()
    now, member = timezone.now(), Membership.objects.get(user=claire)
    Enrolment.objects.create(rpps=claire.rpps, reference=b"r", head=b"h", asked_at=now, until=now)
    Invitation.objects.create(mailbox=dupont, name=claire.login, role="member", state="accepted", at=now, until=now)
    for said in (str(member), "Marie-Zoé QWXYZEN – ailleurs"):
        told = json.dumps([{"changed": {"name": "membre", "object": said}}])
        LogEntry.objects.create(
            user=anne,
            content_type=boss_log.content_type,
            object_id="1",
            object_repr=said,
            action_flag=2,
            change_message=told,
        )
    User.objects.filter(pk=claire.pk).update(leaving_at=now)
    assert erasure.erase_due(now) == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'jsonb')"
        )
        columns = cursor.fetchall()
        each = [f'SELECT \'{table}\', "{name}"::text AS x FROM "{table}"' for table, name in columns]
        cursor.execute(f"SELECT * FROM ({' UNION ALL '.join(each)}) y WHERE x ~* 'qwxyz|99900000999'")
        left = cursor.fetchall()
    assert [table for table, said in left if "QWXYZEN" not in said] == [] and len(left) == 2


def test_nobody_leaves_what_would_be_nobody_s(client, sign_in, anne, claire, annes_box, dupont):
    sign_in(client, anne)
    page = client.get("/moi/suppression/").text
    assert "Vous êtes titulaire de Pharmacie Dupont" in page and "seul responsable" in page
    client.post("/moi/suppression/", LEAVE)
    assert User.objects.get(pk=anne.pk).leaving_at is None
    Tenant.objects.update(holder=claire)
    Membership.objects.filter(user=claire).update(role="manager")
    client.post("/moi/suppression/", LEAVE)
    Tenant.objects.update(holder=anne)  # since then
    assert erasure.erase_due(timezone.now() + WEEK) == 0 and User.objects.get(pk=anne.pk).is_active
    Tenant.objects.update(holder=claire)
    assert erasure.erase_due(timezone.now() + 2 * WEEK) == 1
    assert Mailbox.objects.get(pk=annes_box.pk).state == "closed"


@pytest.mark.soak
def test_an_administrator_asks_another_one_first(client, sign_in, make_user):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True))
    client.post("/moi/suppression/", LEAVE)
    assert not User.objects.filter(leaving_at__isnull=False).exists()


@pytest.fixture
def boss_log(make_user, claire) -> LogEntry:
    boss = make_user("admin@x.example", "Ada", "Ministre", is_staff=True)
    kind = ContentType.objects.get_for_model(User)
    return LogEntry.objects.create(
        user=boss,
        content_type=kind,
        object_id=str(claire.pk),
        object_repr=str(claire),
        action_flag=2,
        change_message="x",
    )
