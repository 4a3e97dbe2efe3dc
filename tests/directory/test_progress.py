"""A load is seen while it lasts, from another connection; one that was killed is known as interrupted."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from directory import progress, sync
from directory.models import DirectoryLoad, LoadRun, Organization
from directory.models.run import SILENCE
from mssweb import embedded
from tests.directory.conftest import mailbox_text
from tests.peers import ROOT

NAME = "Extraction_Correspondance_MSSante_202611230200.txt"


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / NAME
    file.write_text(mailbox_text())
    return file


@contextmanager
def blocked(table: str):
    """Whoever writes that table waits."""
    dsn = embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "", connection.settings_dict["NAME"])
    with psycopg.connect(dsn) as other:
        other.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield


def until(is_so, process) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def loader(path: Path) -> subprocess.Popen[str]:
    name = connection.settings_dict["NAME"]
    given = {**os.environ, "DATABASE_URL": embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "", name)}
    command = [sys.executable, "manage.py", "sync_directory", str(path)]
    return subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.kill
@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_load_is_seen_while_its_transaction_lasts_and_killed_it_is_interrupted_and_taken_again(path):
    sync.load([path], clock=timezone.now)  # so that the next one loads in place
    path.write_text(mailbox_text().replace("Lévêque", "Levesque"))
    started = timezone.now()
    with blocked("directory_practitioner"):
        process = loader(path)
        try:
            until(lambda: LoadRun.objects.filter(phase="merging", beat_at__gt=started).exists(), process)
            run = LoadRun.objects.first()
            assert (run.file_name, run.is_alive(timezone.now()), run.finished_at) == (NAME, True, None)
            with pytest.raises(progress.Busy), progress.claimed(timezone.now):
                pass
        finally:
            process.kill()
            process.communicate()
    load = DirectoryLoad.objects.first()
    assert load.state == "running"
    last = LoadRun.objects.get(pk=run.pk).beat_at
    assert not run.is_alive(last + SILENCE + timedelta(seconds=1))
    LoadRun.objects.filter(pk=run.pk).update(beat_at=last - SILENCE)  # nobody beats any more: time may pass
    [again] = sync.load([path], clock=timezone.now)
    load.refresh_from_db()
    assert (load.state, again.state) == ("stopped", "done")
    assert load.finished_at
    assert Organization.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_steps_are_told_in_order_and_written_by_a_connection_that_sees_no_transaction(path, monkeypatch):
    monkeypatch.setattr(progress, "BEAT_SECONDS", 0.001)
    steps: list[progress.Step] = []
    [load] = sync.load([path], clock=timezone.now, tick=steps.append)
    assert list(dict.fromkeys(step.phase for step in steps)) == [
        "opening", "waiting", "reading", "merging", "entries", "indexing",
    ]  # fmt: skip
    assert max(step.percent for step in steps) == 99
    run = load.run
    run.refresh_from_db()
    assert run.finished_at
    assert not run.is_alive(timezone.now())


def test_what_remains_is_told_at_the_pace_so_far():
    now = timezone.now()
    run = LoadRun(phase="reading", phase_at=now, percent=25, beat_at=now + timedelta(seconds=10))
    assert run.remaining() == timedelta(seconds=30)
    run.percent = 1
    assert run.remaining() is None
    run.percent, run.phase = 50, "merging"
    assert run.remaining() is None


def test_a_run_that_ends_without_its_loads_leaves_none_running(db):
    with progress.begun(timezone.now) as told:
        DirectoryLoad.objects.create(file_name="x.txt", started_at=timezone.now(), run=told.run)
    assert DirectoryLoad.objects.get().state == "stopped"


def test_only_one_fetches_and_a_silent_one_loses_its_turn(db):
    now = timezone.now()
    with progress.claimed(lambda: now) as told:
        with pytest.raises(progress.Busy), progress.claimed(lambda: now):
            pass
        later = now + SILENCE + timedelta(seconds=1)
        with progress.claimed(lambda: later) as other:
            assert other.run.pk != told.run.pk
    assert not LoadRun.objects.alive(now).exists()


@pytest.mark.django_db(transaction=True)
def test_a_telling_that_fails_is_logged_once_and_the_load_goes_on(path, monkeypatch, caplog):
    monkeypatch.setattr(progress, "BEAT_SECONDS", 0.001)
    monkeypatch.setattr(
        progress, "_TELL", "UPDATE nowhere SET x = %s, a = %s, b = %s, c = %s, d = %s, e = %s WHERE id = %s"
    )
    [load] = sync.load([path], clock=timezone.now)
    assert load.state == "done"
    assert caplog.text.count("progress of a load not told: ProgrammingError") == 1
