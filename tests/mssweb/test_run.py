"""What can be wrong before anything starts is one clear line, not a traceback."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

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


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "abc"), ("PORT", "70000"), ("SMTP_PORT", "-1"), ("UNDO_SECONDS", "x")]
)
def test_what_is_no_number_or_out_of_bounds_is_named(tmp_path, name, value):
    done = run(tmp_path, **{name: value})
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert re.fullmatch(rf"mssweb: {name}={value}: a number from [01] to \d+ is expected", line)


@pytest.mark.parametrize(("name", "value"), [("DNS_SERVER", "10.0.0.53"), ("ROUTES", "a.example=mx.a.example")])
def test_a_place_without_its_port_is_named(tmp_path, name, value):
    [line] = run(tmp_path, **{name: value}).stderr.splitlines()
    assert line.startswith(f"mssweb: {name}={value}: «")


def test_an_address_that_would_send_the_key_in_clear_is_refused_and_a_key_is_not_shown(tmp_path):
    [line] = run(tmp_path, PUBLISH_URL="http://gateway.example").stderr.splitlines()
    assert line == "mssweb: PUBLISH_URL=http://gateway.example: an address in https:// is expected"
    [line] = run(tmp_path, PUBLISH_KEY="clé-secrète").stderr.splitlines()
    assert line == "mssweb: PUBLISH_KEY: printable ASCII is expected"


def test_a_full_disk_is_said_before_anything_starts(tmp_path, monkeypatch, settings):
    settings.MSSWEB_HOME = tmp_path
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=499 * 1024**2))
    with pytest.raises(CommandError, match=f"^{tmp_path}: less than 500 MB free on this disk$"):
        call_command("run")
    assert not (tmp_path / "postgres").exists()


def test_without_a_fit_python_and_none_to_be_fetched_one_line_says_so(tmp_path):
    """deploy/python on a machine with an old python3 and a uv that reaches no network."""
    programs, clone = tmp_path / "bin", tmp_path / "clone"
    programs.mkdir()
    (clone / "deploy").mkdir(parents=True)
    for name in ("deploy/python", "uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, clone / name)
    for name in ("cat", "cksum", "dirname", "ls", "sort"):
        (programs / name).symlink_to(shutil.which(name))
    refusing = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho one >&2; echo two >&2; exit 2\n'
    for name in ("python3", "uv"):
        (programs / name).write_text(refusing)
        (programs / name).chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash"), clone / "deploy" / "python", "manage.py", "run"],
        env={"PATH": str(programs), "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    [line] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("mssweb: Python 3.12 or newer not found, and none could be fetched")


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
        ({"SECRET_KEY": "x" * 60, "MASTER_KEYS": "a:b"}, "AUDIT_KEYS (or AUDIT_KEYS_FILE) is missing"),
    )[: 4 if process == "worker" else 3]:
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


@pytest.mark.parametrize(
    ("process", "kept"), [("web", ""), ("smtpd", ""), ("beat", ""), ("worker", "a:b"), ("manage", "a:b")]
)
def test_what_chains_the_journal_is_read_by_worker_and_commands_only(process, kept):
    env = {
        "PATH": os.environ["PATH"],
        "PROCESS": process,
        "MASTER_KEYS": "a:b",
        "SECRET_KEY": "x" * 60,
        "AUDIT_KEYS": "a:b",
    }
    command = [sys.executable, "-c", "from mssweb import settings; print(repr(settings.AUDIT_KEYS))"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == repr(kept)


@pytest.mark.parametrize(
    ("base_url", "suffix"),
    [("http://localhost:8320", "_8320"), ("http://127.0.0.1:8321", "_8321"), ("https://mss.example", "")],
)
def test_two_instances_on_one_machine_have_cookies_of_their_own(base_url, suffix):
    env = {
        "PATH": os.environ["PATH"],
        "BASE_URL": base_url,
        "DATABASE_URL": "postgresql:///x",
        "REDIS_URL": "unix:///x",
    }
    names = "SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, BROWSER_COOKIE_NAME"
    code = f"from mssweb.settings import {names}; print({names})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == [f"mssweb_session{suffix}", f"mssweb_csrf{suffix}", f"mssweb_browser{suffix}"]
