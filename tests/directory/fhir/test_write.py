"""Resources in the shapes of the national API, each of them FHIR."""

from datetime import UTC, datetime

import pytest

from directory.extract import Trade
from directory.fhir import systems, write
from directory.fhir.bundle import subset
from directory.fhir.write import Exercise, Mailbox, Person, Structure
from tests.directory.fhir.parsed import is_fhir

NOW = datetime(2026, 9, 1, 2, tzinfo=UTC)
BOX = Mailbox("lea.exemple@cabinet.mssante.example", "PER", "Cabinet", True)
CARDIOLOGIST = Trade("C", "10", "Médecin", "SM04", "Cardiologie")


def person(**fields) -> Person:
    known = {"ref": "00aa", "idnps": "899900000011", "rpps": "99900000011", "title": "Dr", "last_name": "EXEMPLE",
             "first_name": "Léa", "updated_at": NOW, "is_active": True, "trades": [CARDIOLOGIST], "mailboxes": [BOX]}  # fmt: skip
    return Person(**known | fields)


def structure(**fields) -> Structure:
    known = {"ref": "00bb", "key": "F720000009", "name": "Pharmacie", "address_line": "1 RUE DU PONT", "postcode": "72000",
             "town": "Le Mans", "commune": "72181", "phone": "0199000000", "updated_at": NOW, "is_active": True}  # fmt: skip
    return Structure(**known | fields)


def codings(resource, path="qualification"):
    return [[(one["system"], one["code"]) for one in told["code"]["coding"]] for told in resource[path]]


def test_a_professional_has_both_numbers_a_usual_name_qualifications_and_mailboxes():
    told = write.practitioner(person())
    is_fhir(told)
    assert [(one["system"], one["value"]) for one in told["identifier"]] == [
        (systems.IDNPS, "899900000011"), (systems.RPPS, "99900000011")
    ]  # fmt: skip
    assert told["name"] == [{"use": "usual", "family": "EXEMPLE", "given": ["Léa"], "suffix": ["DR"]}]
    assert codings(told) == [
        [(systems.PROFESSION, "10"), (systems.CATEGORY, "C")], [(systems.SPECIALITY, "SM04"), (systems.SKILL_TYPE, "S")]
    ]  # fmt: skip
    [box] = told["telecom"]
    assert (box["system"], box["value"]) == ("email", BOX.address)
    marked, facts = box["extension"]
    assert marked == {"url": systems.EMAIL_TYPE, "valueCoding": {"system": systems.MAIL_TYPE, "code": "MSSANTE"}}
    assert [fact["url"] for fact in facts["extension"]] == ["type", "service", "listeRouge", "digitization"]


def test_two_lines_of_one_profession_make_one_qualification():
    held = [CARDIOLOGIST, CARDIOLOGIST._replace(speciality_code="C07", speciality="Cardiologie"), CARDIOLOGIST]
    assert [one[0][1] for one in codings(write.practitioner(person(trades=held)))] == ["10", "SM04", "C07"]


def test_who_left_keeps_identifiers_only_and_a_closed_structure_its_name():
    gone = write.practitioner(person(is_active=False))
    assert set(gone) == {"resourceType", "id", "meta", "language", "active", "identifier"}
    closed = write.organization(structure(is_active=False, mailboxes=[BOX]))
    assert set(closed) == {"resourceType", "id", "meta", "language", "active", "identifier", "name"}
    assert (gone["active"], closed["active"]) == (False, False)
    is_fhir(gone)
    is_fhir(closed)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("F720000009", [(systems.IDNST, "1720000009", "IDNST"), (systems.FINESS, "720000009", None)]),
        ("C99900000100019", [(systems.IDNST, "399900000100019", "IDNST"), (None, "99900000100019", "SIRET")]),
        (
            "R99900000011001",
            [(systems.IDNST, "499900000011001", "IDNST"), (systems.RPPS_RANK, "99900000011001", "RPPSRG")],
        ),
        ("ODD1", [(None, "ODD1", None)]),
    ],
)
def test_each_number_of_a_structure_is_told_with_what_is_known_of_it(key, expected):
    told = write.organization(structure(key=key))
    is_fhir(told)
    sorts = [one.get("type", {}).get("coding", [{}])[0].get("code") for one in told["identifier"]]
    assert [
        (one.get("system"), one["value"], sort) for one, sort in zip(told["identifier"], sorts, strict=True)
    ] == expected


def test_a_structure_has_a_phone_an_address_and_the_code_of_its_commune():
    told = write.organization(structure(mailboxes=[BOX]))
    assert told["telecom"][0] == {"system": "phone", "value": "0199000000"}
    assert told["address"] == [{
        "extension": [{"url": systems.INSEE_CODE, "valueCoding": {"code": "72181"}}],
        "line": ["1 RUE DU PONT"], "city": "Le Mans", "postalCode": "72000",
    }]  # fmt: skip
    bare = write.organization(structure(phone="", address_line="", postcode="", town="", commune=""))
    is_fhir(bare)
    assert "address" not in bare
    assert "telecom" not in bare


def test_a_place_of_exercise_names_both_and_codes_only_what_it_knows():
    modes = ["Salarié", "Libéral, indépendant, artisan, commerçant", "Inconnu"]
    told = write.practitioner_role(Exercise("00aa", "00bb", NOW, modes, ["Titulaire d'officine"], [BOX]))
    is_fhir(told)
    assert (told["id"], told["practitioner"]["reference"]) == ("00aa-00bb", "Practitioner/00aa")
    assert [one["coding"][0]["code"] if "coding" in one else one["text"] for one in told["code"]] == [
        "S", "L", "Inconnu", "Titulaire d'officine"
    ]  # fmt: skip


def test_a_subset_says_that_it_is_one():
    told = subset(write.practitioner(person()), ("name",))
    is_fhir(told)
    assert set(told) == {"resourceType", "id", "meta", "name"}
    assert told["meta"]["tag"] == [{"system": systems.SUBSETTED, "code": "SUBSETTED"}]
    assert told["meta"]["lastUpdated"] == "2026-09-01T02:00:00.000+00:00"


@pytest.mark.parametrize(("code", "system", "sort"), [
    ("SM04", systems.SPECIALITY, "S"), ("SCD01", systems.SPECIALITY, "S"), ("SI02", systems.SPECIALITY, "S"),
    ("C07", systems.COMPETENCE, "C"), ("CEX22", "urn:oid:1.2.250.1.213.2.30", "CEX"),
    ("DSM200", "urn:oid:1.2.250.1.213.2.32", "DNQ"), ("80", "urn:oid:1.2.250.1.213.2.31", "OP"), ("ZZ", "", ""),
])  # fmt: skip
def test_the_family_of_a_savoir_faire_is_told_by_the_shape_of_its_code(code, system, sort):
    assert systems.skill(code) == (system, sort)
