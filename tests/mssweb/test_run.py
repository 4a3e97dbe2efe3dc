"""What can be wrong before anything starts is one clear line, not a traceback."""

import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from mssweb.management.commands import run as command
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


_READ = """
import json, os, runpy, sys
from django.core.exceptions import ImproperlyConfigured
for env in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(env)
    try:
        read = runpy.run_module("mssweb.settings")
    except ImproperlyConfigured as refusal:
        print(refusal)
    else:
        print(json.dumps({name: str(value) for name, value in read.items() if name.isupper()}))
"""


def read_with(*environments: dict[str, str]) -> list[str]:
    """What the settings are in each, as JSON, or the line by which they refuse it; the module run anew, in one process."""
    known = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql:///x", "REDIS_URL": "unix:///x"}
    asked = json.dumps([known | ({} if "PROCESS" in env else {"DEMO": "1"}) | env for env in environments])
    done = subprocess.run(
        [sys.executable, "-c", _READ], cwd=ROOT, input=asked, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.splitlines()


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("CommandError")]
    return line


@pytest.fixture
def here(tmp_path, settings):
    """What `run` in this process is given: a folder and ports of its own."""
    settings.MSSWEB_HOME, settings.PORT, settings.SMTP_PORT = tmp_path, free_port(), free_port()
    return settings


@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT"])
def test_a_busy_port_is_named(here, name):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        setattr(here, name, port)
        with pytest.raises(CommandError, match=f"^port {port} is busy: set {name} to another one$"):
            call_command("run")


def test_what_is_no_number_or_out_of_bounds_is_named():
    given = (("PORT", "abc"), ("PORT", "70000"), ("SMTP_PORT", "-1"), ("UNDO_SECONDS", "x"))
    for (name, value), line in zip(given, read_with(*({name: value} for name, value in given)), strict=True):
        assert re.fullmatch(rf"{name}={value}: a number from [01] to \d+ is expected", line)


def test_a_place_without_its_port_is_named():
    given = (("DNS_SERVER", "10.0.0.53"), ("ROUTES", "a.example=mx.a.example"))
    for (name, value), line in zip(given, read_with(*({name: value} for name, value in given)), strict=True):
        assert line.startswith(f"{name}={value}: «")


def test_an_address_that_would_send_the_key_in_clear_is_refused_and_a_key_is_not_shown(tmp_path):
    done = run(tmp_path, PUBLISH_URL="http://gateway.example")
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert line == "mssweb: PUBLISH_URL=http://gateway.example: an address in https:// is expected"
    [line] = read_with({"PUBLISH_KEY": "clé-secrète"})
    assert line == "PUBLISH_KEY: printable ASCII is expected"


def test_a_full_disk_is_said_before_anything_starts(tmp_path, monkeypatch, here):
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


def test_a_folder_that_cannot_be_written_is_said(tmp_path, here):
    here.MSSWEB_HOME = tmp_path / "file"
    here.MSSWEB_HOME.write_text("")
    with pytest.raises(CommandError, match=f"^{here.MSSWEB_HOME}: "):
        call_command("run")


def test_without_demo_a_missing_secret_or_a_demonstration_key_refuses_to_start_in_one_line():
    refusals = (
        ({}, "SECRET_KEY (or SECRET_KEY_FILE) is missing"),
        ({"SECRET_KEY": "x" * 60}, "MASTER_KEYS (or MASTER_KEYS_FILE) is missing"),
        ({"SECRET_KEY": "demonstration-only-" + "x" * 60, "MASTER_KEYS": "a:b"}, "a demonstration key without DEMO=1"),
        ({"SECRET_KEY": "x" * 60, "MASTER_KEYS": "a:b"}, "AUDIT_KEYS (or AUDIT_KEYS_FILE) is missing"),
    )
    asked = [(process, *one) for process in ("web", "worker") for one in refusals[: 4 if process == "worker" else 3]]
    lines = read_with(*({"PROCESS": process, **given} for process, given, _ in asked))
    for (process, given, expected), line in zip(asked, lines, strict=True):
        assert expected in line, (process, given)


