"""What is to be published of a mailbox, why not, and what is missing: as a table and as properties."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fhir import systems
from mailbox.publication.entry import Carrier, Entry, Facts, Incomplete, Unwanted, structure, wanted

ANNE = Carrier("Practitioner", systems.RPPS, "99900000011")
PLACE = Carrier("Organization", systems.FINESS, "750000002")
PER = Facts("anne.dupont@officine.mssante.fr", "PER", "active", True, False, False, ("99900000011",), "")
ORG = Facts(
    "pharmacie@officine.mssante.fr",
    "ORG",
    "active",
    True,
    False,
    False,
    (),
    "750000002",
    "Accueil",
    "Comptoir",
    "Dr A",
    1,
)


def test_a_personal_mailbox_stands_on_its_holder_and_tells_no_service():
    told = replace(PER, description="x", service="y", responsible="z", rank=2)
    assert wanted(told) == Entry(ANNE, PER.address, "PER", rank=2)


@pytest.mark.parametrize("kind", ["ORG", "APP"])
def test_a_mailbox_of_a_structure_stands_on_it_with_all_it_has(kind):
    assert wanted(replace(ORG, kind=kind)) == Entry(PLACE, ORG.address, kind, "Accueil", "Comptoir", "Dr A", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "requested"}, "Boîte demandée, pas encore ouverte."),
        ({"state": "suspended"}, "Boîte suspendue."),
        ({"state": "closed"}, "Boîte clôturée."),
        ({"is_domain_open": False}, "Domaine fermé."),
        ({"is_red_listed": True}, "Liste rouge."),
        ({"is_withheld": True}, "Retirée par un administrateur."),
    ],
)
def test_what_is_not_to_be_published_is_not_even_when_something_is_missing_too(change, reason):
    for facts in (PER, ORG, replace(ORG, structure=""), replace(PER, holders=())):
        assert wanted(replace(facts, **change)) == Unwanted(reason)


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        (replace(PER, holders=()), "un responsable actif, et un seul"),
        (replace(PER, holders=("99900000011", "99900000029")), "un responsable actif, et un seul"),
        (replace(PER, holders=("",)), "le numéro RPPS de son responsable"),
        (replace(PER, holders=("99900000012",)), "un numéro RPPS juste"),
        (replace(PER, holders=("990000001",)), "un numéro RPPS juste"),
        (replace(ORG, structure=""), "le FINESS ou le SIRET de la structure"),
        (replace(ORG, structure="750000003"), "un FINESS juste"),
        (replace(ORG, structure="99900000000012"), "un SIRET juste"),
        (replace(ORG, structure="75000"), "un FINESS (9 caractères) ou un SIRET (14 chiffres)"),
        (replace(ORG, address="p@officine.mssante.example"), "une adresse en .mssante.fr"),
    ],
)
def test_what_is_missing_is_said_in_french(facts, missing):
    found = wanted(facts)
    assert isinstance(found, Incomplete)
    assert found.reason.startswith(f"Il manque : {missing}"), found.reason


def test_a_structure_is_named_as_the_directory_names_it():
    assert structure("75 000 0002") == PLACE
    assert structure("2A0000012") == Carrier("Organization", systems.FINESS, "2A0000012")
    assert structure("99900000000011") == Carrier("Organization", systems.IDNST, "399900000000011")


@given(st.sampled_from(["Practitioner", "Organization"]), st.from_regex(r"[0-9A-Z]{9,15}", fullmatch=True))
def test_a_carrier_is_read_back_from_its_text(resource, value):
    carrier = Carrier(resource, systems.FINESS, value)
    assert Carrier.read(str(carrier)) == carrier
    assert Carrier.read("") is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_entries_have_one_digest_when_they_are_equal_only(one, other):
    first, second = (Entry(PLACE, ORG.address, "ORG", service=text) for text in (one, other))
    assert (first.digest == second.digest) == (one == other)
