"""Walks: reading with the keyboard, without scripts, and what axe says of each page at two widths, light and dark."""

import re

import pytest
from playwright.sync_api import Page, expect

from mailbox import store
from mailbox.models import Message, Recipient, Submission
from tests.mailbox.test_store import NOW, filing, letter
from tests.mailbox.views.test_bodies import PIXEL, attachment, picture, rich
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def letters(dupont, of_all_kinds) -> list[Message]:
    """A mailbox as it is on a morning: those of all kinds, and as many others as make a second page."""
    store.file(dupont, [filing(letter(f"Ancien {n}", message_id=f"old{n}@x"), -n - 10) for n in range(2, 60)])
    return of_all_kinds


@pytest.fixture
def of_all_kinds(dupont, anne) -> list[Message]:
    """A thread, a warning, files, a picture, a refusal, and two old ones."""
    store.file(dupont, [filing(letter(f"Ancien {n}", message_id=f"old{n}@x"), -n - 10) for n in range(2)])
    hostile = rich(
        b"<p>Compte rendu <b>joint</b></p><script>document.title='pris'</script>"
        b"<img src=https://t.example/x><img src='cid:logo'>",
        picture(b"image/png", PIXEL),
        attachment(b"CR%20biologie%20NGUYEN.pdf", b"application/pdf", b"%PDF"),
    )
    messages = store.file(
        dupont,
        [
            filing(letter("INR de M. Nguyen", message_id="1@x", body="INR 4,8\r\n" * 60), 1, is_verified=True),
            filing(hostile, 2, mail_from="x@autre.mssante.example", fingerprint_source=b"1" * 32),
            filing(letter("Re: INR de M. Nguyen", message_id="3@x", refs=["1@x"]), 3, is_verified=True),
            filing(
                letter("Re: INR", message_id="4@x", refs=["3@x"]),
                4,
                folder_role="sent",
                direction="out",
                author_id=anne.pk,
            ),
        ],
    )
    submission = Submission.objects.create(mailbox=dupont, message=messages[3], author=anne, submitted_at=NOW, size=1)
    Recipient.objects.create(
        mailbox=dupont, submission=submission, address="f.lemaire@hopital.mssante.example", domain="hopital.mssante.example",
        state="failed", not_before=NOW, settled_at=NOW, reply_code=550, reply_enhanced="5.1.1", reply_text="No such user",
    )  # fmt: skip
    return messages


def row(page: Page, words: str):
    return page.locator("#rows > .row", has_text=words)


def test_everything_frequent_is_a_key(at, claire, base, letters):
    page = at(claire, f"{base}/inbox/")
    press = page.keyboard.press
    press("j")
    press("j")
    expect(row(page, "(sans objet)").or_(row(page, "x")).locator("a.hit").first).to_be_visible()
    press("k")
    expect(row(page, "INR de M. Nguyen").locator("a.hit")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="INR de M. Nguyen", level=2)).to_be_visible()
    expect(page).to_have_url(re.compile("/fil/"))
    expect(page).to_have_title(re.compile(r"^\(\d+\) Réception"))
    press("x")
    expect(page.get_by_text("1 sélectionné")).to_be_visible()
    press("x")
    press("e")
    expect(page.get_by_text("Archivé.")).to_be_visible()
    expect(row(page, "INR de M. Nguyen")).to_have_count(0)
    expect(page).to_have_url(re.compile("/inbox/$"))
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_text("tout est revenu")).to_be_visible()
    expect(row(page, "INR de M. Nguyen")).to_have_count(1)
    press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("eje")
    expect(page.get_by_role("searchbox")).to_have_value("eje")
    page.evaluate("document.activeElement.blur()")
    press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    press("Escape")
    press("j")
    expect(page.locator(".row a:focus")).to_have_count(0)
    press("Tab")


@pytest.mark.soak
def test_u_marks_unread_and_goes_back_and_shift_selects_a_range(at, claire, base, letters):
    page = at(claire, f"{base}/inbox/")
    row(page, "INR de M. Nguyen").locator("a.hit").click()
    expect(row(page, "INR de M. Nguyen")).not_to_have_class(re.compile("unread"))
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Choisissez un message")).to_be_visible()
    expect(row(page, "INR de M. Nguyen")).to_have_class(re.compile("unread"))
    picks = page.locator(".pick")
    picks.nth(0).click()
    picks.nth(4).click(modifiers=["Shift"])
    expect(page.get_by_text("5 sélectionnés")).to_be_visible()
    page.get_by_role("button", name="Supprimer").first.click()
    expect(page.get_by_text("5 fils mis à la corbeille")).to_be_visible()
    expect(page.locator(".row")).to_have_count(45)


def test_the_list_goes_on_as_one_scrolls(at, claire, base, letters):
    page = at(claire, f"{base}/inbox/")
    expect(page.locator(".row")).to_have_count(50)
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator(".row")).to_have_count(62)
    expect(page.locator("#more")).to_have_count(0)


