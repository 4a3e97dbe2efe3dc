"""The pharmacy's own directory: stars, notes and groups of the members of a mailbox, seen by them and by nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory.models import Organization
from mailbox import contacts, groups
from mailbox.contacts import Card
from mailbox.models import Contact, ContactGroup, Mailbox
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import folk, mailbox_text
from tests.mailbox.views.book.conftest import leveque

NOTE = "Joignable l’après-midi seulement, par sa secrétaire"
OWN = {
    "name": "Mme Lucie Fabre",
    "detail": "Ostéopathe · Paris",
    "address": "lucie@fabre.example",
    "phone": "01 42 00 00 00",
}


def cards(mailbox: Mailbox) -> list[Card]:
    return list(contacts.all_of(mailbox).values())


def test_a_star_on_a_card_of_the_annuaire_is_every_members_favourite(
    browser, claire, anne, hugo, book, dupont, annuaire
):
    client = browser(claire)
    page = client.post("/annuaire/", {"q": "leveque"}, follow=True).content.decode()
    assert 'aria-pressed="false"' in page
    answer = client.post(f"{book}garder/", {"about": leveque(), "action": "star"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.content.decode()
    assert 'aria-pressed="true"' in client.post("/annuaire/", {"q": "leveque"}, follow=True).content.decode()
    for user in (anne, hugo):
        page = browser(user).get(book).content.decode()
        assert "Dr Anne LÉVÊQUE" in page
        assert "Médecin · Cardiologie" in page
    [card] = cards(dupont)
    assert (card.is_favourite, card.address, card.added_by) == (
        True,
        "anne.leveque@hopital.mssante.example",
        "Claire MARTIN",
    )
    client.post(f"{book}garder/", {"about": leveque(), "action": "unstar"})
    assert not Contact.objects.exists(), "nothing is told of her any more"


def test_a_note_is_shown_with_its_author_on_the_page_of_the_person_and_outlives_the_star(
    browser, claire, anne, hugo, book, dupont, annuaire
):  # fmt: skip
    client, page = browser(claire), f"/annuaire/p/{leveque()[2:]}/"
    answer = client.post(f"{book}garder/", {"about": leveque(), "action": "note", "note": NOTE, "next": page})
    assert answer["Location"] == page
    for user in (claire, anne, hugo):
        for place in (page, f"{book}contacts/"):
            assert NOTE in browser(user).get(place).content.decode(), (user, place)
    assert "Claire MARTIN, à" in client.get(page).content.decode()
    for action in ("star", "unstar"):
        client.post(f"{book}garder/", {"about": leveque(), "action": action})
    assert NOTE in client.get(page).content.decode()
    client.post(f"{book}garder/", {"about": leveque(), "action": "note", "note": "  "})
    assert not Contact.objects.exists()


def test_what_one_mailbox_keeps_no_other_sees(browser, anne, book, annes_box, stranger, annuaire):
    client, page = browser(anne), f"/annuaire/p/{leveque()[2:]}/"
    client.post(f"{book}garder/", {"about": leveque(), "action": "note", "note": NOTE})
    [row] = Contact.objects.all()
    assert NOTE not in client.get(f"{page}?b={annes_box.pk}").content.decode()
    assert client.get(f"/b/{annes_box.pk}/repertoire/contact/{row.pk}/").status_code == 404
    assert client.get(f"{book}contact/{row.pk}/").status_code == 200
    outside = browser(stranger)
    assert outside.get(book).status_code == 404
    assert NOTE not in outside.get(page).content.decode()
    assert "Dans notre répertoire" not in outside.get(page).content.decode(), "no mailbox, no directory of one's own"


def test_a_reader_reads_and_changes_nothing(browser, hugo, here, book, annuaire):
    pk, _ = contacts.keep(here, contacts.fresh(leveque()), now=timezone.now(), is_favourite=True)
    group = groups.create(here, "Cardiologues", now=timezone.now())
    client = browser(hugo)
    for url in ("", "groupes/", "recents/", "contacts/", f"contact/{pk}/", f"groupe/{group}/"):
        page = client.get(f"{book}{url}")
        assert page.status_code == 200, url
        assert "garder/" not in page.content.decode(), url
    for url in ("garder/", "contact/", f"contact/{pk}/", "groupes/", f"groupe/{group}/", f"groupe/{group}/ecrire/"):
        assert client.post(f"{book}{url}", {"action": "delete", "about": leveque(), "name": "x"}).status_code == 403, (
            url
        )
    assert (Contact.objects.count(), ContactGroup.objects.count()) == (1, 1)
    assert "garder/" not in client.get(f"/annuaire/p/{leveque()[2:]}/").content.decode()


def test_each_change_is_told_and_tells_nothing_of_whom(browser, claire, book, annuaire):
    client = browser(claire)
    client.post(f"{book}garder/", {"about": leveque(), "action": "star"})
    client.post(f"{book}garder/", {"about": leveque(), "action": "note", "note": NOTE})
    [row] = Contact.objects.all()
    client.post(f"{book}groupes/", {"name": "Cardiologues"})
    group = ContactGroup.objects.get()
    client.post(f"{book}groupe/{group.pk}/", {"action": "add", "contact": str(row.pk)})
    client.post(f"{book}groupe/{group.pk}/", {"action": "delete"})
    client.post(f"{book}contact/{row.pk}/", {"action": "delete"})
    told = list(AuditEvent.objects.order_by("at").values_list("action", "subject_id", "facts"))
    assert told[-6:] == [
        ("contact.create", str(row.pk), {}), ("contact.change", str(row.pk), {}), ("group.create", str(group.pk), {}),
        ("group.change", str(group.pk), {}), ("group.delete", str(group.pk), {}), ("contact.delete", str(row.pk), {}),
    ]  # fmt: skip
    assert not Contact.objects.exists()


def test_an_own_contact_says_who_wrote_it_and_when_and_why_one_cannot_write_to_it(browser, claire, book, dupont, trust):
    client = browser(claire)
    assert client.post(f"{book}contact/", OWN).status_code == 302
    [row] = Contact.objects.all()
    page = client.get(f"{book}contact/{row.pk}/").content.decode()
    for told in ("Saisi par la pharmacie", "par Claire MARTIN", "01 42 00 00 00", "Ostéopathe · Paris",
                 "n’appartient pas à l’espace de confiance"):  # fmt: skip
        assert told in page, told
    assert f'{book.removesuffix("repertoire/")}nouveau/"><input' not in page
    client.post(f"{book}contact/{row.pk}/", OWN | {"address": "dr.fabre@hopital.mssante.example"})
    assert [card.address for card in cards(dupont)] == ["dr.fabre@hopital.mssante.example"]
    page = client.get(f"{book}contact/{row.pk}/").content.decode()
    assert "espace de confiance" not in page
    assert "Écrire" in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "", "address": ""}, "Donnez un nom ou une adresse"),
        ({"address": "pas une adresse"}, "Ce n’est pas une adresse"),
        ({"address": "a@b@c.example>"}, "Ce n’est pas une adresse"),
        ({"address": "279035121518989@patient.mssante.fr"}, "adresse d’un patient"),
        ({"address": "Lucie@FABRE.example"}, "déjà dans le répertoire"),
        ({"name": "x" * 201}, "200"),
    ],
)
def test_what_is_no_contact_is_refused_in_place(browser, claire, book, here, given, words):
    contacts.add_all(here, [Card("a:lucie@fabre.example", "Lucie", address="lucie@fabre.example")], now=timezone.now())
    answer = browser(claire).post(f"{book}contact/", OWN | given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    "about",
    [
        "",
        "p:0000000000000000",
        "s:zz",
        "x",
        "a:",
        "a:248@patient.mssante.fr",
        "a:a b@x.fr",
        "a:A@x.fr",
        "a:" + "a" * 300 + "@x.fr",
    ],
)
def test_what_is_nobody_is_not_kept(browser, claire, book, annuaire, about):
    assert browser(claire).post(f"{book}garder/", {"about": about, "action": "star"}).status_code == 404
    assert not Contact.objects.exists()


def test_one_is_led_back_to_pages_of_ours_only(browser, claire, book, annuaire):
    client = browser(claire)
    for asked in ("https://ailleurs.example/", "//ailleurs.example/", "javascript:x", ""):
        answer = client.post(f"{book}garder/", {"about": leveque(), "action": "star", "next": asked})
        assert answer["Location"] == book, asked


def test_who_left_the_annuaire_keeps_a_name_and_an_address_that_changed_is_said(
    browser, claire, book, here, load, annuaire
):
    contacts.keep(here, contacts.fresh(leveque()), now=timezone.now(), is_favourite=True)
    contacts.keep(here, Card("p:00000000000000ff", "Dr Parti AILLEURS", is_favourite=True), now=timezone.now())
    page = browser(claire).get(book).content.decode()
    assert "Dr Parti AILLEURS" in page
    assert "N’est plus dans l’annuaire" in page
    load(mailbox_text(everyone=folk()[1:]))
    assert "Pas d’adresse MSSanté publiée" in browser(claire).get(book).content.decode()
    [moved] = [pk for pk, card in contacts.all_of(here.mailbox).items() if card.about == leveque()]
    contacts.change(here, Contact.objects.get(pk=moved), now=timezone.now(), address="ancienne@x.mssante.example")
    load(mailbox_text())
    assert "celle-ci l’est" in browser(claire).get(book).content.decode()


def test_a_structure_and_one_of_its_services_are_kept_apart(browser, claire, book, dupont, annuaire):
    client, halles = browser(claire), Organization.objects.get(key="F750000002")
    client.post(f"{book}garder/", {"about": f"s:{halles.ref}", "action": "star"})
    service = client.post("/annuaire/", {"q": "geriatrie"}, follow=True).content.decode()
    assert 'name="about" value="a:geriatrie@hopital.mssante.example"' in service
    client.post(f"{book}garder/", {"about": "a:geriatrie@hopital.mssante.example", "action": "star"})
    page = client.get(book).content.decode()
    assert "Pharmacie des Halles" in page
    assert "Service de gériatrie – Hôpital de la Miséricorde" in page


def test_recent_correspondents_have_a_face_a_date_and_a_star(browser, claire, book, file, annuaire):
    file(sender="A. Leveque <anne.leveque@hopital.mssante.example>", is_verified=True, minutes=60 * 24 * 400)
    file("Autre", sender="Inconnu <x@y.mssante.example>", is_verified=True)
    page = browser(claire).get(f"{book}recents/").content.decode()
    assert page.index("Inconnu") < page.index("Dr Anne LÉVÊQUE")
    assert f'name="about" value="{leveque()}"' in page
    assert 'name="about" value="a:x@y.mssante.example"' in page
    assert f"{timezone.localtime(timezone.now() - timedelta(days=400)):%d/%m/%Y}" in page


def test_the_search_reads_names_notes_telephones_and_groups_and_leaves_no_word_in_the_address(
    browser, claire, book, here, annuaire
):  # fmt: skip
    pk, _ = contacts.keep(
        here, contacts.fresh(leveque()), now=timezone.now(), **contacts.noted(here, NOTE, now=timezone.now())
    )
    contacts.add_all(here, [Card(f"a:{OWN['address']}", **OWN, origin="typed")], now=timezone.now())
    group = groups.create(here, "Cardiologues du quartier", now=timezone.now())
    client = browser(claire)

    def found(typed: str) -> tuple[bool, bool, bool]:
        answer = client.post(f"{book}recherche/", {"q": typed})
        page = answer.content.decode()
        assert "q=" not in str(answer.headers.get("Location", ""))
        return f"contact/{pk}/" in page, "Lucie Fabre" in page, f"groupe/{group}/" in page

    assert found("leveque") == found("apres midi") == (True, False, False)
    assert found("fab ost") == found("0142000000") == (False, True, False)
    assert found("cardiologue") == (True, False, True)
    assert found("") == (True, True, True)
    assert client.get(f"{book}recherche/")["Location"] == book
    fragment = client.post(f"{book}recherche/", {"q": "lev"}, headers={"HX-Request": "true", "HX-Target": "book"})
    assert "<html" not in fragment.content.decode()


def test_as_many_statements_for_one_contact_as_for_fifty(
    browser, claire, book, here, fifty, statements, annuaire, calm
):
    group = ContactGroup.objects.get(pk=groups.create(here, "Tous", now=timezone.now()))
    contacts.keep(here, contacts.fresh(leveque()), now=timezone.now(), is_favourite=True)
    client, costs = browser(claire), {}
    pages = ("", "groupes/", "contacts/", f"groupe/{group.pk}/")
    for count in (1, 50):
        groups.add(here, group, fifty(count), now=timezone.now())
        client.get(book)
        client.post("/annuaire/", {"q": "martin"}, follow=True)  # the white list and the vocabulary are read by then
        costs[count] = [statements(lambda url=url: client.get(f"{book}{url}")) for url in pages]
        costs[count].append(statements(lambda: client.post(f"{book}recherche/", {"q": "dr"})))
        costs[count].append(statements(lambda: client.post("/annuaire/", {"q": "martin"}, follow=True)))
    assert costs[1] == costs[50]
    assert max(costs[50][:5]) <= 13, costs


def test_a_directory_that_is_full_says_so_and_a_box_that_opens_no_more_hides_no_other(
    browser, claire, book, here, fifty, monkeypatch
):  # fmt: skip
    fifty(3)
    monkeypatch.setattr(contacts, "MAX", 3)
    client = browser(claire)
    assert "plein" in client.post(f"{book}contact/", OWN).content.decode()
    client.post(f"{book}garder/", {"about": "a:neuf@x.mssante.example", "action": "star"})
    assert Contact.objects.count() == 3
    broken = Contact.objects.first()
    Contact.objects.filter(pk=broken.pk).update(box=b"\x01\x01altered")
    page = client.get(book.replace("repertoire/", "repertoire/contacts/")).content.decode()
    assert "Fiche illisible" in page
    assert page.count('<li class="book-line') == 3
    assert client.get(f"{book}contact/{broken.pk}/").status_code == 200
    client.post(f"{book}contact/{broken.pk}/", {"action": "delete"})
    assert Contact.objects.count() == 2


def test_a_mailbox_that_goes_takes_its_directory_along(here, fifty):
    fifty(2)
    groups.create(here, "Tous", now=timezone.now())
    here.mailbox.delete()
    assert not Contact.objects.exists()
    assert not ContactGroup.objects.exists()


def test_the_annuaire_goes_on_for_a_mailbox_whose_key_is_gone(browser, claire, here, book, annuaire):
    pk, _ = contacts.keep(here, contacts.fresh(leveque()), now=timezone.now(), is_favourite=True)
    groups.add(
        here, ContactGroup.objects.get(pk=groups.create(here, "Tous", now=timezone.now())), [pk], now=timezone.now()
    )
    here.mailbox.key.delete()
    client = browser(claire)
    for page in (f"/annuaire/p/{leveque()[2:]}/", client.post("/annuaire/", {"q": "leveque"}).url):
        answer = client.get(page)
        assert (answer.status_code, "Dr Anne LÉVÊQUE" in answer.content.decode()) == (200, True)


def test_a_star_without_room_is_said_on_the_page_and_not_inside_the_star(browser, claire, book, annuaire, monkeypatch):
    monkeypatch.setattr(contacts, "MAX", 0)
    asked = {"about": leveque(), "action": "star", "next": "/annuaire/"}
    answer = browser(claire).post(f"{book}garder/", asked, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/annuaire/")


def test_pages_of_a_mailbox_whose_key_is_gone_say_so(browser, claire, here, book, annuaire):
    here.mailbox.key.delete()
    client = browser(claire)
    pages = [client.get(book), client.get(f"{book}groupes/"), client.get(f"{book}liste/"),
             client.post(f"{book}garder/", {"about": leveque(), "action": "star"})]  # fmt: skip
    assert [(page.status_code, "ne s’ouvre plus" in page.content.decode()) for page in pages] == [(410, True)] * 4
    assert client.post(f"/b/{here.mailbox.pk}/suggestions/", {"q": "leveque"}).status_code == 410


def test_the_hour_of_a_note_is_the_pharmacys_in_the_annuaire_too(browser, claire, here, book, annuaire, tenant):
    tenant.time_zone = "Indian/Reunion"
    tenant.save()
    now = timezone.now().replace(hour=9, minute=41)
    contacts.keep(here, contacts.fresh(leveque()), now=now, **contacts.noted(here, NOTE, now=now))
    assert "13:41" in browser(claire).get(f"/annuaire/p/{leveque()[2:]}/").content.decode()
