"""The drill: a backup is made while mail arrives, everything is lost, and another machine has it all again."""

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from auth_otp.models import Session
from mailbox import blobs, store
from mailbox.inbound.drain import drain
from mailbox.management.backup import restoring
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mailbox.models import Arrival, MailboxKey, Message, open_mailbox
from mssweb.audit import keeper
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from mssweb.backup import engine
from tests.conftest import PASSWORD
from tests.depth import SOAK
from tests.mailbox.backup.conftest import as_backup, run
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.test_store import NOW, filing, letter
from tests.rival import another_connection

SCAN = bytes(range(256)) * 500
ONE_MORE = """
INSERT INTO mailbox_arrival SELECT gen_random_uuid(), mailbox_id, arrived_at, size, mail_from, peer_address, peer_dn,
       peer_serial, tls, edition_id, box, attempts, due_at FROM mailbox_arrival
"""
RIGHTS = """
SELECT has_table_privilege('mssweb_smtpd', 'mailbox_arrival', 'INSERT'),
       has_table_privilege('mssweb_smtpd', 'mailbox_message', 'SELECT')
"""


def written(box) -> bytes:
    return compose(
        Outgoing(
            from_=Address("Dr", "f.lemaire@hopital.mssante.example"), to=(Address("", box.address),), subject="Bilan",
            text="apixaban 5 mg", files=(OutgoingFile("scan.pdf", "application/pdf", SCAN),), message_id="o@x.example", date=NOW,
        )
    )  # fmt: skip


@pytest.fixture
def lived(transactional_db, dupont, annes_box, claire, sign_in):
    """Letters with files, one that waits to be filed, a session, a chained journal."""
    run("grant_roles")
    store.file(annes_box, [filing(letter(message_id=f"{n}@x")) for n in range(3)])
    [message] = store.file(dupont, [filing(written(dupont))])
    arrive(dupont, letter(message_id="before@x"))
    sign_in(Client(), claire)
    record("message.open", mailbox_id=dupont.pk)
    keeper.chain_due(timezone.now())
    return message


@pytest.mark.usefixtures("cleared")
def test_what_was_lost_is_there_again_on_another_machine(lived, dupont, claire, tmp_path, recovery, moved, monkeypatch):
    root, real = tmp_path / "backups", engine.dump

    def meanwhile(instant, without):
        """A letter arrives once the instant is taken, and is answered 250 at once: it is in the next backup."""
        given = connection.get_connection_params()
        with psycopg.connect(host=given["host"], user=given["user"], dbname=given["dbname"]) as smtpd:
            smtpd.execute(ONE_MORE)
        yield from real(instant, without)

    monkeypatch.setattr(engine, "dump", meanwhile)
    with as_backup():
        told = run("backup", "--to", root)
    assert Arrival.objects.count() == 2
    [noted] = [line for line in told.splitlines() if line.startswith("manifest ")]
    event = AuditEvent.objects.get(action="backup.done")
    assert (event.result, event.facts["manifest"]) == ("ok", noted.rpartition(":")[2])
    for path in root.rglob("*"):
        assert not path.is_file() or (
            b"apixaban" not in path.read_bytes() and dupont.address.encode() not in path.read_bytes()
        )

    with moved():
        said = run("restore", "--from", root, "--private-key", recovery, "--expect", noted.removeprefix("manifest "))
        assert "verify_store:\n11 boxes checked, 0 broken\n" in said  # 2 keys, 4 letters twice, the arrival
        assert "verify_audit:\nwhole: " in said
        assert engine.unfinished() == "" and not Session.objects.exists()
        assert blobs.read(Message.objects.get(pk=lived.pk).blob, dupont) == written(dupont)
        assert drain(timezone.now()) == 1, "what was answered 250 before the backup is filed after it"
        claire.refresh_from_db()
        assert claire.check_password(PASSWORD)
        with pytest.raises(CommandError, match="the database is not empty"):
            run("restore", "--from", root, "--private-key", recovery)
        with connection.cursor() as cursor:
            cursor.execute(RIGHTS)
            assert cursor.fetchone() == (True, False)


