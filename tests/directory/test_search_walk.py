"""In a browser: found as one types, narrowed on the map, by keyboard, and beside a letter; with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.directory.test_scope import bernards  # noqa: F401  (fixture)
from tests.mailbox.views.conftest import at, base  # noqa: F401  (fixtures)
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]

CARDS = "#directory-cards > li"


def cards(page: Page):
    return page.locator(CARDS)


def test_the_annuaire_answers_as_one_types_and_a_department_of_the_map_narrows_it(at, anne, bernards):  # noqa: F811
    page = at(anne, "/annuaire/")
    page.get_by_role("searchbox", name=re.compile("Nom, prénom")).press_sequentially("bernard")
    expect(cards(page)).to_have_count(6)
    expect(page.get_by_role("searchbox", name=re.compile("Nom, prénom"))).to_be_focused()
    look(page)
    page.get_by_role("button", name=re.compile(r"Bouches-du-Rhône \(13\)")).first.click()
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("Marseille")
    expect(page.locator("#directory-department")).to_have_value("13")
    page.get_by_role("button", name=re.compile(r"Bouches-du-Rhône \(13\)")).first.click()
    expect(cards(page)).to_have_count(6)
    page.locator("#directory-profession").select_option("Infirmier")
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("Zoé BERNARD")


@pytest.mark.soak
def test_answers_are_walked_by_keyboard_and_found_again_on_the_way_back(at, anne, bernards):  # noqa: F811
    page = at(anne, "/annuaire/")
    box = page.get_by_role("searchbox", name=re.compile("Nom, prénom"))
    box.press_sequentially("zoé bernard")
    expect(cards(page)).to_have_count(1)
    assert "bernard" not in page.url
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Zoé BERNARD")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Zoé BERNARD", level=1)).to_be_visible()
    look(page)
    page.go_back()
    expect(cards(page)).to_have_count(1)
    expect(box).to_have_value("zoé bernard")


@pytest.mark.soak
def test_without_scripts_the_form_narrows_too(at, anne, bernards):  # noqa: F811
    page = at(anne, "/annuaire/", scripts=False)
    page.get_by_role("searchbox", name=re.compile("Nom, prénom")).fill("bernard sarthe")
    page.get_by_role("button", name="Rechercher").click()
    expect(cards(page)).to_have_count(3)
    page.locator("#directory-profession").select_option("Infirmier")
    page.get_by_role("button", name="Filtrer").click()
    expect(cards(page)).to_have_count(1)
    page.get_by_role("searchbox", name=re.compile("Nom, prénom")).fill("bernardin")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_role("button", name=re.compile("sans filtre")).click()
    expect(cards(page)).to_contain_text("Ève BERNARDIN")


def test_the_annuaire_opens_beside_a_letter_and_gives_it_recipients(at, claire, base, bernards):  # noqa: F811
    page = at(claire, f"{base}/nouveau/")
    looked(page)
    page.locator("[data-panel]").click()
    box = page.get_by_role("searchbox", name=re.compile("Nom, métier"))
    expect(box).to_be_focused()
    box.press_sequentially("zoé bernard")
    taken = page.get_by_role("button", name="b10@x.mssante.example")
    expect(taken).to_be_visible()
    look(page)
    page.keyboard.press("ArrowDown")
    expect(taken).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="À", exact=True)).to_have_value('"Zoé BERNARD" <b10@x.mssante.example>, ')
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_be_focused()
    expect(box).to_be_hidden()


@pytest.mark.soak
def test_on_a_telephone_what_was_taken_is_shown_and_the_annuaire_beside_can_be_closed(at, claire, base, bernards):  # noqa: F811
    page = at(claire, f"{base}/nouveau/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-panel]").click()
    box = page.get_by_role("searchbox", name=re.compile("Nom, métier"))
    expect(box).to_be_focused()  # it is ready: htmx hears what is typed from then on
    box.press_sequentially("zoé bernard")
    taken = page.get_by_role("button", name="b10@x.mssante.example")
    taken.click()
    expect(taken).to_have_class(re.compile("taken"))
    page.get_by_role("button", name="Fermer l’annuaire").click()
    expect(box).to_be_hidden()


@pytest.mark.soak
def test_the_annuaire_opens_in_a_letter_that_floats_and_adds_to_the_line_that_is_chosen(at, claire, base, bernards):  # noqa: F811
    page = at(claire, f"{base}/inbox/")
    page.keyboard.press("c")
    letter = page.get_by_role("dialog").first
    letter.get_by_label("Objet").fill("INR")
    letter.locator("[data-panel]").click()
    box = letter.get_by_role("searchbox", name=re.compile("Nom, métier"))
    expect(box).to_be_focused()
    letter.get_by_label("Cc", exact=True).and_(page.locator("[type=radio]")).check()
    box.press_sequentially("zoé bernard")
    letter.get_by_role("button", name="b10@x.mssante.example").click()
    expect(letter.locator("[name=cc]")).to_have_value('"Zoé BERNARD" <b10@x.mssante.example>, ')
    expect(letter.locator("[name=cc]")).to_be_visible()
    look(page)
    box.press("Escape")
    expect(box).to_be_hidden()
    expect(letter.get_by_label("Objet")).to_be_visible()
