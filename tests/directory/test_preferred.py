"""`lookup.preferred`: the addresses of whoever is asked for, in their order, in one statement."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory import invent, lookup
from directory.lookup import Choice, Facts, Use
from directory.models import MailboxAddress, Organization
from tests.directory.conftest import mailbox_text

LILLE = invent.Place("590000006", "Centre hospitalier de Lille", "1", "RUE DU PONT", "59000", "Lille", "")
PARIS = invent.Place("750000002", "Cabinet des Halles", "1", "RUE DU PONT", "75012", "Paris", "")
AT_LILLE, AT_PARIS = (f"camille.renard.{place}@hopital.mssante.example" for place in ("lille", "halles"))
CARDIO, URGENCES, DESK = (f"{name}@ch-lille.mssante.example" for name in ("cardio", "urgences", "accueil"))


def renard(*addresses: str, rpps: str = "99900000508") -> invent.Person:
    """A cardiologist of two places, with an address of each."""
    return invent.Person(rpps, "Dr", "Camille", "Renard", "10", "Médecin", "SM04", "Cardiologie", (LILLE, PARIS),
                         addresses or (AT_LILLE, AT_PARIS))  # fmt: skip


def two_places(give, *everyone: invent.Person) -> None:
    people = everyone or (renard(),)
    offices = [invent.Office(CARDIO, LILLE, "Cardiologie"), invent.Office(URGENCES, LILLE, "Urgences"),
               invent.Office(DESK, LILLE)]  # fmt: skip
    give(mailbox_text(everyone=people, offices=offices))
    give("\n".join(invent.activity_lines(people)) + "\n", "PS_LibreAcces_Personne_activite_202611230200.txt")


def facts(**told):
    return lambda owners, addresses: Facts(**told)


def preferred(typed: str, **told) -> Choice:
    [face] = lookup.suggest(typed)
    place = lookup.chosen_place(typed, face)
    places = {face.owner: place} if place is not None else {}
    return lookup.preferred([face.owner], places=places, facts=facts(**told))[face.owner]


def test_the_place_that_was_typed_gives_the_address_and_without_it_somebody_must_choose(give):
    two_places(give)
    for typed, address in (("renard lille", AT_LILLE), ("camille renard paris", AT_PARIS)):
        choice = preferred(typed)
        assert (choice.proposed.address, choice.reason) == (address, "celle de ce lieu d’exercice")
    choice = preferred("renard cardiologue")
    assert (choice.is_certain, choice.name, len(choice.ordered)) == (False, "Dr Camille RENARD", 2)
    told = choice.proposed.published
    assert (told.organization, told.town, told.is_own) == (
        Organization.objects.get(pk=told.place).name, "Lille" if choice.proposed.address == AT_LILLE else "Paris", True,
    )  # fmt: skip
    MailboxAddress.objects.filter(address=AT_PARIS).update(rank=1)
    assert preferred("renard").reason == "adresse préférée déclarée"
    used = {AT_LILLE: Use(datetime(2026, 3, 3, tzinfo=UTC), 2)}
    assert preferred("renard", used=used).proposed.address == AT_PARIS, "rank comes before use"


def test_a_service_has_its_own_addresses_only_and_a_structure_those_of_no_service(give):
    two_places(give)
    owners = lookup.preferred([], addresses=[CARDIO, DESK], facts=facts())
    assert {choice.name: [one.address for one in choice.ordered] for choice in owners.values()} == {
        "Cardiologie – Centre hospitalier de Lille": [CARDIO], "Centre hospitalier de Lille": [DESK],
    }  # fmt: skip
    for address in (CARDIO, DESK):
        face = lookup.by_address([address])[address]
        assert owners[face.owner].proposed.address == address
    assert {row.owner for row in MailboxAddress.objects.filter(address__in=[CARDIO, DESK])} == set(owners)


def test_an_address_that_vanished_still_leads_to_its_owner_and_is_flagged(give):
    two_places(give)
    MailboxAddress.objects.filter(address=AT_PARIS).update(vanished_at=timezone.now())
    [choice] = lookup.preferred([], addresses=[f" {AT_PARIS.upper()} "], facts=facts()).values()
    assert [(one.address, one.is_sound) for one in choice.ordered] == [(AT_LILLE, True), (AT_PARIS, False)]
    assert choice.ordered[1].flags[0].startswith("retirée de l’annuaire le ")
    assert choice.reason == "la seule publiée"


def test_an_address_of_several_people_is_told_apart_by_the_name_written_before_it(give):
    desk = "cabinet@halles.mssante.example"
    other = invent.Person("99900000607", "Dr", "Ada", "Loup", "10", "Médecin", "", "", (PARIS,), (desk,))
    two_places(give, renard(AT_LILLE, desk), other)
    choices = lookup.preferred([], addresses=[desk], facts=facts()).values()
    assert {choice.name for choice in lookup.owners_of(choices, desk)} == {"Dr Camille RENARD", "Dr Ada LOUP"}
    assert [choice.name for choice in lookup.owners_of(choices, desk, "dr ada loup")] == ["Dr Ada LOUP"]
    assert len(lookup.owners_of(choices, desk, "Secrétariat")) == 2
    assert lookup.owners_of(choices, "x@y.example") == []


def test_what_is_in_no_directory_is_nobody_s_and_nothing_asked_costs_nothing(db):
    asked: list[set[str]] = []

    def told(owners, addresses) -> Facts:
        asked.append(set(addresses))
        return Facts()

    with CaptureQueriesContext(connection) as captured:
        assert lookup.preferred([""], facts=told) == {}
    assert len(captured) == 0
    assert lookup.preferred([], addresses=["x@y.example", "\x00@y.example"], facts=told) == {}
    assert asked[-1] == {"x@y.example"}


@pytest.mark.parametrize("many", [1, 30])
def test_one_statement_whatever_the_number_of_people(give, many):
    people = [renard(f"a{n}@x.mssante.example", f"b{n}@x.mssante.example", rpps=invent.luhn_closed(f"998{n:07d}"))
              for n in range(many)]  # fmt: skip
    two_places(give, *people)
    with CaptureQueriesContext(connection) as captured:
        choices = lookup.preferred([], addresses=[f"a{n}@x.mssante.example" for n in range(many)], facts=facts())
    assert (len(captured), len(choices)) == (1, many)
    assert all(len(choice.ordered) == 2 for choice in choices.values())


def test_a_load_leaves_the_rank_that_fhir_gave(give):
    two_places(give)
    MailboxAddress.objects.filter(address=AT_PARIS).update(rank=1)
    two_places(give, renard(AT_PARIS, AT_LILLE))
    assert MailboxAddress.objects.filter(address=AT_PARIS, rank=1).exists()
