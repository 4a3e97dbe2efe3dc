"""What is not taken for a backup, and what one never holds: nothing is written before all of it is known."""

import base64
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from mailbox import store
from mailbox.management.backup import objects, restoring, wrapped
from mailbox.models import Blob, MailboxKey
from mssweb.audit import backups
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from mssweb.audit.tasks import look_for_backup
from mssweb.backup import engine, folder
from mssweb.backup.manifest import Manifest, Unfit, name_of
from tests.conftest import verified_session
from tests.mailbox.backup.conftest import run
from tests.mailbox.test_blobs import keep_objects
from tests.mailbox.test_store import filing, letter

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
LETTERS = [filing(letter(message_id=f"{n}@x")) for n in range(3)]


@pytest.fixture
def made(dupont, annes_box, tmp_path, recovery, settings):
    """A backup whose keys are true and whose dump is none: all that is refused before a database is touched."""
    root = tmp_path / "backups"
    with folder.writing(root):
        public = base64.b64decode(settings.BACKUP_PUBLIC_KEY)
        one = folder.begin(root, name_of(NOW), public)
        one.add("keys", wrapped.lines())
        one.add("database", [b"PGDMP"])
        one.finish(
            Manifest(
                name=one.name, snapshot_at=NOW, version="9.9", server=180000, sealed_to="x", has_directory=True,
                migrations={"mailbox": ("0001_initial", "9999_of_tomorrow")}, counts={}, files=one.files,
            )
        )  # fmt: skip
    return folder.Made(root)


def refused(made, recovery, *more: object) -> str:
    with pytest.raises(CommandError) as fault:
        run("restore", "--from", made.path, "--private-key", recovery, *more)
    return str(fault.value)


def test_the_master_keys_at_hand_open_it_or_it_is_said_which_one_lacks(made, recovery, settings):
    asked = ("restore", "--from", made.path, "--private-key", recovery, "--check-master")
    assert run(*asked) == f"{made.path}: whole, 2 wrapped keys, all opened by the master keys at hand\n"
    other = base64.b64encode(b"o" * 32).decode()
    for ring, told in ((f"other:{other}", "master key 'test' is not in this"), (f"test:{other}", "does not open with")):
        settings.MASTER_KEYS = ring
        assert told in refused(made, recovery, "--check-master")


def test_what_was_changed_by_one_byte_is_refused(made, recovery):
    for path, told in ((made.place("database"), "database: "), (made.place("keys"), "keys: ")):
        sound = path.read_bytes()
        for changed in (sound[:-1] + bytes([sound[-1] ^ 1]), sound[:-1], sound + b"x"):
            path.write_bytes(changed)
            assert refused(made, recovery).startswith(told)
        path.write_bytes(sound)


def test_a_manifest_that_does_not_match_is_refused(made, recovery):
    place = made.path / "manifest.json"
    sound = place.read_text()
    for changed in (
        "", "[]", "[" * 100_000, sound[:-20], sound.replace('"server": 180000', '"server": "x"'),
        sound.replace(made.manifest.name, "20261127T020001Z"), sound.replace('"format": 1', '"format": 2'),
        sound.replace('"keys"', '"../keys"'), sound.replace('"size": ', '"size": 1'),
    ):  # fmt: skip
        place.write_text(changed)
        assert refused(made, recovery)
    place.write_text(sound)
    assert "digest was noted" in refused(made, recovery, "--expect", f"{made.manifest.name}:{'0' * 64}")
    assert "9999_of_tomorrow is not known here" in refused(made, recovery, "--expect", made.digest)


def test_without_its_private_key_nothing_of_it_is_opened(made, recovery, tmp_path):
    with pytest.raises(CommandError, match="its private half is needed"):
        run("restore", "--from", made.path)
    other = tmp_path / "other"
    assert "Take" in run("backup", "--new-key", other)
    assert (other.stat().st_mode & 0o777, recovery.stat().st_mode & 0o777) == (0o600, 0o600)
    assert refused(made, other) == "that private key does not open it"
    with pytest.raises(CommandError, match="File exists"):
        run("backup", "--new-key", other)
    assert "no private key" in refused(made, tmp_path / "other.pub")


