"""Database roles: web appends to the audit and cannot rewrite it; smtpd writes arrivals and cannot read mail."""

from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from mailbox import store
from mailbox.models import Arrival, UsedAddress, open_mailbox
from mailbox.traces.values import columns
from mailbox.traces.write import INSERT
from mailbox.watching import tallies
from mssweb import settings as configured
from mssweb.audit import keeper
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from mssweb.audit.verify import verify
from tests.mailbox.test_store import filing, letter
from tests.mailbox.traces.test_refusals import LINE


@contextmanager
def role(name: str):
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


@pytest.fixture
def _roles(db):
    call_command("grant_roles")


@pytest.mark.usefixtures("_roles")
def test_web_appends_audit_events_and_can_neither_change_nor_delete_one(dupont):
    with role("mssweb_web"):
        event = record("message.open", mailbox_id=dupont.pk)
        assert AuditEvent.objects.get(pk=event.pk).action == "message.open"
        for sql in (
            "UPDATE audit_auditevent SET result = 'no'",
            "DELETE FROM audit_auditevent",
            "TRUNCATE audit_auditevent",
        ):
            assert refused(sql), sql


@pytest.mark.usefixtures("_roles")
def test_web_and_worker_use_addresses_and_give_none_back(dupont, tenant, domain):
    for name in ("mssweb_web", "mssweb_worker"):
        with role(name):
            address = f"{name}@{domain.name}"
            open_mailbox(tenant=tenant, domain=domain, address=address, kind="ORG", display_name="x", state="active")
            assert UsedAddress.objects.filter(address=address).exists()
            for sql in ("DELETE FROM mailbox_usedaddress", "UPDATE mailbox_usedaddress SET skeleton = address"):
                assert refused(sql), sql


@pytest.mark.usefixtures("_roles")
def test_only_the_keeper_chains_and_purges_and_even_he_rewrites_nothing():
    """Web has no way to become the keeper; worker has, and until then may do what web may."""
    chain = ("audit_link", "audit_dayhead", "audit_purge")
    with role("mssweb_worker"):
        record("message.open")
        for table in chain:
            assert refused(f"DELETE FROM {table}"), table
        assert refused("DELETE FROM audit_auditevent") and refused("UPDATE audit_auditevent SET link = 1")
        assert keeper.chain_due(timezone.now()) == 1
        assert verify().events == 1
        assert refused("DELETE FROM audit_auditevent")  # nobody stays the keeper
    with role("mssweb_web"):
        for table in chain:
            assert not refused(f"SELECT * FROM {table}"), table
            for sql in (
                f"INSERT INTO {table} DEFAULT VALUES",
                f"UPDATE {table} SET key_id = ''",
                f"DELETE FROM {table}",
            ):
                assert refused(sql), sql
    with role("mssweb_keeper"):
        for sql in (
            "UPDATE audit_auditevent SET result = ''", "UPDATE audit_link SET count = 0", "UPDATE audit_dayhead SET count = 0",
            "UPDATE audit_purge SET events = 0", "DELETE FROM audit_dayhead", "DELETE FROM audit_purge",
            "SELECT * FROM mailbox_message", "SELECT * FROM auth_otp_user",
        ):  # fmt: skip
            assert refused(sql), sql
        assert not refused("DELETE FROM audit_auditevent") and not refused("DELETE FROM audit_link")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(r, 'mssweb_keeper', 'SET') FROM unnest('{mssweb_worker,mssweb_web,mssweb_smtpd}'::name[]) r"
        )
        assert [row[0] for row in cursor.fetchall()] == [True, False, False]
        cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'mssweb_keeper'")
        assert cursor.fetchone() == (False,)


