"""Walks: acts on rows by key and by the icons of a hovered row, undone, and where one is left afterwards."""

import re

import pytest
from playwright.sync_api import expect

from mailbox.models import Message
from tests.depth import variant
from tests.mailbox.views.test_walk import row

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def five(file) -> list[Message]:
    return [file(f"Lettre {n}", minutes=n, message_id=f"{n}@x") for n in range(1, 6)]


def hit(page, words: str):
    return row(page, words).locator("a.hit")


@pytest.mark.parametrize(("key", "said"), [("e", "Archivé."), variant("Delete", "Mis à la corbeille.")])
def test_a_key_moves_the_row_under_the_focus_which_steps_to_the_next_and_undo_brings_it_back(
    at, claire, base, five, key, said
):  # fmt: skip
    page = at(claire, f"{base}/inbox/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press(key)
    expect(page.get_by_text(said)).to_be_visible()
    expect(row(page, "Lettre 2")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(4)
    expect(hit(page, "Lettre 3")).to_be_focused()
    page.get_by_role("button", name="Annuler").click()
    expect(hit(page, "Lettre 2")).to_be_focused()
    expect(page.locator(".row")).to_have_count(5)
    expect(page.locator(".toast.danger")).to_have_count(0)


@pytest.mark.soak
def test_keys_that_follow_each_other_faster_than_the_answers_are_all_obeyed(at, claire, base, five):
    page = at(claire, f"{base}/inbox/")
    page.keyboard.press("j")
    for _ in range(4):
        page.keyboard.press("e")
    expect(page.locator(".row")).to_have_count(1)
    expect(hit(page, "Lettre 5")).to_be_focused()


@pytest.mark.soak
def test_u_on_a_row_marks_it_unread_and_stays_there(at, claire, base, five):
    page = at(claire, f"{base}/inbox/")
    hit(page, "Lettre 2").click()
    expect(row(page, "Lettre 2")).not_to_have_class(re.compile("unread"))
    hit(page, "Lettre 4").click()
    expect(page.get_by_role("heading", name="Lettre 4", level=2)).to_be_visible()
    hit(page, "Lettre 2").focus()
    page.keyboard.press("u")
    expect(row(page, "Lettre 2")).to_have_class(re.compile("unread"))
    expect(hit(page, "Lettre 2")).to_be_focused()
    expect(page.get_by_role("heading", name="Lettre 4", level=2)).to_be_visible()


@pytest.mark.soak
def test_a_list_drawn_before_an_act_does_not_take_it_back(at, claire, base, five):
    page = at(claire, f"{base}/inbox/")
    hit(page, "Lettre 2").click()
    expect(row(page, "Lettre 2")).not_to_have_class(re.compile("unread"))
    hit(page, "Lettre 4").click()
    expect(page.get_by_role("heading", name="Lettre 4", level=2)).to_be_visible()
    held = []
    page.route(re.compile(r"/inbox/"), lambda route: held.append((route, route.fetch())), times=1)
    with page.expect_request(re.compile(r"/inbox/")):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('mss:refresh'))")
    while not held:
        page.wait_for_timeout(20)  # the old list is drawn before the act
    hit(page, "Lettre 2").focus()
    page.keyboard.press("u")
    expect(row(page, "Lettre 2")).to_have_class(re.compile("unread"))
    [(route, old)] = held
    with page.expect_request(re.compile(r"/inbox/")):  # asked again, what came being too old
        route.fulfill(response=old)
    expect(row(page, "Lettre 2")).to_have_class(re.compile("unread"))


@pytest.mark.parametrize(("name", "said"), [("Archiver", "Archivé."), variant("Supprimer", "Mis à la corbeille.")])
def test_the_icons_of_a_hovered_row_move_that_row_and_no_ticked_one(at, claire, base, five, name, said):
    page = at(claire, f"{base}/inbox/")
    row(page, "Lettre 1").locator(".pick").click()
    row(page, "Lettre 3").hover()
    row(page, "Lettre 3").get_by_title(name).click()
    expect(page.get_by_text(said)).to_be_visible()
    expect(row(page, "Lettre 3")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(4)
    expect(page.get_by_text("1 sélectionné")).to_be_visible()
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator(".row")).to_have_count(5)


def test_an_act_on_the_open_thread_closes_it_and_the_next_row_takes_the_focus(at, claire, base, five):
    page = at(claire, f"{base}/inbox/")
    hit(page, "Lettre 2").click()
    page.get_by_role("heading", name="Lettre 2", level=2).focus()
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Choisissez un message")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/inbox/$"))
    expect(hit(page, "Lettre 3")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lettre 3", level=2)).to_be_visible()
    page.get_by_role("heading", name="Lettre 3", level=2).focus()
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(r"/inbox/$"))
    expect(hit(page, "Lettre 3")).to_be_focused()
