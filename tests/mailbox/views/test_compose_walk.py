"""Walks of writing: who is suggested and who is chosen, files counted before they travel, what axe says of the page."""

import re

import pytest
from playwright.sync_api import Page, expect

from mailbox.models import DraftFile
from tests.auth_otp.test_walk import chromium, look, open_page  # noqa: F401  (the browser of the door's walks)
from tests.directory.conftest import directory, give  # noqa: F401  (two Anne Martin among others)
from tests.mailbox.views.test_walk import at  # noqa: F401

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(at, claire, base, trust) -> Page:  # noqa: F811
    return at(claire, f"{base}/nouveau/")


def test_nobody_is_written_to_who_was_not_chosen(page, directory):  # noqa: F811
    field, options = page.get_by_label("À", exact=True), page.get_by_role("option")
    for key in ("Enter", "Tab"):
        field.fill("")
        field.press_sequentially("anne martin")
        expect(options.first).to_be_visible()
        expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
        field.press(key)
        expect(field).to_have_value("anne martin")
        expect(options.first).to_be_hidden()
    field.focus()
    page.get_by_label("Objet").focus()
    expect(page.locator("[data-refusals]")).to_contain_text("anne martin – Ce n’est pas une adresse")
    field.fill("")
    field.press_sequentially("anne martin")
    expect(options).to_have_count(2)
    chosen = options.nth(1).get_attribute("data-address")
    for key in ("ArrowUp", "Enter"):
        field.press(key)
    expect(field).to_have_value(f'"Anne MARTIN" <{chosen}>, ')


def test_on_a_phone_homonyms_are_told_apart_and_every_recipient_is_seen(page, directory):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 800})
    field = page.get_by_label("À", exact=True)
    field.press_sequentially("anne martin")
    for address in page.locator(".suggestion-address").all():
        expect(address).to_be_visible()
        assert address.evaluate(
            "e => e.getBoundingClientRect().right <= innerWidth && e.scrollWidth <= e.clientWidth + 1"
        )
    field.fill(", ".join(f'"Laboratoire du Grand Hôpital {n}" <l{n}@hopital.mssante.example>' for n in range(4)))
    assert field.evaluate("e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1")
    look(page)


def test_files_that_are_too_large_are_refused_before_they_travel(page, base):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "/brouillon/" in request.url else None)
    page.evaluate("document.querySelector('[data-compose]').dataset.max = '10'")
    chooser = page.locator("[data-files]")
    chooser.set_input_files([{"name": "gros.pdf", "mimeType": "application/pdf", "buffer": b"x" * 11}])
    expect(page.get_by_text("Trop volumineux")).to_be_visible()
    assert (asked, chooser.evaluate("e => e.files.length")) == ([], 0)
    chooser.set_input_files([{"name": "petit.pdf", "mimeType": "application/pdf", "buffer": b"x" * 9}])
    expect(page.get_by_label("Pièces jointes")).to_contain_text("petit.pdf")
    assert list(DraftFile.objects.values_list("size", flat=True)) == [9]


def test_recipients_one_under_the_other_are_so_many_recipients(at, claire, base, trust):  # noqa: F811
    """As a list is pasted, without scripts."""
    page = at(claire, f"{base}/nouveau/", scripts=False)
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example\nx@gmail.example;\n")
    page.get_by_label("Objet").fill("INR")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("x@gmail.example – Ce domaine"))