@pytest.mark.usefixtures("_roles")
def test_smtpd_reads_public_keys_and_appends_arrivals_and_nothing_else(dupont):
    store.file(dupont, [filing(letter())])
    arrival = Arrival(mailbox=dupont, arrived_at=timezone.now(), due_at=timezone.now(), size=1, box=b"sealed")
    with role("mssweb_smtpd"), connection.cursor() as cursor:
        cursor.execute("SELECT id, address, state, public_key, quota_bytes, used_bytes FROM mailbox_mailbox")
        assert cursor.fetchone()[1] == dupont.address
        arrival.save(force_insert=True)
        for table in (
            "mailbox_message", "mailbox_blob", "mailbox_mailboxkey", "mailbox_searchentry", "mailbox_thread",
            "mailbox_draft", "mailbox_arrival", "mailbox_submission", "mailbox_recipient", "auth_otp_user",
            "auth_otp_session", "audit_auditevent", "mailbox_patient", "mailbox_seen", "directory_apikey",
            "directory_apiprogram", "mailbox_membership", "mailbox_folder", "mailbox_listing", "mailbox_halt",
            "audit_link", "audit_dayhead", "audit_purge", "mailbox_peer", "mailbox_tally", "mailbox_probe", "mailbox_incident",
            "mailbox_watched", "mailbox_whitelistsource", "mailbox_life", "mailbox_lifestep", "mailbox_usedaddress",
            "mailbox_mailboxrequest", "mailbox_closurenotice", "mailbox_noticechannel", "mailbox_transaction",
            "mailbox_flow", "mailbox_indicator", "mailbox_indicatormonth", "mailbox_threadevent", "mailbox_note",
            "mailbox_mention", "mailbox_handover", "mailbox_invitation",
        ):  # fmt: skip
            assert refused(f"SELECT * FROM {table}"), table
        cursor.execute(tallies.INSERT, tallies.columns({("received", "2xx"): 1}))
        cursor.execute(INSERT, columns([LINE]))
        assert refused("DELETE FROM mailbox_transaction") and refused("INSERT INTO mailbox_flow DEFAULT VALUES")
        assert refused("DELETE FROM mailbox_tally") and refused("UPDATE mailbox_tally SET value = 0")
        assert refused("SELECT display_name FROM mailbox_mailbox")
        assert refused("DELETE FROM mailbox_arrival")
        assert refused("UPDATE mailbox_mailbox SET public_key = ''")


@pytest.mark.usefixtures("_roles")
def test_backup_reads_every_table_appends_to_the_journal_and_does_nothing_else():
    tables = connection.introspection.table_names()
    with role("mssweb_backup"):
        assert not any(refused(f"SELECT * FROM {table} LIMIT 1") for table in tables)
        assert AuditEvent.objects.get(pk=record("backup.done").pk).action == "backup.done"
        for table in tables:
            for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                assert refused(sql), sql
        for sql in (
            "UPDATE audit_auditevent SET result = ''", "UPDATE auth_otp_user SET is_superuser = true",
            "INSERT INTO mailbox_lease DEFAULT VALUES", "INSERT INTO mailbox_arrival DEFAULT VALUES",
        ):  # fmt: skip
            assert refused(sql), sql
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = 'mssweb_backup'::regrole")
        assert cursor.fetchone() == (0,), "it becomes nobody else"


@pytest.mark.usefixtures("_roles")
def test_traces_are_read_by_web_appended_and_purged_by_worker_and_changed_by_nobody():
    counted = ("mailbox_flow", "mailbox_indicator", "mailbox_indicatormonth")
    with role("mssweb_web"):
        for table in ("mailbox_transaction", *counted):
            assert not refused(f"SELECT * FROM {table}"), table
            for sql in (f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}"):
                assert refused(sql), sql
    with role("mssweb_worker"), connection.cursor() as cursor:
        cursor.execute(INSERT, columns([LINE]))
        assert refused("UPDATE mailbox_transaction SET code = 250")
        for table in ("mailbox_transaction", *counted):
            assert not refused(f"DELETE FROM {table}"), table


@pytest.mark.usefixtures("_roles")
def test_web_keeps_the_map_of_the_annuaire_and_of_no_other_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND has_table_privilege('mssweb_web', oid, 'MAINTAIN')"
        )
        assert cursor.fetchall() == [("directory_entry",)]


def test_no_statement_of_a_page_lasts(monkeypatch):
    monkeypatch.setattr(configured, "PROCESS", "web")
    assert "-c statement_timeout=20s" in configured.database()["OPTIONS"]["options"]
    monkeypatch.setattr(configured, "PROCESS", "worker")
    assert "statement_timeout" not in configured.database()["OPTIONS"]["options"]
