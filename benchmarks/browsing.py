"""What a person waits for in a browser, and what browsers cost: the real web process, Chromium, static files as served.

First paint on a cold cache and what travels for it, an act seen by a second browser, streams held open by one process.
"""

import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from benchmarks.figures import Figure

STREAMS = 300
_PAINTS, _EVENTS = 7, 20
_SIZE = {"width": 1440, "height": 900}


def run(*, quick: bool = False) -> list[Figure]:
    from django.core.management import call_command

    from benchmarks import stack
    from benchmarks.reading import seed

    count = 2_000 if quick else 20_000
    _, mailbox, _ = seed(count)
    call_command("collectstatic", interactive=False, verbosity=0)
    port = _free_port()
    with _web(port, stack.home()) as process:
        base, cookies = f"http://localhost:{port}", _signed_in(port)
        figures = [*_paint(base, mailbox, cookies), *_live(base, mailbox, cookies)]
        figures.append(_streams(base, mailbox, cookies, process, 30 if quick else STREAMS))
    return figures


def _paint(base: str, mailbox, cookies: dict[str, str]) -> list[Figure]:
    """A context each, so that nothing is cached; bytes as they travelled, by the browser's own count."""
    took, sizes = [], []
    with _browser() as browser:
        for _ in range(_PAINTS):
            context = browser.new_context(viewport=_SIZE, base_url=base)
            context.add_cookies([{"name": k, "value": v, "url": base} for k, v in cookies.items()])
            page = context.new_page()
            client = context.new_cdp_session(page)
            client.send("Network.enable")
            lengths: list[int] = []
            client.on(
                "Network.loadingFinished", lambda told, lengths=lengths: lengths.append(told["encodedDataLength"])
            )
            page.goto(f"/b/{mailbox.pk}/inbox/", wait_until="load")
            page.locator("#rows .row").first.wait_for()
            paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            took.append(_told(page, paint))
            sizes.append(sum(lengths) / 1000)
            context.close()
    how = f"{_PAINTS} cold caches, Chromium, loopback, from {min(took):.0f} to {max(took):.0f} ms"
    return [
        Figure("inbox, first paint", statistics.median(took), "ms", how, 1000, 1000, higher_is_better=False),
        Figure("inbox, transferred", max(sizes), "kB", "headers included, all of the first load", 150, 150,
               higher_is_better=False),
    ]  # fmt: skip


def _live(base: str, mailbox, cookies: dict[str, str]) -> Iterator[Figure]:
    """One browser flags the first thread, the other one sees it; both are real."""
    waited = []
    with _browser() as browser, ExitStack() as held:
        pages = []
        for _ in range(2):
            context = held.enter_context(browser.new_context(viewport=_SIZE, base_url=base))
            context.add_cookies([{"name": k, "value": v, "url": base} for k, v in cookies.items()])
            page = context.new_page()
            page.goto(f"/b/{mailbox.pk}/inbox/")
            page.wait_for_timeout(1_000)  # its stream is open
            pages.append(page)
        actor, watcher = pages
        thread = watcher.locator("#rows .row").first.get_attribute("id")
        for turn in range(_EVENTS):
            watcher.evaluate(_WATCH, thread)
            began = time.time() * 1000
            actor.evaluate(_ACT, [thread, "flag" if turn % 2 == 0 else "unflag"])
            waited.append(_told(watcher, "window.seenAt") - began)
    how = f"{_EVENTS} acts, from the click's request to the row drawn, worst {max(waited):.0f} ms"
    yield Figure("live event to a second browser, p50", statistics.median(waited), "ms", how, 1000, 1000,
                 higher_is_better=False)  # fmt: skip
    yield Figure("live event to a second browser, worst", max(waited), "ms", how, 1000, None, higher_is_better=False)


def _told(page, expression: str) -> float:
    """Asked again until it is there (the policy of our pages lets nothing wait in them by a text)."""
    for _ in range(1_000):
        if value := page.evaluate(expression):
            return float(value)
        page.wait_for_timeout(10)
    raise RuntimeError(f"{expression}: never")


