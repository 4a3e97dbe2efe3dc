"""Walks: a star put in place, a note, a search as one types, a group chosen in the composer; without scripts too."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailbox import contacts, groups
from mailbox.contacts import Card
from mailbox.models import Contact, ContactGroup
from tests.mailbox.views.book.conftest import leveque
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]
OWN = Card(
    "a:lucie@hopital.mssante.example", "Lucie Fabre", "Ostéopathe", "lucie@hopital.mssante.example", origin="typed"
)


@pytest.fixture
def cardiologists(here, annuaire, trust) -> ContactGroup:
    now = timezone.now()
    contacts.keep(
        here, contacts.fresh(leveque()), now=now, is_favourite=True, **contacts.noted(here, "L’après-midi", now=now)
    )
    contacts.add_all(here, [OWN, Card("", "Ambulances du Parc", phone="0142000000", origin="typed")], now=now)
    row = ContactGroup.objects.get(pk=groups.create(here, "Cardiologues du quartier", now=now))
    groups.add(here, row, contacts.all_of(here.mailbox), now=now)
    return row


@pytest.mark.soak
def test_a_star_is_put_and_taken_away_where_one_stands(at, claire, annuaire, dupont):
    page = at(claire, "/annuaire/")
    page.get_by_label(re.compile("^Nom, prénom")).fill("leveque")
    page.keyboard.press("Enter")
    star = page.get_by_role("button", name="Dr Anne LÉVÊQUE, favori")
    star.focus()
    for pressed in ("true", "false", "true"):
        page.keyboard.press("Space")  # the focus stays where one stands
        expect(star).to_have_attribute("aria-pressed", pressed)
        expect(star).to_be_focused()
        expect(page.locator(".keep.htmx-added")).to_have_count(0)  # htmx has the new star in hand
    page.get_by_role("link", name="Dr Anne LÉVÊQUE").click()
    page.get_by_text("Ajouter une note").click()
    page.get_by_label("Note de la pharmacie").fill("Ne pas appeler avant 15 h")
    page.get_by_role("button", name="Enregistrer la note").click()
    expect(page.locator(".kept-note")).to_contain_text("Claire MARTIN, à ")
    expect(page).to_have_url(re.compile("/annuaire/p/"))
    look(page)


@pytest.mark.soak
def test_the_directory_narrows_as_one_types_and_the_address_says_nothing(at, anne, book, cardiologists):
    page = at(anne, book)
    field = page.get_by_label("Chercher dans le répertoire")
    field.press_sequentially("fab")
    expect(page.get_by_role("heading", name="Lucie Fabre")).to_be_visible()
    expect(page.get_by_role("heading", name="Dr Anne LÉVÊQUE")).to_have_count(0)
    assert page.url.endswith("/repertoire/")
    expect(field).to_be_focused()
    look(page)


@pytest.mark.soak
def test_each_page_is_seen_by_everybody(at, claire, book, cardiologists, file):
    file(sender="Dr_Paul_DURAND_Hôpital <paul@hopital.mssante.example>", is_verified=True)
    page = at(claire, f"{book}groupes/")
    look(page)
    for place in ("recents/", "contacts/", "contact/", "importer/", "liste/"):
        page.goto(f"{book}{place}")
        look(page)


@pytest.mark.soak
def test_a_group_and_its_contacts_are_seen_by_everybody(at, claire, book, cardiologists):
    page = at(claire, f"{book}groupe/{cardiologists.pk}/")
    look(page)
    page.get_by_role("link", name="Lucie Fabre").click()
    look(page)


@pytest.mark.soak
def test_a_group_chosen_by_key_adds_its_members_and_one_too_large_adds_nobody(
    at, claire, base, cardiologists, monkeypatch
):
    page = at(claire, f"{base}/nouveau/")
    looked(page)
    field, options = page.get_by_label("À", exact=True), page.get_by_role("option")
    field.press_sequentially("quartier")
    expect(options.first).to_contain_text("Groupe · 2 destinataires")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value(re.compile(r'"Lucie Fabre" <lucie@hopital.mssante.example>.*, $'))
    assert "anne.leveque@hopital.mssante.example" in field.input_value()
    monkeypatch.setattr("mailbox.views.contact_offers.MAX_RECIPIENTS", 1)
    monkeypatch.setattr("mailbox.views.suggest._kept", {})
    field.fill("")
    field.press_sequentially("quartier")
    expect(options.first).to_contain_text("trop pour un message")
    options.first.click(force=True)
    expect(field).to_have_value("quartier")
    look(page)


@pytest.mark.soak
def test_without_scripts_one_keeps_notes_groups_and_writes(at, claire, book, annuaire, trust, dupont):
    page = at(claire, f"/annuaire/p/{leveque()[2:]}/", scripts=False)
    page.get_by_role("button", name="Dr Anne LÉVÊQUE, favori").click()
    expect(page).to_have_url(re.compile("/annuaire/p/"))
    page.goto(f"{book}groupes/")
    page.get_by_label("Nouveau groupe").fill("Cardiologues")
    page.get_by_role("button", name="Créer le groupe").click()
    page.get_by_label(re.compile("^Dr Anne LÉVÊQUE")).check()
    page.get_by_role("button", name="Ajouter au groupe").click()
    page.get_by_role("button", name="Écrire au groupe").click()
    expect(page.get_by_label("À", exact=True)).to_have_value('"Dr Anne LÉVÊQUE" <anne.leveque@hopital.mssante.example>')
    page.goto(book)
    page.get_by_label("Chercher dans le répertoire").fill("leveq")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page.get_by_text("1 contact pour")).to_be_visible()
    assert Contact.objects.count() == 1
