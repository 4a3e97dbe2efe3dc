"""The pharmacy's own directory leaves and comes: exported, printed, imported once one has seen what would be added."""

import csv
import io
import re

import pytest
import vobject
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from mailbox import contacts, groups
from mailbox.contacts import Card
from mailbox.models import Contact, ContactGroup
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.book.conftest import leveque

NOTE = "Joignable l’après-midi"
TABLE = (
    "Nom;Profession;Adresse;Téléphone;Note;Origine\n"
    "Dr Paul Ancien;Médecin;paul@medical59.apicrypt.org;03 20 00 00 00;Ne pas appeler;Apicrypt, ADELI 591234567\n"
    ";;;03 21\nPatient;;279035121518989@patient.mssante.fr;;\nFaux;;pas une adresse;;\n"
    "Déjà Là;;LUCIE@fabre.example;;\n"
    "Anne;;anne.leveque@hopital.mssante.example;;\nAnne bis;;anne.leveque@hopital.mssante.example;;\n"
)


@pytest.fixture
def kept(here, annuaire, trust) -> ContactGroup:
    """A favourite with a note, in a group, and an own contact whose name begins a formula."""
    now = timezone.now()
    pk, _ = contacts.keep(
        here, contacts.fresh(leveque()), now=now, is_favourite=True, **contacts.noted(here, NOTE, now=now)
    )
    contacts.add_all(
        here, [Card("a:lucie@fabre.example", "=Lucie()", address="lucie@fabre.example", origin="typed")], now=now
    )
    row = ContactGroup.objects.get(pk=groups.create(here, "Cardiologues", now=now))
    groups.add(here, row, [pk], now=now)
    return row


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_an_export_is_a_file_to_save_told_with_its_count_and_with_notes_only_when_asked(browser, claire, book, kept):
    client = browser(claire)
    answer = client.post(f"{book}exporter/", {"format": "csv"})
    assert re.fullmatch(r'attachment; filename="repertoire-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    assert "no-store" in answer["Cache-Control"]
    lucie, anne = sorted(rows(answer.content)[1:])
    assert lucie[0] == "'=Lucie()"
    assert anne[:8] == ["Dr Anne LÉVÊQUE", "Médecin · Cardiologie · Lille", "anne.leveque@hopital.mssante.example", "",
                        "1 RUE DE LA RÉPUBLIQUE, 59000 Lille", "oui", "Cardiologues", "annuaire de santé"]  # fmt: skip
    assert NOTE not in answer.content.decode()
    cards = list(
        vobject.readComponents(client.post(f"{book}exporter/", {"format": "vcf", "notes": "1"}).content.decode())
    )
    assert {card.fn.value for card in cards} == {"Dr Anne LÉVÊQUE", "=Lucie()"}
    assert [card.note.value for card in cards if hasattr(card, "note")] == [NOTE]
    told = AuditEvent.objects.filter(action="contacts.export").order_by("at").values_list("actor__login", "facts")
    assert list(told) == [(claire.login, {"count": 2, "format": "csv", "notes": False}),
                          (claire.login, {"count": 2, "format": "vcf", "notes": True})]  # fmt: skip


def test_a_group_is_exported_and_printed_alone(browser, claire, hugo, stranger, book, kept):
    client = browser(claire)
    assert len(rows(client.post(f"{book}exporter/", {"format": "csv", "group": str(kept.pk)}).content)) == 2
    assert "Lucie" not in browser(hugo).get(f"{book}groupe/{kept.pk}/liste/").content.decode()
    for user, status in ((hugo, 403), (stranger, 404)):
        assert browser(user).post(f"{book}exporter/", {"format": "csv"}).status_code == status
    assert client.post(f"{book}exporter/", {"format": "exe"}).status_code == 404
    assert client.get(f"{book}exporter/").status_code == 405


def test_a_printed_list_has_names_trades_addresses_and_the_date_of_the_data_and_no_note(browser, hugo, book, kept):
    client = browser(hugo)
    page = client.get(f"{book}liste/").content.decode()
    for told in (
        "Dr Anne LÉVÊQUE",
        "Médecin · Cardiologie",
        "anne.leveque@hopital",
        "=Lucie()",
        "données du 23 novembre 2026",
    ):
        assert told in page
    assert NOTE not in page
    assert "Lucie" not in client.get(f"{book}liste/favoris/").content.decode()


def upload(text: str | bytes, name: str = "carnet.csv") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)}