_WATCH = """(id) => {
  window.seenAt = 0;
  const before = document.getElementById(id).outerHTML;
  const look = new MutationObserver(() => {
    const row = document.getElementById(id);
    if (row && row.outerHTML !== before) { window.seenAt = Date.now(); look.disconnect(); }
  });
  look.observe(document.getElementById("rows"), { childList: true, subtree: true, attributes: true });
}"""
_ACT = """([id, action]) => {
  const form = document.getElementById("list-form");
  const body = new URLSearchParams({ action, thread: id.slice(2) });
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  return fetch(form.getAttribute("action"), { method: "POST", body, headers }).then((answer) => answer.status);
}"""


def _streams(base: str, mailbox, cookies: dict[str, str], process: subprocess.Popen[bytes], count: int) -> Figure:
    """So many browsers listen, each has drawn its inbox; then something happens, and each is told."""
    from mailbox import marks

    session = requests.Session()
    session.cookies.update(cookies)
    before = _resident(process.pid)
    streams = []
    for _ in range(count):
        session.get(f"{base}/b/{mailbox.pk}/inbox/", timeout=20).raise_for_status()
        stream = socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=20)
        told = "; ".join(f"{k}={v}" for k, v in cookies.items())
        stream.sendall(f"GET /evenements/ HTTP/1.1\r\nHost: localhost\r\nCookie: {told}\r\n\r\n".encode())
        streams.append(stream)
    for stream in streams:
        _until(stream, b"event: hello")
    began = time.perf_counter()
    ids = list(mailbox.messages.order_by("-filed_at").values_list("pk", flat=True)[:1])
    marks.set_keyword(mailbox=mailbox, message_ids=ids, keyword=marks.FLAGGED, on=True)
    for stream in streams:
        _until(stream, b"event: changed")
    told = (time.perf_counter() - began) * 1000
    resident = _resident(process.pid)
    for stream in streams:
        stream.close()
    how = f"one process, {before:.0f} MB before; an event is heard by all in {told:.0f} ms"
    return Figure(f"{count} connected browsers, memory", resident, "MB", how, 400, 400, higher_is_better=False)


def _until(stream: socket.socket, words: bytes) -> None:
    heard = b""
    while words not in heard:
        if not (part := stream.recv(4096)):
            raise RuntimeError("a stream ended")
        heard += part


def _resident(pid: int) -> float:
    """MB of a process that are in memory."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1000  # type: ignore[index]


def _signed_in(port: int) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    from auth_otp.models import User
    from benchmarks.people import signed_in

    client = signed_in(Client(), User.objects.get())
    name = settings.SESSION_COOKIE_NAME
    named = name.rpartition("_")[0] if name.rpartition("_")[2].isdigit() else name
    return {f"{named}_{port}": client.cookies[name].value}  # cookies of two instances on one host have two names


@contextmanager
def _web(port: int, home: Path, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """The web process as `manage.py run` starts it; more than one as deploy/systemd/mssweb-web.service has them."""
    environment = {
        **os.environ,
        "PORT": str(port),
        "PROCESS": "web",
        "ALLOWED_HOSTS": "localhost",
        "SECRET_KEY": _secret(),
    }
    environment |= {"PROBE_SECONDS": "0", "STATIC_ROOT": str(home / "static")}
    command = [sys.executable, "-m", "uvicorn", "mssweb.asgi:application", "--port", str(port), "--no-access-log",
               "--log-level", "warning", "--ws", "none", "--workers", str(workers),
               "--timeout-worker-healthcheck", "30"]  # fmt: skip
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _secret() -> str:
    return os.environ.get("SECRET_KEY") or secrets.token_hex(32)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"http://localhost:{port}/connexion/", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the web process does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _browser():
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright leaves a loop running in this thread
    from tests import browser

    with browser.launched() as opened:
        yield opened
