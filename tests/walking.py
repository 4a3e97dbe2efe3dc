"""Walks on the server of the tests: one browser a worker, a fresh context for each page, and rest before tables are emptied."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic, sleep
from typing import Any, Literal
from zlib import crc32

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browser
from tests.depth import SOAK, deep

SCREENS: tuple[tuple[int, Literal["light", "dark"]], ...] = deep(
    ((1440, "light"), (390, "dark")), ((1440, "light"), (1024, "dark"), (390, "dark"), (390, "light"))
)
LOOKS: Counter[str] = Counter()  # by test
NO_STREAM = """
delete window.SharedWorker;
window.EventSource = class extends EventTarget { get readyState() { return 0; } close() {} };
"""  # this server is no ASGI server: a live stream would hold a thread and a connection of it to the end
QUICK = """{
const after = window.setTimeout;
window.setTimeout = (act, ms, ...given) => after(act, ms >= 1000 && ms <= 5000 ? ms / 5 : ms, ...given);
}"""  # a draft that saves itself, a new try: what a person waits for without looking at it, a walk waits for a fifth of it
LOOKED = (
    "performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.endsWith('/etat/') && responseEnd)"
)


class Opened:
    """The browser of this worker: it stays from one module of walks to the next."""

    def __init__(self) -> None:
        self._until, self._browser, self._module = ExitStack(), None, ""

    def get(self) -> Browser:
        if self._browser is None:
            patch = self._until.enter_context(pytest.MonkeyPatch.context())
            self._browser = self._until.enter_context(browser.launched())
            self._until.callback(connections.close_all)  # Django keeps one for each loop: playwright's ends after this
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright leaves a loop running in this thread
        return self._browser

    def before(self, item: pytest.Item) -> None:
        """Before a module without walks it goes, and with it the loop that would keep tests from running theirs."""
        module, _, _ = item.nodeid.partition("::")
        if item.get_closest_marker("walk"):
            self._module = module
        elif module != self._module:
            self.close()

    def close(self) -> None:
        self._browser = None
        self._until.close()


OPENED = Opened()


@pytest.fixture(scope="session")
def browser_ends(django_db_setup: None) -> Iterator[None]:
    """Before the database does, of which it may hold a connection."""
    yield
    OPENED.close()


@pytest.fixture
def chromium(browser_ends: None) -> Browser:
    return OPENED.get()


@pytest.fixture
def open_page(chromium, live_server, dupont) -> Iterator[Callable[..., Page]]:
    """A fresh browser on this server; what its console complains of fails the test."""
    contexts: list[BrowserContext] = []

    def opened(*, scripts: bool = True) -> Page:
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=scripts, locale="fr-FR")
        contexts.append(context)
        context.add_init_script(NO_STREAM + QUICK)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"{page.url}: {error}"))
        page.on("console", lambda said: "Content Security Policy" in said.text and pytest.fail(said.text))
        return page

    yield opened
    for context in contexts:
        context.close()
    rest(live_server.url)


def looked(page: Page) -> None:
    """The page has loaded and its lock has had its first answer: nothing is on the way any more."""
    deadline = monotonic() + 10
    while not page.evaluate(LOOKED):  # from outside: the policy of our pages lets nothing evaluate words inside
        assert monotonic() < deadline, "the lock never looked"
        page.wait_for_timeout(20)


def rest(url: str, seconds: float = 20) -> None:
    """Until the server has answered all that closed pages still asked: else emptying the tables waits for it, or it for them."""
    requests.head(f"{url}/static/", timeout=seconds)  # connections are accepted in order: all before this one are
    deadline = monotonic() + seconds
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert monotonic() < deadline, "a page that was closed still asks"
        sleep(0.005)


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds (no script of it runs in a frame). Each document is given axe once, however often it is looked at."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return page.evaluate("axe.run({ iframes: false, resultTypes: ['violations'] }).then((found) => found.violations)")  # type: ignore[no-any-return]


def look(page: Page) -> None:
    """axe finds nothing, and nothing hangs out of the screen, large or small, light or dark.

    Without `make soak`, axe reads the page on one of the screens, the other than at the last look.
    """
    page.wait_for_load_state()  # asked before, a page is measured without the style sheets that are still on the way
    test = os.environ["PYTEST_CURRENT_TEST"]
    LOOKS[test] += 1
    turn = crc32(test.encode()) + LOOKS[test]  # the same at each run, in whatever order
    for number, (width, scheme) in enumerate(SCREENS):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = violations(page) if SOAK or (turn + number) % len(SCREENS) == 0 else []
        faults = [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]
        assert faults == [], (page.url, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
