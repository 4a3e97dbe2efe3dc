"""Walks: the reading pane by itself: where it scrolls, what reaches it while it is open, what is printed of it."""

import pytest
from playwright.sync_api import expect

from mailbox import store
from mailbox.models import Message, Seen
from tests.auth_otp.test_walk import chromium, open_page  # noqa: F401  (the browser of the door's walks)
from tests.mailbox.test_store import NOW, filing, letter
from tests.mailbox.views.test_walk import at, row  # noqa: F401

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def talk(dupont) -> list[Message]:
    """Twenty messages of one thread, already read."""
    letters = [filing(letter("INR", message_id=f"{n}@x", refs=["0@x"] if n else ()), n) for n in range(20)]
    messages = store.file(dupont, letters)
    Seen.objects.update(seen_at=NOW)
    return messages


def test_a_message_deep_in_a_long_thread_is_shown_below_the_bar_and_only_the_pane_scrolls(at, claire, base, talk):  # noqa: F811
    page = at(claire, f"{base}/inbox/")
    for words, place in (("in the middle", 10), ("the last one", 19)):
        page.evaluate(
            "url => htmx.ajax('GET', url, {target: '#pane', swap: 'outerHTML'})",
            f"{base}/fil/{talk[0].thread_id}/?d=inbox&ouvrir={talk[place].pk}",
        )
        target = page.locator(f"#m-{talk[place].pk}")
        expect(target.locator("iframe.measured")).to_be_visible()
        assert page.evaluate("[scrollY, document.querySelector('.main').scrollTop]") == [0, 0], words
        expect(page.get_by_role("link", name="mssweb, accueil")).to_be_in_viewport()
        bar = page.locator(".acts").bounding_box()
        assert target.bounding_box()["y"] >= bar["y"] + bar["height"], words
