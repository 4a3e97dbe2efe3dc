"""Walks: the reading pane by itself: where it scrolls, what reaches it while it is open, what is printed of it."""

import re

import pytest
from playwright.sync_api import expect

from mailbox import store
from mailbox.models import Message, Recipient, Seen, Submission
from tests.mailbox.test_store import NOW, filing, letter
from tests.mailbox.views.test_bodies import attachment, rich

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def talk(dupont) -> list[Message]:
    """Twenty messages of one thread, already read."""
    letters = [filing(letter("INR", message_id=f"{n}@x", refs=["0@x"] if n else ()), n) for n in range(20)]
    messages = store.file(dupont, letters)
    Seen.objects.update(seen_at=NOW)
    return messages


@pytest.mark.soak
def test_a_message_deep_in_a_long_thread_is_shown_below_the_bar_and_only_the_pane_scrolls(at, claire, base, talk):
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


def changed(page) -> None:
    """What the stream says when the mailbox changed."""
    page.evaluate("document.body.dispatchEvent(new CustomEvent('mss:refresh', {bubbles: true}))")


def test_a_colleague_who_answers_is_told_in_the_open_thread_and_what_was_sent_says_how_far_it_got(
    at, claire, anne, base, dupont, talk
):  # fmt: skip
    ours = filing(
        letter("Re: INR", message_id="s@x", refs=["0@x"]), 30, folder_role="sent", direction="out", author_id=anne.pk
    )
    [message] = store.file(dupont, [ours])
    submission = Submission.objects.create(mailbox=dupont, message=message, author=anne, submitted_at=NOW, size=1)
    Recipient.objects.create(
        mailbox=dupont, submission=submission, address="a@hopital.mssante.example", domain="hopital.mssante.example",
        state="held", not_before=NOW,
    )  # fmt: skip
    page = at(claire, f"{base}/fil/{talk[0].thread_id}/?d=inbox")
    expect(page.locator(".states").get_by_text("programmé")).to_be_visible()
    Recipient.objects.update(state="relayed", settled_at=NOW)
    changed(page)
    expect(page.locator(".states").get_by_text("remis")).to_be_visible()
    expect(page.get_by_role("link", name="Afficher")).to_have_count(0)
    answer = filing(
        letter("Re: INR", message_id="t@x", refs=["0@x"]), 40, folder_role="sent", direction="out", author_id=anne.pk
    )
    [message] = store.file(dupont, [answer])
    changed(page)
    expect(page.get_by_text("Anne DUPONT a répondu")).to_be_visible()
    expect(page.locator(f"#m-{message.pk}")).to_have_count(0)
    page.get_by_role("link", name="Afficher").click()
    expect(page.locator(f"#m-{message.pk}")).to_be_visible()
    expect(page.get_by_role("link", name="Afficher")).to_have_count(0)


@pytest.mark.soak
def test_what_joins_the_open_thread_is_unread_in_the_list(at, claire, base, dupont, talk):
    page = at(claire, f"{base}/inbox/")
    row = page.locator(f"#t-{talk[0].thread_id}")
    row.locator(".hit").click()
    expect(page.locator("#subject")).to_be_visible()
    store.file(dupont, [filing(letter("Re: INR", message_id="u@x", refs=["0@x"]), 50)])
    changed(page)
    expect(row).to_have_class("row unread on")


def test_a_page_of_a_mailbox_that_is_no_more_theirs_is_left(at, claire, base, dupont, talk):
    page = at(claire, f"{base}/inbox/")
    dupont.memberships.filter(user=claire).delete()
    changed(page)
    expect(page.get_by_text("Aucune boîte aux lettres ne vous est ouverte")).to_be_visible()


def test_what_is_printed_is_the_message_with_its_header_block_and_a_line_of_trace(at, claire, base, file):
    name = b"Compte%20rendu%20" + b"de%20biologie%20" * 12 + b"NGUYEN.pdf"
    message = file("INR", raw=rich(b"x", attachment(name, b"application/pdf", b"%PDF")), message_id="p@x")
    page = at(claire, f"{base}/fil/{message.thread_id}/?d=inbox")
    expect(page.locator("iframe.measured")).to_be_visible()
    for words in ("Imprimé par", "Reçu"):
        expect(page.get_by_text(words)).not_to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".facts dl")).to_be_visible()
    expect(page.locator(".facts dl").get_by_text("Reçu")).to_be_visible()
    expect(page.locator(".trace")).to_contain_text("Imprimé par Claire MARTIN, ")
    expect(page.locator(".trace")).to_contain_text(f"officine.mssante.example · message {message.pk}")
    assert page.locator(".file b").evaluate("name => name.scrollWidth <= name.clientWidth")
    for hidden in (".bar", ".rail", ".list", ".acts", ".foot", ".file svg", ".facts > summary"):
        assert page.locator(hidden).evaluate_all("found => found.every((one) => !one.checkVisibility())"), hidden
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert re.search(r", \d{1,2} \w+ \d{4} à \d{1,2}:\d{2} ·", page.locator(".trace").inner_text())
    assert page.locator(".facts").get_attribute("open") == ""
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".facts").get_attribute("open") is None


@pytest.mark.soak
def test_without_scripts_a_short_letter_leaves_no_hole_and_a_long_one_can_be_read_to_its_end(at, claire, base, file):
    short, long = (
        file("Court", message_id="1@x"),
        file("Long", message_id="2@x", body="\r\n".join(f"Ligne {n}" for n in range(900))),
    )
    page = at(claire, f"{base}/fil/{short.thread_id}/?d=inbox", scripts=False)
    assert page.locator("iframe.body").bounding_box()["height"] < 200
    page.goto(f"{base}/fil/{long.thread_id}/?d=inbox")
    last = page.frame_locator("iframe.body").get_by_text("Ligne 899")
    page.locator("iframe.body").hover()
    page.mouse.wheel(0, 60000)
    expect(last).to_be_in_viewport()
