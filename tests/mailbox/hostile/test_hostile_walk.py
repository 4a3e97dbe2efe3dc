"""Walk: the whole corpus in the frames of the page that the product shows: nothing runs, asks, or leaves its frame."""

import re

import pytest
from playwright.sync_api import Page, expect

from mailbox import store
from mailbox.mime.sanitize import clean
from mailbox.models import Mailbox
from tests.depth import SOAK
from tests.mailbox.hostile.corpus import CORPUS, OUT
from tests.mailbox.test_store import filing
from tests.mailbox.views.test_bodies import rich

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]

OUTSIDE = """() => {
  const page = document.documentElement.cloneNode(true);
  for (const one of page.querySelectorAll('iframe')) {
    for (const name of ['style', 'class', 'data-attached']) one.removeAttribute(name);
  }
  return page.outerHTML.replace(/ data-attached="1"/g, '');
}"""
CALM = """() => [...document.querySelectorAll('iframe.body')].every((frame) => {
  const own = frame.getBoundingClientRect(), letter = frame.closest('.letter').getBoundingClientRect();
  const inside = frame.contentWindow;
  return own.left >= letter.left && own.right <= letter.right && own.top >= letter.top && own.bottom <= letter.bottom
    && inside.hit === undefined && inside.document.scripts.length === 0 && inside.document.activeElement === inside.document.body;
})"""
UNCOVERED = """() => ['.bar', '#subject', '.rail', '.answer'].every((place) => {
  const found = document.querySelector(place), box = found.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return found === top || found.contains(top);
})"""


def letters(dupont: Mailbox, payloads: list[str]):
    raws = [
        rich(html.encode("utf-8", "replace")).replace(b"<h@x>", f"<{n}@x>".encode()).replace(
            b"\r\nSubject: x", b"\r\nReferences: <0@x>\r\nSubject: x"
        )
        for n, html in enumerate(payloads)
    ]  # fmt: skip
    return store.file(dupont, [filing(raw, n) for n, raw in enumerate(raws)])


def gathered() -> list[str]:
    """The corpus in few documents: what swallows the rest of its document stands last in one of them."""
    end = "<p>FIN</p>"
    small = [payload for payload in CORPUS if len(payload) < 5_000]
    open_ = [
        p for p in small if "FIN" not in re.sub(r'"[^"]*"', "", clean(p + end, lambda _: None).html) or "<!--" in p
    ]
    whole = [p for p in small if p not in open_]
    first, rest = "\n".join(whole), open_
    return [first, *rest] if SOAK else [first + rest[0], *rest[1:12]]


def watched(page: Page, thread: str) -> list[str]:
    """Open a thread; what the page outside the frames was and is, compared; what was asked of any host."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.context.on("page", lambda other: pytest.fail(f"a window opened: {other.url}"))
    held: list = []
    page.route("**/corps/", lambda route: held.append(route))  # noqa: PLW0108  (playwright looks at its parameters)
    page.goto(thread, wait_until="domcontentloaded")
    frames = page.locator("iframe.body").count()
    expect(page.locator("iframe[data-attached]")).to_have_count(frames)
    while len(held) < frames:
        page.wait_for_timeout(10)
    before = page.evaluate(OUTSIDE)
    for route in held:
        route.continue_()
    expect(page.locator("iframe.measured")).to_have_count(frames)
    page.wait_for_load_state()
    after = page.evaluate(OUTSIDE)
    assert before == after
    assert page.evaluate("window.hit") is None
    assert page.evaluate(CALM)
    assert page.evaluate(UNCOVERED)
    return asked


def test_the_corpus_in_a_browser_runs_nothing_asks_nobody_and_changes_nothing_outside_its_frames(
    at, claire, base, dupont, live_server
):
    first, *_ = letters(dupont, gathered())
    page = at(claire, f"{base}/trash/")
    page.set_viewport_size({"width": 1440, "height": 900})
    asked = watched(page, f"{base}/fil/{first.thread_id}/?d=inbox")
    assert [url for url in asked if not url.startswith(live_server.url)] == []
    own = [url.removeprefix(live_server.url) for url in asked if "/static/" not in url]
    assert [
        url
        for url in own
        if not re.match(
            rf"{base}/(fil|presence|equipe/liste|message/[0-9a-f-]+/(corps|incluse/[0-9]+))/|/(etat|verrou)", url
        )
    ] == []
    text = " ".join(frame.locator("body").inner_text() for frame in page.frames[1:])
    assert len(text) > 500 and OUT not in page.url


@pytest.mark.soak
@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_each_document_alone(at, claire, base, dupont, live_server, number):
    [message] = letters(dupont, [CORPUS[number]])
    page = at(claire, f"{base}/trash/")
    page.set_viewport_size({"width": 1440, "height": 900})
    asked = watched(page, f"{base}/fil/{message.thread_id}/?d=inbox")
    assert [url for url in asked if not url.startswith(live_server.url)] == []
