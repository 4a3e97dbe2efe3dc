"""The browser of the walks. `make test` runs this module first: a missing one is installed, or its lack is said in one line."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
APT = ("apt-get update -qq", "apt-get install --no-install-recommends -qq -y chromium")
MISSING = "no chromium: install it (Debian: apt-get install chromium), then the walks run"


@cache
def find() -> str | None:
    """One that starts: Ubuntu's `chromium-browser` may be a stub that only names a snap."""
    own = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    for candidate in (*filter(None, map(shutil.which, NAMES)), *sorted(map(str, own), reverse=True)):
        if subprocess.run([candidate, "--version"], capture_output=True, check=False, timeout=30).returncode == 0:
            return candidate
    return None


def provide() -> str | None:
    """Find one, else let apt install Debian's when this user may; None when there is none after all."""
    if (found := find()) or os.getuid() != 0 or not shutil.which("apt-get"):
        return found
    print("mssweb: installing chromium for the walks (apt-get)…", flush=True)
    unasked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in APT:
        subprocess.run(command.split(), env=unasked, capture_output=True, check=False)
    find.cache_clear()
    return find()


@contextmanager
def launched() -> Iterator[Browser]:
    """A chromium of this test; without one the walk is skipped, and the summary says so."""
    path = find()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


if __name__ == "__main__" and provide() is None:
    print(f"mssweb: {MISSING}; they are skipped", flush=True)