def test_whom_run_starts_is_given_all_that_settings_read_and_no_secret_that_is_not_theirs(monkeypatch, tmp_path):
    """No list to keep: a setting that is added to settings.py, documented or not, reaches the processes."""
    text = "".join((ROOT / "mssweb" / name).read_text() for name in ("settings.py", "doors.py"))
    named = set(re.findall(r'\b(?:env|existing|flag|number|shaped|networks)\(\s*"([A-Z_]+)"', text))
    secrets = set(re.findall(r'\bsecret\("([A-Z_]+)"\)', text))
    assert {"CLAMD_SOCKET", "TRASH_DAYS", "IMPORT_MAX_BYTES", "DATABASE_POOL"} <= named and "PUBLISH_KEY" in secrets
    for name in named | secrets:
        monkeypatch.setenv(name, f"a-{name}")
    passed = command._environment(tmp_path)
    given = {name for name in named | secrets if passed.get(name) == f"a-{name}"}
    assert named - given <= {"PROCESS", "DEMO", "PORT", "SMTP_PORT", "MSSWEB_HOME"}, "set by run itself"
    assert given & secrets == {"DATABASE_URL", "REDIS_URL"}
    others = {name for name in command._keys_of_others() if not name.endswith("_FILE")}
    assert others == secrets - {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEYS", "AUDIT_KEYS"}


def test_smtpd_starts_without_the_master_key_and_refuses_to_hold_it():
    [read] = map(json.loads, read_with({"PROCESS": "smtpd", "MASTER_KEYS": "a:b", "SECRET_KEY": "x"}))
    assert (read["MASTER_KEYS"], read["SECRET_KEY"]) == ("", "signs nothing")


def test_the_listener_of_cards_holds_neither_the_master_key_nor_the_one_that_signs_cookies():
    held = {"PROCESS": "cps", "MASTER_KEYS": "a:b", "SECRET_KEY": "x", "AUDIT_KEYS": "a:b", "CPS_EDGE_SECRET": "s" * 40}
    [read] = map(json.loads, read_with(held))
    assert (read["MASTER_KEYS"], read["AUDIT_KEYS"], read["SECRET_KEY"]) == ("", "", "signs nothing")


def test_what_chains_the_journal_is_read_by_worker_and_commands_only():
    kept = {"web": "", "smtpd": "", "beat": "", "worker": "a:b", "manage": "a:b"}
    held = {"MASTER_KEYS": "a:b", "SECRET_KEY": "x" * 60, "AUDIT_KEYS": "a:b"}
    lines = read_with(*({"PROCESS": process, **held} for process in kept))
    assert {process: json.loads(line)["AUDIT_KEYS"] for process, line in zip(kept, lines, strict=True)} == kept


def test_an_empty_line_of_a_file_of_settings_opens_no_administration_to_an_sms():
    """As with the other knobs, «ADMIN_STRONG=» says nothing: it fell open."""
    given = ({}, {"ADMIN_STRONG": ""}, {"ADMIN_STRONG": "0"}, {"ADMIN_STRONG": "1", "DEMO": "1"}, {"DEMO": "1"})
    lines = map(json.loads, read_with(*({"PROCESS": "manage"} | one for one in given)))
    assert [read["ADMIN_STRONG"] for read in lines] == ["True", "True", "False", "True", "False"]


def test_two_instances_on_one_machine_have_cookies_of_their_own_and_nobody_plants_one_over_tls():
    """Attack: a cookie planted by a sibling host, or without TLS. Browsers refuse it under a name in __Host-."""
    expected = {
        "http://localhost:8320": ("", "_8320"), "http://127.0.0.1:8321": ("", "_8321"), "https://mss.example": ("__Host-", ""),
    }  # fmt: skip
    lines = read_with(*({"PROCESS": "manage", "BASE_URL": url} for url in expected))
    for (prefix, suffix), read in zip(expected.values(), map(json.loads, lines), strict=True):
        for name in ("session", "csrf", "browser"):
            assert read[f"{name.upper()}_COOKIE_NAME"] == f"{prefix}mssweb_{name}{suffix}"
        assert read["SESSION_COOKIE_SECURE"] == read["CSRF_COOKIE_SECURE"] == str(bool(prefix))
        assert (
            not {"SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH"} & read.keys()
        )
