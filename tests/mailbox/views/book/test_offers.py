"""What the composer offers of the pharmacy's own directory: favourites first, whole groups, nobody one cannot write to."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone

from mailbox import contacts, groups
from mailbox.contacts import Card
from mailbox.models import ContactGroup, Membership
from mailbox.views import suggest
from tests.directory.conftest import folk, mailbox_text
from tests.mailbox.views.book.conftest import leveque

BORDEAUX, HALLES = "anne.martin@clinique-du-parc.mssante.example", "anne.martin@halles.mssante.example"


@pytest.fixture
def asked(base, browser, claire, trust) -> Callable[[str], str]:
    client = browser(claire)

    def ask(typed: str) -> str:
        suggest._kept.clear()
        return client.post(f"{base}/suggestions/", {"q": typed}).content.decode()

    return ask


@pytest.fixture
def offered(asked) -> Callable[[str], list[str]]:
    return lambda typed: re.findall(r'data-address="([^"]+)"', asked(typed))


def own(here: Membership, name: str, address: str, **told: str | bool) -> None:
    contacts.add_all(here, [Card(f"a:{address}", name, "", address, origin="typed", **told)], now=timezone.now())


def test_a_favourite_comes_first_among_those_of_the_same_name_and_says_so(asked, offered, here, annuaire):
    before = offered("anne martin")
    assert set(before) == {BORDEAUX, HALLES}
    contacts.keep(here, contacts.fresh(f"a:{before[1]}"), now=timezone.now(), is_favourite=True)
    assert offered("anne martin") == [before[1], before[0]]
    assert "Favori · " in asked("anne martin")


def test_an_own_contact_is_offered_by_its_name_unless_one_cannot_write_to_it(offered, here, annuaire):
    own(here, "Mme Lucie Fabre", "lucie@hopital.mssante.example")
    own(here, "M. Fabre Apicrypt", "fabre@medical75.apicrypt.org")
    assert offered("fabre") == ["lucie@hopital.mssante.example"]


def test_who_left_the_annuaire_is_offered_no_more(offered, here, annuaire, load):
    contacts.keep(here, contacts.fresh(leveque()), now=timezone.now(), is_favourite=True)
    assert offered("leveque") == ["anne.leveque@hopital.mssante.example"]
    load(mailbox_text(everyone=folk()[1:]))
    assert offered("leveque") == []


def test_a_favourite_known_by_letters_alone_is_offered_long_after_the_last_of_them(offered, here, annuaire):
    address = "cardio@hopital.mssante.example"
    kept = contacts.fresh(f"a:{address}", told="CH Saint-Antoine")
    contacts.keep(here, kept, now=timezone.now(), is_favourite=True)
    assert offered("saint-ant") == [address]


def test_a_group_is_offered_by_its_name_with_all_of_whom_one_can_write_to(asked, offered, here, annuaire, monkeypatch):
    row = ContactGroup.objects.get(pk=groups.create(here, "Cardiologues du quartier", now=timezone.now()))
    assert asked("cardiologues du") == asked("quartier"), "an empty group is not offered"
    own(here, "Mme Lucie Fabre", "lucie@hopital.mssante.example")
    own(here, "M. Hors", "hors@medical75.apicrypt.org")
    contacts.keep(here, contacts.fresh(leveque()), now=timezone.now())
    groups.add(here, row, contacts.all_of(here.mailbox), now=timezone.now())
    [typed] = re.findall(r'data-typed="([^"]+)"', asked("quartier"))
    assert "&quot;Mme Lucie Fabre&quot; &lt;lucie@hopital.mssante.example&gt;" in typed
    assert "anne.leveque@hopital.mssante.example" in typed
    assert "apicrypt" not in typed
    assert "Groupe · 2 destinataires sur 3 contacts" in asked("quartier")
    monkeypatch.setattr("mailbox.views.contact_offers.MAX_RECIPIENTS", 1)
    told = asked("quartier")
    assert "2 destinataires : trop pour un message, qui en porte 1 au plus" in told
    assert 'aria-disabled="true"' in told
    assert "data-typed" not in told


def test_suggestions_cost_as_much_with_one_contact_as_with_fifty(here, fifty, annuaire, asked, calm, statements):
    row = ContactGroup.objects.get(pk=groups.create(here, "Tous", now=timezone.now()))
    costs = []
    for count in (1, 50):
        groups.add(here, row, fifty(count), now=timezone.now())
        asked("leveque")
        costs.append(statements(lambda: asked("dr")))
    assert costs[0] == costs[1] <= 15  # three of them for the order of addresses
