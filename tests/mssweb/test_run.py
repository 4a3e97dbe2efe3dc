"""What can be wrong before anything starts is one clear line, not a traceback."""

import fcntl
import os
import socket
import subprocess
import sys

import pytest

from tests.peers import ROOT, free_port


def run(home, **env: str) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "MSSWEB_HOME": str(home),
        "DEMO": "1",
        "PORT": str(free_port()),
        "SMTP_PORT": str(free_port()),
    }
    return subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=given | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("CommandError")]
    return line


@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT"])
def test_a_busy_port_is_named(tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        assert told(run(tmp_path, **{name: port})) == f"CommandError: port {port} is busy: set {name} to another one"


def test_a_second_instance_in_the_same_folder_is_refused(tmp_path):
    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "already runs" in told(run(tmp_path))


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in told(run(tmp_path / "file"))


@pytest.mark.parametrize("process", ["web", "worker"])
def test_without_demo_a_missing_secret_or_a_demonstration_key_refuses_to_start_in_one_line(process):
    env = {"PATH": os.environ["PATH"], "PROCESS": process, "DATABASE_URL": "postgresql:///x", "REDIS_URL": "unix:///x"}
    command = [sys.executable, "-c", "import mssweb.settings"]
    for given, expected in (
        ({}, "SECRET_KEY (or SECRET_KEY_FILE) is missing"),
        ({"SECRET_KEY": "x" * 60}, "MASTER_KEYS (or MASTER_KEYS_FILE) is missing"),
        ({"SECRET_KEY": "demonstration-only-" + "x" * 60, "MASTER_KEYS": "a:b"}, "a demonstration key without DEMO=1"),
    ):
        done = subprocess.run(
            command, cwd=ROOT, env=env | given, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode != 0
        assert expected in done.stderr.splitlines()[-1]


def test_smtpd_starts_without_the_master_key_and_refuses_to_hold_it():
    env = {"PATH": os.environ["PATH"], "PROCESS": "smtpd", "MASTER_KEYS": "a:b", "SECRET_KEY": "x"}
    command = [
        sys.executable,
        "-c",
        "from mssweb import settings; print(repr(settings.MASTER_KEYS), settings.SECRET_KEY)",
    ]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "'' smtpd signs nothing"