@pytest.mark.django_db(transaction=True)
def test_no_table_is_made_anew_while_a_backup_lasts_and_mail_goes_on(dupont):
    """As a first load of the annuaire does: the new table would be empty in the instant that is saved."""
    with another_connection() as other:
        with engine.snapshot() as instant:
            for table in ("directory_entry", "mailbox_message"):
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT")
                other.rollback()
            other.execute("UPDATE mailbox_mailbox SET modseq = 7")
            other.commit()
            assert engine.counts(["mailbox_mailbox"]) == {"mailbox_mailbox": 1} and "audit_link" in instant.tables
            dupont.refresh_from_db()
            assert dupont.modseq == 0, "one instant"
        other.execute("LOCK TABLE directory_entry IN ACCESS EXCLUSIVE MODE NOWAIT")


class Killed(BaseException):
    """Nothing catches it, as nothing catches a signal."""


def die(*_: object, **__: object) -> None:
    raise Killed


def cut(pieces):
    """The dump stops half-way, as it does for a tool whose parent is gone."""
    yield next(iter(pieces))[:20_000]
    raise Killed


LOAD = engine.load
STEPS = (
    (engine, "load", lambda pieces: LOAD(cut(pieces))), (restoring.wrapped, "put_back", die), (restoring, "_compare", die),
    (restoring, "call_command", die), (restoring, "record", die),
)  # fmt: skip


@pytest.mark.usefixtures("cleared", "lived")
def test_a_restoration_that_was_killed_says_so_until_it_is_begun_again(tmp_path, recovery, moved, monkeypatch):
    root = tmp_path / "backups"
    run("backup", "--to", root)
    asked = ("restore", "--from", root, "--private-key", recovery)
    with moved():
        for number, (place, name, act) in enumerate(STEPS if SOAK else STEPS[:2]):
            with monkeypatch.context() as killing:
                killing.setattr(place, name, act)
                with pytest.raises(Killed):
                    run(*asked, *(["--again"] if number else []))
            connection.close()
            assert engine.unfinished()
            with pytest.raises(CommandError, match=r"did not end: manage\.py restore --again"):
                run("settle")
            with pytest.raises(CommandError, match="did not end: --again takes it away"):
                run(*asked)
        if SOAK:  # the suite begins one again to its end below
            assert ", 0 broken\nverify_audit:\nwhole: " in run(*asked, "--again")
            assert engine.unfinished() == ""


@pytest.mark.usefixtures("cleared", "lived")
def test_an_older_schema_is_restored_then_migrated_and_later_keys_leave_the_destroyed_ones_destroyed(
    dupont, annes_box, tmp_path, recovery, moved, settings
):
    older, later = tmp_path / "older", tmp_path / "later"
    run("backup", "--to", older, "--without-directory")
    MailboxKey.objects.filter(mailbox=annes_box).delete()
    of_tomorrow = {"address": f"garde@{dupont.domain.name}", "kind": "ORG", "display_name": "Garde"}
    open_mailbox(tenant=dupont.tenant, domain=dupont.domain, **of_tomorrow)
    run("backup", "--to", later)
    [keys] = (older / "keys").iterdir()
    keys.unlink()  # thirty days are over
    asked = ("restore", "--from", older, "--private-key", recovery)
    settings.MIGRATION_MODULES = {"auth_otp": "tests.mailbox.backup.later"}
    with moved():
        with pytest.raises(CommandError, match=r"^keys: .* does not read: No such file"):
            run(*asked)
        assert engine.is_empty(), "what is refused has touched nothing"
        engine.mark("20261126T020000Z")  # somebody began one, and was killed
        with pytest.raises(CommandError, match="1 boxes do not open"):
            run(*asked, "--keys-from", later, "--again")
        assert engine.unfinished() == ""
        assert list(MailboxKey.objects.values_list("mailbox_id", flat=True)) == [dupont.pk]
        assert "auth_otp_later" in connection.introspection.table_names(), "the table of a later version"
