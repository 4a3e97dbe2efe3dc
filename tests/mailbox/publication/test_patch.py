"""Bodies are FHIR, follow the profile, and name the address whatever its letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fhir import systems
from mailbox.publication import patch
from mailbox.publication.entry import Carrier, Entry
from tests.directory.fhir.parsed import model
from tests.mailbox.publication.national import judge, metadata

PLACE = Carrier("Organization", systems.FINESS, "750000002")
FULL = Entry(PLACE, "l'accueil@officine.mssante.fr", "ORG", "Accueil", "Comptoir", "Dr A", 1, True)
text = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    str.strip
)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Before the first example, which has a fifth of a second."""
    for name in ("ContactPoint", "Organization", "Parameters"):
        model(name)


def parts(body) -> dict:
    return {part["name"]: part for part in body["parameter"][0]["part"]}


def test_an_insert_is_as_the_profile_asks_and_not_as_the_examples_of_the_draft():
    body = patch.insert(Entry(PLACE, "p@officine.mssante.fr", "ORG", rank=1))
    said = parts(body)
    assert (said["type"]["valueCode"], said["path"]["valueString"]) == ("insert", "Organization.telecom")
    assert said["index"]["valueInteger"] == 0
    assert said["value"]["valueContactPoint"] == {
        "system": "email",
        "value": "p@officine.mssante.fr",
        "rank": 1,
        "extension": [
            {
                "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type",
                "valueCoding": {
                    "system": "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie",
                    "code": "MSSANTE",
                },
            },
            {
                "url": "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata",
                "extension": [
                    {
                        "url": "type",
                        "valueCodeableConcept": {
                            "coding": [
                                {
                                    "system": "https://mos.esante.gouv.fr/NOS/TRE_R257-TypeBAL/FHIR/TRE-R257-TypeBAL",
                                    "code": "ORG",
                                }
                            ]
                        },
                    },
                    {"url": "listeRouge", "valueBoolean": False},
                ],
            },
        ],
    }


def test_replace_and_delete_name_the_address_and_quote_it():
    where = r"Organization.telecom.where(value = 'l\'accueil@officine.mssante.fr')"
    assert parts(patch.replace(FULL))["path"]["valueString"] == where
    gone = parts(patch.delete(PLACE, FULL.address))
    assert (gone["path"]["valueString"], gone["type"]["valueCode"], "value" in gone) == (where, "delete", False)


@given(text, text, text, st.none() | st.integers(1, 9), st.none() | st.booleans())
def test_every_body_is_fhir_and_says_what_it_was_given(description, service, responsible, rank, is_paperless):
    entry = Entry(PLACE, "p@officine.mssante.fr", "ORG", description, service, responsible, rank, is_paperless)
    point = patch.contact_point(entry)
    model("ContactPoint").model_validate(point)
    judge({"resourceType": "Organization"}, point)
    for body in (patch.insert(entry), patch.replace(entry), patch.delete(PLACE, entry.address)):
        model("Parameters").model_validate(body)
    said = metadata(point)
    assert (said["description"], said["service"], said["responsible"]) == (description, service, responsible)
    assert (point.get("rank"), said.get("digitization")) == (rank, is_paperless)


def test_a_resource_is_asked_how_often_it_bears_an_address():
    point = {"value": "P@officine.mssante.fr"}
    for resource, times in (
        ({"resourceType": "Organization"}, 0),
        ({"resourceType": "Organization", "telecom": [point, {"value": "x"}, "odd", point]}, 2),
        ({"resourceType": "Practitioner", "telecom": [point]}, None),
        ({"resourceType": "Organization", "telecom": "odd"}, None),
        (None, None),
    ):
        assert patch.standing(resource, PLACE, "p@officine.mssante.fr") == times
