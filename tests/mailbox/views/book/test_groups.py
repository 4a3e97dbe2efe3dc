"""Groups of the pharmacy's own directory: joined, left, written to at once."""

from django.utils import timezone

from mailbox import contacts, groups
from mailbox.models import Contact, ContactGroup
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.book.conftest import leveque


def test_a_group_is_written_to_at_once_by_those_whom_one_can_write_to(browser, claire, book, here, annuaire, trust):
    client, now = browser(claire), timezone.now()
    client.post(f"{book}groupes/", {"name": " Infirmiers du quartier "})
    [(pk, group)] = groups.all_of(here.mailbox).items()
    assert (group.name, group.members) == ("Infirmiers du quartier", ())
    known, _ = contacts.keep(here, contacts.fresh(leveque()), now=now, is_favourite=True)
    typed = "Florence LEMAIRE <DR.lemaire@hopital.mssante.example>\nanne.leveque@hopital.mssante.example, x@ailleurs.example, y"
    added = client.post(f"{book}groupe/{pk}/", {"action": "add", "typed": typed, "contact": [str(known)]}, follow=True)
    assert "Pas ajouté : y." in added.content.decode(), "a name alone is not lost without a word"
    told = [one.address for one in map(contacts.all_of(here.mailbox).get, groups.all_of(here.mailbox)[pk].members)]
    assert told == ["anne.leveque@hopital.mssante.example", "dr.lemaire@hopital.mssante.example", "x@ailleurs.example"]
    page = client.get(f"{book}groupe/{pk}/").content.decode()
    assert "dont 1 à qui l’on ne peut pas écrire" in page
    letter = client.post(f"{book}groupe/{pk}/ecrire/").content.decode()
    assert "Dr Anne LÉVÊQUE&quot; &lt;anne.leveque@hopital.mssante.example&gt;" in letter
    assert "dr.lemaire@hopital.mssante.example" in letter
    assert "ailleurs.example" not in letter


def test_who_leaves_a_group_stays_if_something_else_is_told_and_who_is_deleted_leaves_every_group(
    browser, claire, book, here, annuaire
):
    now, client = timezone.now(), browser(claire)
    row = ContactGroup.objects.get(pk=groups.create(here, "Tous", now=now))
    starred, _ = contacts.keep(here, contacts.fresh(leveque()), now=now, is_favourite=True)
    idle, _ = contacts.keep(here, contacts.fresh("a:geriatrie@hopital.mssante.example"), now=now)
    groups.add(here, row, [starred, idle], now=now)
    for pk in (starred, idle):
        client.post(f"{book}groupe/{row.pk}/", {"action": f"remove:{pk}"})
    assert list(Contact.objects.values_list("pk", flat=True)) == [starred]
    groups.add(here, row, [starred], now=now)
    client.post(f"{book}garder/", {"about": leveque(), "action": "unstar"})
    assert Contact.objects.exists(), "still in a group"
    client.post(f"{book}contact/{starred}/", {"action": "delete"})
    assert groups.all_of(here.mailbox)[row.pk].members == ()
    client.post(f"{book}groupe/{row.pk}/", {"action": "rename", "name": "Personne"})
    assert groups.all_of(here.mailbox)[row.pk].name == "Personne"
    client.post(f"{book}groupe/{row.pk}/", {"action": "delete"})
    assert client.get(f"{book}groupe/{row.pk}/").status_code == 404


def test_a_group_larger_than_a_message_is_told_and_not_written_to(
    browser, claire, book, here, fifty, trust, monkeypatch
):
    monkeypatch.setattr("mailbox.views.contact_groups.MAX_RECIPIENTS", 2)
    monkeypatch.setattr(groups, "MAX_MEMBERS", 3)
    row, client = ContactGroup.objects.get(pk=groups.create(here, "Tous", now=timezone.now())), browser(claire)
    listed_here = [f"p{n}@hopital.mssante.example" for n in range(4)]
    client.post(f"{book}groupe/{row.pk}/", {"action": "add", "typed": ", ".join(listed_here)})
    assert not Contact.objects.exists(), "all or none"
    client.post(f"{book}groupe/{row.pk}/", {"action": "add", "typed": ", ".join(listed_here[:3])})
    page = client.get(f"{book}groupe/{row.pk}/").content.decode()
    assert "3 destinataires, et un message en porte 2 au plus" in page
    assert "Écrire au groupe" not in page
    answer = client.post(f"{book}groupe/{row.pk}/ecrire/", follow=True)
    assert "3 destinataires" in answer.content.decode()


def test_a_person_joins_a_group_from_any_page(browser, claire, book, here, annuaire):
    row = groups.create(here, "Cardiologues", now=timezone.now())
    client, page = browser(claire), f"/annuaire/p/{leveque()[2:]}/"
    assert "Ajouter au groupe" in client.get(page).content.decode()
    client.post(f"{book}garder/", {"about": leveque(), "action": "join", "group": str(row), "next": page})
    [member] = groups.all_of(here.mailbox)[row].members
    assert contacts.all_of(here.mailbox)[member].about == leveque()
    assert f"groupe/{row}/" in client.get(page).content.decode()
    other = client.post(f"{book}garder/", {"about": leveque(), "action": "join", "group": str(here.mailbox.pk)})
    assert other.status_code == 404


def test_a_group_that_is_full_or_gone_leaves_nobody_behind(browser, claire, book, here, annuaire, monkeypatch):
    row = groups.create(here, "Cardiologues", now=timezone.now())
    client, asked = browser(claire), {"about": leveque(), "action": "join", "group": str(row)}
    assert client.post(f"{book}garder/", asked | {"group": str(here.mailbox.pk)}).status_code == 404
    monkeypatch.setattr(groups, "MAX_MEMBERS", 0)
    assert "dans un groupe" in client.post(f"{book}garder/", asked, follow=True).content.decode()
    assert client.post(f"{book}garder/", {"about": leveque(), "action": "unstar"}).status_code == 302
    assert contacts.all_of(here.mailbox) == {}
    assert not AuditEvent.objects.filter(action__in=["contact.create", "contact.change", "group.change"]).exists()
    monkeypatch.undo()
    client.post(f"{book}garder/", asked)
    assert set(AuditEvent.objects.filter(action__in=["contact.create", "group.change"]).values_list("action", flat=True)) == {
        "contact.create", "group.change"
    }  # fmt: skip


def test_a_directory_without_room_says_so_and_contacts_that_are_not_shown_are_counted(
    browser, claire, book, here, fifty, trust, monkeypatch
):
    fifty(3)
    row = groups.create(here, "Tous", now=timezone.now())
    client, page = browser(claire), f"{book}groupe/{row}/"
    monkeypatch.setattr("mailbox.views.contact_groups._OFFERED", 1)
    assert "et 2 autres : tapez leur adresse" in client.get(page).content.decode()
    monkeypatch.setattr(contacts, "MAX", 3)
    asked = {"action": "add", "typed": "nouveau@x.mssante.example"}
    assert "Le répertoire est plein" in client.post(page, asked, follow=True).content.decode()
    assert groups.all_of(here.mailbox)[row].members == ()
