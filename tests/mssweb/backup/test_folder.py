"""The folder of backups: whole ones have a name, killed ones have none; keys go after thirty days, and nothing else does."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mssweb.backup import folder
from mssweb.backup.manifest import Manifest, Unfit, differences, name_of, newer
from tests.peers import ROOT

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
HALF = """
import os, signal, sys
from pathlib import Path
from mssweb.backup import folder

def killed():
    yield b"PGDMP half"
    os.kill(os.getpid(), signal.SIGKILL)

with folder.writing(Path(sys.argv[1])):
    making = folder.begin(Path(sys.argv[1]), "20261128T020000Z", None)
    making.add("keys", [b"keys"])
    making.add("database", killed())
"""


def manifest(making, **fields) -> Manifest:
    given = {
        "name": making.name, "snapshot_at": NOW, "version": "0.1", "server": 180006, "sealed_to": "", "has_directory": True,
        "migrations": {"mailbox": ("0001_initial",)}, "counts": {"mailbox_message": 3}, "files": making.files,
    }  # fmt: skip
    return Manifest(**given | fields)


def make(root, moment=NOW, pieces=(b"PGDMP",)):
    with folder.writing(root):
        making = folder.begin(root, name_of(moment), None)
        making.add("keys", [b"keys"])
        making.add("database", pieces)
        return making.finish(manifest(making))


def test_a_backup_is_found_again_as_it_was_made_and_is_its_owner_s_alone(tmp_path):
    digest = make(tmp_path)
    made = folder.Made(tmp_path)
    assert (made.digest, made.manifest.counts, made.manifest.snapshot_at) == (digest, {"mailbox_message": 3}, NOW)
    assert made.path == tmp_path / "20261127T020000Z"
    for kind in ("keys", "database"):
        made.check(kind)
        assert made.place(kind).stat().st_mode & 0o777 == 0o600
    assert made.path.stat().st_mode & 0o777 == 0o700
    with pytest.raises(folder.Busy, match="is there already"):
        make(tmp_path)
    make(tmp_path, NOW + timedelta(days=1))
    assert folder.Made(tmp_path).manifest.name == "20261128T020000Z", "the newest"
    assert folder.Made(made.path).digest == digest


def test_one_that_was_killed_is_none_and_goes_with_the_next(tmp_path):
    make(tmp_path)

    killed = subprocess.run([sys.executable, "-c", HALF, tmp_path], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / ".20261128T020000Z" / "database").exists() and not (tmp_path / "20261128T020000Z").exists()
    assert folder.Made(tmp_path).manifest.name == "20261127T020000Z"
    with pytest.raises(Unfit, match=r"is no backup|there is no backup"):
        folder.Made(tmp_path / ".20261128T020000Z")
    make(tmp_path, NOW + timedelta(days=2))
    assert not list(tmp_path.rglob(".2026*"))
    assert folder.Made(tmp_path).manifest.name == "20261129T020000Z"


def test_two_backups_are_not_made_at_once_in_a_folder(tmp_path):
    with folder.writing(tmp_path), pytest.raises(folder.Busy), folder.writing(tmp_path):
        pass
    with folder.writing(tmp_path):
        pass


def test_keys_older_than_thirty_days_are_destroyed_and_nothing_else_is(tmp_path):
    for days in (31, 29, 0):
        make(tmp_path, NOW - timedelta(days=days))
    for stranger in ("20200101T000000Z.txt", "readme", "99999999T999999Z"):
        (tmp_path / "keys" / stranger).write_text("x")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    os.utime(tmp_path / "keys" / name_of(NOW - timedelta(days=31)))  # a copy has today's date
    assert folder.prune(tmp_path, NOW) == ["20261027T020000Z"]
    assert before - {path for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "keys" / "20261027T020000Z"}
    with pytest.raises(Unfit, match=r"^keys: "):
        folder.Made(tmp_path / "20261027T020000Z").check("keys")


def test_whole_backups_go_when_they_are_old_and_the_newest_never_does(tmp_path):
    for days in (40, 20, 10):
        make(tmp_path, NOW - timedelta(days=days))
    with folder.writing(tmp_path):
        assert folder.expire(tmp_path, NOW, 15) == ["20261018T020000Z", "20261107T020000Z"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "20261117T020000Z", "keys"]
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["20261117T020000Z"]
    with folder.writing(tmp_path):
        assert folder.expire(tmp_path, NOW + timedelta(days=900), 15) == []


def test_what_is_not_sealed_is_not_taken_for_what_is(tmp_path):
    make(tmp_path)
    with pytest.raises(Unfit, match="it is not sealed"), folder.Made(tmp_path).pieces("keys", b"x" * 96):
        pass


def test_what_is_newer_or_has_not_the_rows_is_named(tmp_path):
    make(tmp_path)
    told = folder.Made(tmp_path).manifest
    assert newer(told, [("mailbox", "0001_initial"), ("mailbox", "0002_x")]) == []
    assert newer(told, [("mailbox", "0002_x")]) == ["mailbox.0001_initial"]
    assert differences(told, {"mailbox_message": 3}) == []
    assert differences(told, {"mailbox_message": 2, "mailbox_new": 0}) == ["mailbox_message", "mailbox_new"]
