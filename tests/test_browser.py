"""`make test` finds a chromium, or has apt install one, or says in one line what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import browser
from tests.peers import ROOT


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def provided(folder: Path) -> list[str]:
    """What is said before the tests when `folder` holds all programs that there are."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser"], cwd=ROOT, env={"PATH": str(folder), "HOME": str(folder)},
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_one_that_is_installed_is_found_in_silence(tmp_path):
    program(tmp_path, "chromium-browser", "exit 1 # a stub that only names a snap")
    program(tmp_path, "google-chrome", "exit 0")
    assert provided(tmp_path) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install packages")
def test_apt_is_asked_for_it_after_an_update(tmp_path):
    calls = tmp_path / "calls"
    program(
        tmp_path, "apt-get", f'echo "$1" >> {calls}; [ "$5" = chromium ] && /bin/ln -s /bin/true {tmp_path}/chromium'
    )
    assert provided(tmp_path) == ["mssweb: installing chromium for the walks (apt-get)…"]
    assert calls.read_text().split() == ["update", "install", "install"], "the shell first, which this Debian has not"


def test_without_one_a_line_says_what_to_install(tmp_path):
    assert provided(tmp_path) == [f"mssweb: {browser.MISSING}; they are skipped"]
