"""Walks on the server of the tests: one browser a module, a fresh context for each page, and rest before tables are emptied."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any, Literal

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browser

SCREENS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1440, "light"), (390, "dark"))
NO_STREAM = """
delete window.SharedWorker;
window.EventSource = class extends EventTarget { get readyState() { return 0; } close() {} };
"""  # this server is no ASGI server: a live stream would hold a thread and a connection of it to the end


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, browser.launched() as chromium:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright leaves a loop running in this thread
        yield chromium
        connections.close_all()  # Django keeps one for each loop: the one of playwright's ends here


@pytest.fixture
def open_page(chromium, live_server, dupont) -> Iterator[Callable[..., Page]]:
    """A fresh browser on this server; what its console complains of fails the test."""
    contexts: list[BrowserContext] = []

    def opened(*, scripts: bool = True) -> Page:
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=scripts, locale="fr-FR")
        contexts.append(context)
        context.add_init_script(NO_STREAM)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"{page.url}: {error}"))
        page.on("console", lambda said: "Content Security Policy" in said.text and pytest.fail(said.text))
        return page

    yield opened
    for context in contexts:
        context.close()
    rest(live_server.url)


def rest(url: str, seconds: float = 20) -> None:
    """Until the server has answered all that closed pages still asked: else emptying the tables waits for it, or it for them."""
    requests.head(f"{url}/static/", timeout=seconds)  # connections are accepted in order: all before this one are
    deadline = monotonic() + seconds
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert monotonic() < deadline, "a page that was closed still asks"
        sleep(0.005)


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds; of what is well it only keeps one example, which is quicker."""
    return Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]


def look(page: Page) -> None:
    """axe finds nothing, and nothing hangs out of the screen, large or small, light or dark."""
    for width, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = violations(page)
        faults = [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]
        assert faults == [], (page.url, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
