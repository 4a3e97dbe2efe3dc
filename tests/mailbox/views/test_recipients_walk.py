"""Walks of choosing an address: another one is taken and proposed the next time; warned, and by keyboard alone."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from directory.models import MailboxAddress
from mailbox.models import AddressChoice, Submission
from tests.directory.conftest import _no_memory, directory, give  # noqa: F401  (fixtures)
from tests.directory.test_preferred import AT_LILLE, AT_PARIS, two_places
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(at, claire, base, trust, give) -> Page:  # noqa: F811
    two_places(give)
    page = at(claire, f"{base}/nouveau/")
    looked(page)
    return page


def typed(page: Page, words: str) -> None:
    page.get_by_label("À", exact=True).press_sequentially(words)
    expect(page.get_by_role("option").first).to_be_visible()


def test_another_address_is_taken_by_keyboard_alone_and_proposed_the_next_time(page, base):
    typed(page, "renard cardiologue")
    option = page.get_by_role("option")
    expect(option).to_contain_text("Plusieurs possibles : choisissez", ignore_case=True)
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    field, chip = page.get_by_label("À", exact=True), page.locator(".recipient summary")
    expect(field).to_have_value(f'"Dr Camille RENARD" <{AT_PARIS}>, ')
    expect(page.get_by_role("button", name="Garder celle-ci")).to_be_visible()
    look(page)
    expect(field).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")  # past « Cc, Cci »
    expect(chip).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Garder celle-ci")).to_be_hidden()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=f"Prendre {AT_LILLE}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_have_value(f'"Dr Camille RENARD" <{AT_LILLE}>, ')
    expect(page.get_by_role("status").filter(has_text="Retenue")).to_contain_text(f"iront à {AT_LILLE}")
    expect(chip).to_be_focused()
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    page.goto(f"{base}/nouveau/")
    typed(page, "renard")
    expect(option).to_contain_text("Choisie par vous le", ignore_case=True)
    option.click()
    expect(field).to_have_value(f'"Dr Camille RENARD" <{AT_LILLE}>, ')
    chip.click()
    page.get_by_role("button", name="Ne plus retenir").click()
    expect(page.get_by_role("status").filter(has_text="n’est plus retenue")).to_be_visible()
    assert not AddressChoice.objects.exists()


@pytest.mark.soak
def test_an_address_that_vanished_is_warned_of_and_may_be_written_to(page):
    MailboxAddress.objects.filter(address=AT_PARIS).update(vanished_at=timezone.now())
    field = page.get_by_label("À", exact=True)
    field.fill(AT_PARIS)
    page.get_by_label("Objet").fill("INR")
    warning = page.locator(".recipient .notice.warn")
    expect(warning).to_contain_text("retirée de l’annuaire le")
    look(page)
    page.get_by_role("button", name=f"Écrire plutôt à {AT_LILLE}").click()
    expect(field).to_have_value(AT_LILLE)
    expect(warning).to_have_count(0)
    field.fill(AT_PARIS)
    page.get_by_label("Message", exact=True).fill("Bonjour")
    expect(warning).to_be_visible()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Message envoyé.")).to_be_visible()
    assert Submission.objects.get().recipients.get().address == AT_PARIS


def test_homonyms_of_a_bare_name_are_chosen_among(page, directory):  # noqa: F811
    page.get_by_label("À", exact=True).fill("anne martin")
    page.get_by_label("Objet").focus()
    bearers = page.get_by_role("group", name="anne martin")
    expect(bearers).to_contain_text("2 personnes ou structures portent ce nom")
    look(page)
    bearers.get_by_role("button", name=re.compile("Pharmacien")).click()
    expect(page.get_by_label("À", exact=True)).to_have_value(re.compile("anne.martin@halles.mssante.example"))
    expect(page.get_by_role("group", name="anne martin")).to_have_count(0)


@pytest.mark.soak
def test_a_mended_typing_error_is_told_in_the_list_and_only_people_can_be_chosen(page):
    typed(page, "renrad")
    expect(page.get_by_role("listbox")).to_contain_text("Résultats pour « renard »")
    look(page)
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_label("À", exact=True)).to_have_value(re.compile("Dr Camille RENARD"))


@pytest.mark.soak
def test_without_scripts_another_address_is_taken(at, claire, base, trust, give):  # noqa: F811
    two_places(give)
    page = at(claire, f"{base}/nouveau/", scripts=False)
    page.get_by_label("À", exact=True).fill("renard")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.get_by_role("button", name=re.compile("Choisir Dr Camille RENARD")).click()
    page.locator(".recipient summary").click()
    page.get_by_role("button", name=f"Prendre {AT_LILLE}").click()
    expect(page.get_by_label("À", exact=True)).to_have_value(f'"Dr Camille RENARD" <{AT_LILLE}>')
    expect(page.get_by_text("Retenue : vos prochains messages")).to_be_visible()