def test_searching_swaps_the_list_as_one_types_and_leaves_no_word_in_the_address(at, claire, base, letters):
    page = at(claire, f"{base}/inbox/")
    box = page.get_by_role("searchbox")
    box.press_sequentially("obj")
    expect(page.get_by_role("option")).to_have_count(1)  # of those that the empty box proposed
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("objet:")
    box.press_sequentially("nguyen")  # and no Enter
    expect(page.locator("#list mark").first).to_be_visible()
    assert "nguyen" not in page.url.lower()
    page.locator(".row a.hit").first.click()
    expect(page.get_by_role("heading", name="INR de M. Nguyen", level=2)).to_be_visible()
    page.go_back()
    expect(page.locator("#list mark").first).to_be_visible()
    look(page)
    assert "nguyen" not in page.url.lower()
    page.get_by_role("link", name="Fermer").click()
    expect(page).to_have_url(re.compile("/inbox/$"))


@pytest.mark.soak
def test_what_was_searched_can_be_read_where_it_is_marked(at, claire, base, file):
    file("Bilan", body="Un INR à contrôler")
    page = at(claire, f"{base}/inbox/")
    page.get_by_role("searchbox").fill("contrôler")
    page.keyboard.press("Enter")
    expect(page.locator(".snip mark")).to_be_visible()
    look(page)


def test_a_hostile_body_stays_in_its_frame_and_nothing_leaves(at, claire, base, letters):
    page = at(claire, f"{base}/inbox/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}/fil/{letters[1].thread_id}/")
    frame = page.frame_locator("iframe.body")
    expect(frame.get_by_text("Compte rendu")).to_be_visible()
    expect(frame.locator("img")).to_have_count(1)
    expect(page.get_by_text("Vérifiez par un autre moyen")).to_be_visible()
    assert not any("t.example" in url for url in asked)
    assert "pris" not in page.title()
    height = page.locator("iframe.body").evaluate(
        "frame => frame.clientHeight - frame.contentDocument.documentElement.scrollHeight"
    )
    assert 0 <= height <= 4


@pytest.mark.soak
def test_a_folded_message_shows_its_body_when_it_is_unfolded(at, anne, base, letters):
    page = at(anne, f"{base}/fil/{letters[0].thread_id}/?d=inbox")
    page.reload()
    expect(page.locator("details.msg.ours .states").get_by_text("refusé")).to_be_visible()
    first = page.locator(f"#m-{letters[0].pk}")
    expect(first).not_to_have_attribute("open", "")
    first.locator("summary").first.click()
    expect(first.frame_locator("iframe").get_by_text("INR 4,8")).to_be_visible()


def test_every_page_is_accessible_and_fits(at, anne, base, of_all_kinds):
    page, [first, warned, _, sent] = at(anne, f"{base}/inbox/"), of_all_kinds
    threads = (f"fil/{warned.thread_id}/", f"fil/{first.thread_id}/?d=sent&ouvrir={sent.pk}")
    for place in ("inbox/", "sent/", "trash/", "membres/", "recherche/", *threads):
        page.goto(f"{base}/{place}")
        look(page)
    page.goto(f"{base}/inbox/")
    page.locator(".pick").first.click()
    look(page)
    page.set_viewport_size({"width": 1440, "height": 800})
    page.locator("[data-opens=help]").click()
    look(page)


def test_without_scripts_one_reads_searches_archives_and_changes_mailbox(at, anne, base, letters, annes_box):
    page = at(anne, f"{base}/inbox/", scripts=False)
    row(page, "INR de M. Nguyen").locator("a.hit").click()
    expect(page.get_by_role("heading", name="INR de M. Nguyen", level=2)).to_be_visible()
    expect(page.frame_locator("iframe.body").last.get_by_text("Bonjour")).to_be_visible()
    page.get_by_role("button", name="Archiver").click()
    expect(page.get_by_text("Archivé.")).to_be_visible()
    expect(row(page, "INR de M. Nguyen")).to_have_count(0)
    page.get_by_role("button", name="Annuler").click()
    expect(row(page, "INR de M. Nguyen")).to_have_count(1)
    page.locator(".pick").nth(0).click()
    page.locator(".bulk").get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("Mis à la corbeille.")).to_be_visible()
    page.get_by_role("searchbox").fill("ancien")
    page.keyboard.press("Enter")
    expect(page.locator("#list mark").first).to_be_visible()
    page.get_by_role("button", name="Résultats plus anciens").click()
    expect(page.locator(".row")).to_have_count(10)
    page.locator(".row a.hit").first.click()
    expect(page.locator("#subject")).to_be_visible()
    page.go_back()
    expect(page.locator("#list mark").first).to_be_visible()
    expect(page.locator(".row")).to_have_count(10)
    page.goto(f"{base}/inbox/")
    page.get_by_role("link", name="Messages plus anciens").click()
    expect(page.locator(".row")).to_have_count(11)
    page.locator(".switcher summary").click()
    page.locator(".switcher").get_by_role("link", name=re.compile("Anne")).click()
    expect(page.get_by_text("Rien à lire")).to_be_visible()
