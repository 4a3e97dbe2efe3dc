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

# The shell without windows first: the same engine, for a third of the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CACHED = (
    "chromium_headless_shell-*/*/headless_shell",
    "chromium_headless_shell-*/*/chrome-headless-shell",
    "chromium-*/*/chrome",
)
QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking"]
# Few processes and threads: one draws all the pages.
FEW = ["--in-process-gpu", "--process-per-site", "--renderer-process-limit=1", "--js-flags=--single-threaded"]
FLAGS = ["--no-sandbox", "--disable-gpu", *FEW, *QUIET]
UPDATE, INSTALL = "apt-get update -qq", "apt-get install --no-install-recommends -qq -y"
MISSING = "no chromium: install it (Debian: apt-get install chromium), then the walks run"


@cache
def find() -> str | None:
    """One that starts: Ubuntu's `chromium-browser` may be a stub that only names a snap."""
    cache = Path.home() / ".cache/ms-playwright"
    own = [str(path) for pattern in CACHED for path in sorted(cache.glob(pattern), reverse=True)]
    for candidate in (*filter(None, map(shutil.which, NAMES)), *own):
        if subprocess.run([candidate, "--version"], capture_output=True, check=False, timeout=30).returncode == 0:
            return candidate
    return None


def provide() -> str | None:
    """Find one, else let apt install Debian's when this user may; None when there is none after all."""
    if (found := find()) or os.getuid() != 0 or not shutil.which("apt-get"):
        return found
    print("mssweb: installing chromium for the walks (apt-get)…", flush=True)
    unasked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (UPDATE, *(f"{INSTALL} {name}" for name in NAMES[:2])):
        subprocess.run(command.split(), env=unasked, capture_output=True, check=False)
        find.cache_clear()
        if found := find():
            return found
    return None


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