def test_what_a_file_would_add_is_seen_first_with_the_faults_of_each_line(browser, claire, anne, book, dupont, kept):
    client = browser(claire)
    page = client.post(f"{book}importer/", upload(TABLE)).content.decode()
    assert Contact.objects.count() == 2, "nothing is added yet"
    assert "1 contact à ajouter" in page
    for told in (
        "Ligne 3 : Donnez un nom ou une adresse", "Ligne 4 : C’est l’adresse d’un patient",
        "Ligne 5 : Ce n’est pas une adresse", "3 déjà dans le répertoire", "Apicrypt, ADELI 591234567",
    ):  # fmt: skip
        assert told in page, told
    assert "279035121518989" not in page
    [sealed] = re.findall(r'name="sealed" value="([^"]+)"', page)
    for forged in (sealed[:-8] + "AAAAAAA=", "x", "é"):
        assert client.post(f"{book}importer/", {"sealed": forged}).status_code == 404
    assert browser(anne).post(f"{book}importer/", {"sealed": sealed}).status_code == 404
    assert client.post(f"{book}importer/", {"sealed": sealed}).status_code == 302
    [paul] = [card for card in contacts.all_of(dupont).values() if card.name == "Dr Paul Ancien"]
    assert (paul.address, paul.phone, paul.note) == ("paul@medical59.apicrypt.org", "03 20 00 00 00", "Ne pas appeler")
    assert (paul.origin, paul.source, paul.added_by) == ("table", "Apicrypt, ADELI 591234567", "Claire MARTIN")
    assert AuditEvent.objects.get(action="contacts.import").facts == {"count": 1}
    page = client.get(f"{book}contacts/").content.decode()
    assert "Importé d’un tableau (CSV)" in page
    assert "n’appartient pas à l’espace de confiance" in page
    client.post(f"{book}importer/", {"sealed": sealed})
    assert Contact.objects.count() == 3, "the same file twice adds nothing"


@pytest.mark.parametrize(("kind", "origin"), [("vcf", "vcard"), ("csv", "table")])
def test_what_is_exported_comes_back_into_another_mailbox_as_own_contacts(
    browser, anne, book, annes_box, kept, kind, origin
):
    client, there = browser(anne), f"/b/{annes_box.pk}/repertoire/"
    data = client.post(f"{book}exporter/", {"format": kind, "notes": "1"}).content
    page = client.post(f"{there}importer/", upload(data)).content.decode()
    assert "2 contacts à ajouter" in page
    assert "dans l’annuaire" in page
    client.post(f"{there}importer/", {"sealed": re.findall(r'name="sealed" value="([^"]+)"', page)[0]})
    read = {card.address: card for card in contacts.all_of(annes_box).values()}
    assert {card.name for card in read.values()} == {"Dr Anne LÉVÊQUE", "=Lucie()"}
    assert {card.origin for card in read.values()} == {origin}
    assert read["anne.leveque@hopital.mssante.example"].note == NOTE
    assert {card.source for card in read.values()} == {""}


def test_a_file_added_twice_adds_its_names_without_address_once(browser, claire, book, kept, dupont):
    client = browser(claire)
    page = client.post(f"{book}importer/", upload("Nom;Téléphone\nUn;03 20\nDeux;\n")).content.decode()
    sealed = re.findall(r'name="sealed" value="([^"]+)"', page)[0]
    for _ in range(2):  # a double click, or « page précédente »
        client.post(f"{book}importer/", {"sealed": sealed})
    assert sorted(card.name for card in contacts.all_of(dupont).values() if card.origin == "table") == ["Deux", "Un"]


def test_a_file_whose_words_grow_when_read_is_refused_before_its_preview(browser, claire, book, kept):
    card = "BEGIN:VCARD\nFN:Un\nNOTE:" + "é" * 2_000 + "\n{}END:VCARD\n"
    mails = "".join(f"EMAIL:a{{0}}{n}@x.fr\n" for n in range(10))
    text = "".join(card.format(mails.format(number)) for number in range(190))
    answer = browser(claire).post(f"{book}importer/", upload(text))
    assert (answer.status_code, "en deux fichiers" in answer.content.decode()) == (422, True)


def test_a_file_that_is_none_says_why_and_a_directory_without_room_adds_none(browser, claire, book, kept, monkeypatch):
    client = browser(claire)
    files = {
        b"\0\0": "n’est pas du texte",
        b"x" * 1_000_001: "trop gros",
        b"a;b": "nommer les colonnes",
        b"": "colonnes",
    }
    for data, words in files.items():
        answer = client.post(f"{book}importer/", upload(data))
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    assert "Choisissez un fichier" in client.post(f"{book}importer/").content.decode()
    monkeypatch.setattr(contacts, "MAX", 3)
    page = client.post(f"{book}importer/", upload("Nom\nUn\nDeux\n")).content.decode()
    answer = client.post(
        f"{book}importer/", {"sealed": re.findall(r'name="sealed" value="([^"]+)"', page)[0]}, follow=True
    )
    assert "pas de place pour tous" in answer.content.decode()
    assert Contact.objects.count() == 2


def test_files_and_lists_cost_as_much_for_one_contact_as_for_fifty(
    browser, claire, book, fifty, annuaire, statements, calm
):
    client, costs = browser(claire), []
    for count in (1, 50):
        fifty(count)
        client.get(book)
        acts = [
            lambda: client.get(f"{book}liste/"),
            lambda: client.post(f"{book}exporter/", {"format": "csv"}),
            lambda count=count: client.post(f"{book}importer/", upload("Nom;Adresse\n" + "x;x@y.fr\n" * count)),
        ]
        costs.append([statements(act) for act in acts])
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 13
