"""Every page that links lead to, each once: nothing hangs out of any screen, and axe finds nothing, folded parts open too.

A page added tomorrow is looked at the day a link leads to it. `PICTURES=<folder> make soak` keeps a picture of each.
"""

import os
import re
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Error, Page

from tests import stack
from tests.walking import SCREENS, violations
from tests.walks.test_journey import browser_of, sign_in

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.timeout(3000)]
LINKS = "[...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href)"
UNFOLD = "document.querySelectorAll('details').forEach((part) => { part.open = true })"
LEFT = re.compile(r"/(?:static|fhir|deconnexion)/|\.(?:zip|eml|mbox|pdf|csv)$|/(?:exporter/fichier|piece)/")
FACES = 2  # pages of one name that are looked at: two threads differ, two hundred do not


def face(path: str) -> str:
    """What pages are the same but for what they show: the name of the address, and which shelf."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    shelf = match.kwargs.get("folder", "")
    return f"{match.view_name} {shelf if '-' not in shelf else 'own'}"


def faults(page: Page, name: str) -> list[str]:
    """On each screen, folded and not."""
    found = []
    for turn, (width, scheme) in enumerate(SCREENS):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url} hangs out at {width}")
        if turn == len(SCREENS) - 1:
            page.evaluate(UNFOLD)
        found += [
            f"{page.url} {width} {scheme} {fault['id']} {[node['target'] for node in fault['nodes'][:3]]}"
            for fault in violations(page)
        ]
    return found


def crawl(page: Page, begin: str) -> tuple[list[str], dict[str, int]]:
    """What is wrong, and how often each face was seen."""
    waiting, seen, known, found = deque([begin]), dict[str, int](), {begin}, list[str]()
    while waiting:
        path = waiting.popleft()
        name = face(urlsplit(path).path)
        if not name or LEFT.search(urlsplit(path).path) or seen.get(name, 0) >= FACES:
            continue
        try:
            answer = page.goto(path, wait_until="load")
        except Error as told:
            if "Download is starting" not in told.message and "ERR_ABORTED" not in told.message:
                raise
            continue  # a file to keep is no page
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen[name] = seen.get(name, 0) + 1
        if answer.status != 200:
            found.append(f"{path} answers {answer.status}")
        found += faults(page, f"{len(seen):03}-{re.sub(r'[^a-z]+', '-', name)}-{seen[name]}")
        for link in page.evaluate(LINKS):
            parts = urlsplit(link)
            there = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if parts.netloc == urlsplit(page.url).netloc and there not in known:
                known.add(there)
                waiting.append(there)
    return found, seen


@pytest.mark.parametrize("who", ["anne", "claire"])
def test_every_page_a_link_leads_to_is_accessible_and_fits(product: stack.Stack, chromium: Browser, who: str) -> None:
    page = browser_of(product, chromium)
    sign_in(product, page, who)
    found, seen = crawl(page, "/")
    assert found == []
    assert len(seen) > 25, seen
