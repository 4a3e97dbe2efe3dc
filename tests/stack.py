"""The product as `make run` starts it, in a folder and on ports of its own: one for walks, canaries and kill tests."""

import json
import os
import signal
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mssweb import embedded
from tests.peers import ROOT, free_port

SINK = (
    "dialyse.mssante.example"  # a listed domain whose mail goes to `sink_port` instead of the demonstration's operator
)


@dataclass
class Stack:
    """A running `manage.py run`; `demo` is its demo.json."""

    home: Path
    process: subprocess.Popen
    demo: dict
    environment: dict[str, str]
    sink_port: int = 0

    @property
    def base_url(self) -> str:
        return self.demo["base_url"]

    @property
    def smtp_port(self) -> int:
        return self.demo["smtp"]["port"]

    def pids(self) -> dict[str, int]:
        """Of what runs, or of nothing while that is written again."""
        return json.loads((self.home / "pids.json").read_text() or "{}")

    def texts(self, phone: str) -> list[str]:
        """SMS with a code to that telephone, the oldest first."""
        path = self.home / "sms.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [told["body"] for told in map(json.loads, lines) if told["to"] == phone and "#" in told["body"]]

    def kill(self, name: str) -> None:
        """kill -9, children too; once it is there again, when it was killed before."""
        self.awaited(name)
        os.killpg(self.pids()[name], signal.SIGKILL)

    def awaited(self, name: str) -> None:
        wait_until(lambda: name in self.pids(), seconds=20, step=0.05)

    def manage(self, code: str) -> str:
        """Run Python inside the product, with the worker's secrets; returns what it prints."""
        env = {**self.environment, "PROCESS": "manage"}
        for name in ("SECRET_KEY", "MASTER_KEYS", "AUDIT_KEYS"):
            env[f"{name}_FILE"] = str(self.home / "secrets" / name)
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def peer(self) -> smtplib.SMTP:
        """The demonstration's hospital, connected to our receiver and past EHLO."""
        listed = self.demo["peers"][0]
        context = ssl.create_default_context(cafile=self.demo["ca"])
        context.check_hostname = False
        context.load_cert_chain(listed["certificate"], listed["key"])
        client = smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="mx.peer", timeout=15)
        client.starttls(context=context)
        client.ehlo()
        return client

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(40)

    def remove(self) -> None:
        """Stop, and take away all that the product wrote."""
        self.stop()
        embedded.remove(self.home)


def _collected(home: Path) -> Path:
    """Static files, compressed once for all the products that one worker of pytest-xdist starts."""
    return Path(os.environ.get("MSSWEB_HOME", home)) / f"static-{os.environ.get('PYTEST_XDIST_WORKER', '')}"


def start(home: Path, **env: str) -> Stack:
    """Start and wait until it says that it is ready."""
    names = ("PATH", "HOME", "LANG", "PYENV_ROOT")
    given = {name: os.environ[name] for name in names if name in os.environ}
    given |= {
        "MSSWEB_HOME": str(home), "PORT": str(free_port()), "SMTP_PORT": str(free_port()), "DEMO": "1", "UNDO_SECONDS": "0",
        "DEMO_ANSWER_SECONDS": "1", "STATIC_ROOT": str(_collected(home)),
        "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "INFO", **env,
    }  # fmt: skip
    log = home.parent / f"{home.name}.out"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run"], cwd=ROOT, env=given, stdout=out, stderr=out, start_new_session=True,
            preexec_fn=embedded.die_with_parent(signal.SIGINT),  # noqa: PLW1509  (only libc.prctl runs there)
        )  # fmt: skip
    deadline = time.monotonic() + 90
    while "mssweb is ready" not in (text := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            embedded.remove(home)
            raise RuntimeError(f"the product did not start:\n{text[-3000:]}")
        time.sleep(0.1)
    demo = json.loads((home / "demo.json").read_text())
    peer_port = str(demo["peers"][0]["port"])
    routed = {"ROUTES": given.get("ROUTES", f"*=127.0.0.1:{peer_port}"), "WHITE_LIST_MAX_AGE_DAYS": "3650"}
    return Stack(home, process, demo, given | routed)


def wait_until(what, seconds: float = 30, step: float = 0.2) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError("waited too long")
        time.sleep(step)


@pytest.fixture(scope="session")
def product(tmp_path_factory) -> Iterator[Stack]:
    """One for all that need it: it takes as long to start as a walk takes. What lies in its tables is not compressed."""
    home, sink, peer = tmp_path_factory.mktemp("product") / "home", free_port(), free_port()
    product = start(
        home, ROUTES=f"{SINK}=127.0.0.1:{sink} *=127.0.0.1:{peer}", DEMO_PEER_PORT=str(peer), RETRY_SCALE="0.02",
        ARRIVAL_LEASE_SECONDS="5", POSTGRES_SETTINGS="wal_compression=off",
        PROBE_SECONDS="8", PROBE_LATE_SECONDS="20",
    )  # fmt: skip
    product.sink_port = sink
    yield product
    product.remove()