def test_a_backup_is_sealed_unless_one_says_otherwise(db, settings, tmp_path):
    settings.BACKUP_PUBLIC_KEY = ""
    with pytest.raises(CommandError, match=r"BACKUP_PUBLIC_KEY .* is missing"):
        run("backup", "--to", tmp_path)
    settings.BACKUP_PUBLIC_KEY = "eHg="
    with pytest.raises(CommandError, match="is no public key"):
        run("backup", "--to", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_fails_is_told_and_leaves_nothing_that_is_taken_for_one(tmp_path, recovery, monkeypatch):
    def breaks(*_: object):
        yield b"PGDMP"
        raise engine.Failed("pg_dump failed")

    monkeypatch.setattr(engine, "dump", breaks)
    with pytest.raises(CommandError, match=r"^pg_dump failed$"):
        run("backup", "--to", tmp_path / "backups")
    assert sorted(path.name for path in (tmp_path / "backups").rglob("*")) == [".lock", "keys"]
    with pytest.raises(Unfit, match="there is no backup"):
        folder.Made(tmp_path / "backups")
    assert AuditEvent.objects.get(action="backup.done").result == "error"
    assert backups.age(timezone.now()) is None


def test_all_columns_of_wrapped_keys_are_saved():
    """A column added to the table and not to the file would be lost by a restoration."""
    assert {column.attname for column in MailboxKey._meta.concrete_fields} == set(wrapped.COLUMNS)
    assert [field.name for field in fields(wrapped.Wrapped)] == list(wrapped.COLUMNS)


def test_a_file_of_keys_that_does_not_read_is_refused(dupont):
    [line] = wrapped.lines()
    assert list(wrapped.read([line[:9], line[9:], line]))[1].mailbox_id == dupont.pk
    for hostile in (line[:-1], b"\n", line.replace(b"\t", b" "), b"x" * 10_000_000, line.replace(b"-", b"\xff")):
        with pytest.raises(Unfit, match="does not read"):
            list(wrapped.read([hostile]))


def test_objects_are_told_once_copied_when_asked_and_put_back_where_they_lack(dupont, settings, tmp_path, monkeypatch):
    store_folder, copies = keep_objects(settings, tmp_path / "store"), tmp_path / "copies"
    _, lost, destroyed = (message.blob_id for message in store.file(dupont, LETTERS))
    listed = tmp_path / "objects.tsv"
    listed.write_bytes(b"".join(objects.lines(None, copies)))
    assert len(listed.read_text().splitlines()) == 3
    reads = []
    real = objects.blobs.object_of
    monkeypatch.setattr(objects.blobs, "object_of", lambda pk: reads.append(pk) or real(pk))
    assert b"".join(objects.lines(listed, copies)) == listed.read_bytes()
    assert reads == [], "an object never changes: what was told is told again"
    for blob_id in (lost, destroyed):
        [path] = store_folder.rglob(str(blob_id))
        path.unlink()
    [copy] = copies.rglob(str(destroyed))
    copy.unlink()
    found = objects.put_back(listed, copies)
    assert (found.there, found.restored, found.missing) == (1, 1, 1)
    assert objects.blobs.read(Blob.objects.get(pk=lost), dupont) == letter(message_id="1@x")
    [path] = store_folder.rglob(str(lost))
    path.unlink()
    [copy] = copies.rglob(str(lost))
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(Unfit, match="is not what the backup says"):
        objects.put_back(listed, copies)


def test_an_old_backup_is_an_alarm_in_the_log_by_the_command_and_in_the_administration(
    client, make_user, settings, caplog
):
    verified_session(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    page = "/admin/audit/auditevent/"
    with pytest.raises(CommandError, match="no backup was ever made"):
        run("backup", "--last")
    look_for_backup()
    assert "no backup" not in caplog.text, "an installation that makes none elsewhere is not cried at"
    assert "Aucune sauvegarde" in client.get(page).content.decode()
    event = record("backup.done")
    look_for_backup()
    assert "hours old" in run("backup", "--last") and "Dernière sauvegarde" in client.get(page).content.decode()
    AuditEvent.objects.filter(pk=event.pk).update(at=timezone.now() - timedelta(hours=27))
    record("backup.done", result="error")
    with pytest.raises(CommandError, match="the last backup is 27 hours old"):
        run("backup", "--last")
    assert not caplog.text
    look_for_backup()
    assert "no backup since 27 hours" in caplog.text
    assert "SAUVEGARDE EN RETARD" in client.get(page).content.decode()


def test_a_backup_made_between_two_migrations_that_are_one_here_is_refused():
    """Django would leave its tables as they are, and say nothing."""
    folded = MigrationLoader(None).disk_migrations["mailbox", "0001_initial"].replaces
    whole = ["0001_initial", *(name for _, name in folded)]

    def of(*names: str) -> SimpleNamespace:
        return SimpleNamespace(
            made=SimpleNamespace(manifest=SimpleNamespace(migrations={"mailbox": names}, version="9.9"))
        )

    assert len(whole) > 1
    for names in (whole[:1], whole[:3], whole[1:]):
        with pytest.raises(Unfit, match="one here"):
            restoring.check_schema(of(*names))
    restoring.check_schema(of(*whole))
