"""Who is found by each parameter, and by none other: the parameters of the national API, and ours."""

from dataclasses import replace

import pytest

from directory import invent
from directory.api import trades
from directory.models import MailboxAddress, Organization, Practitioner
from tests.directory.conftest import HALLES, OFFICES, activity_text, folk, mailbox_text

PROFESSION = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
CATEGORY = "https://mos.esante.gouv.fr/NOS/TRE_R09-CategorieProfessionnelle/FHIR/TRE-R09-CategorieProfessionnelle"
MODE = "https://mos.esante.gouv.fr/NOS/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice"
RPPS, FINESS = "https://rpps.esante.gouv.fr", "https://finess.esante.gouv.fr"
TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
HALLES_TWICE = ["Pharmacie des Halles"] * 2  # two structures of one name, with a number each


def family(entry):
    return entry["resource"]["name"][0]["family"]


@pytest.fixture
def people(ask):
    return lambda **asked: sorted(family(entry) for entry in ask.all_pages("Practitioner", **asked))


@pytest.fixture
def places(ask):
    return lambda **asked: sorted(entry["resource"]["name"] for entry in ask.all_pages("Organization", **asked))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"family": "leveque"}, ["Lévêque"]),
        ({"family": "LÉVÊ"}, ["Lévêque"]),
        ({"family": "goff"}, []),  # in the middle
        ({"family": "le-goff"}, ["Le Goff"]),
        ({"family:exact": "Lévêque"}, ["Lévêque"]),
        ({"family:exact": "leveque"}, []),
        ({"family:exact": "Lévêqu"}, []),
        ({"family": "lev,mart"}, ["Lévêque", "Martin", "Martin", "Martin-Dupont"]),
        ({"family": ["mart", "martind"]}, ["Martin-Dupont"]),
        ({"family": "mart", "family:contains": "dup"}, ["Martin-Dupont"]),
        ({"family": "mart", "given": "ANN"}, ["Martin", "Martin"]),
        ({"family": "mart", "given:exact": "anne"}, []),
        ({"name": "anne mart"}, ["Martin", "Martin"]),
        ({"name": "martin anne"}, ["Martin", "Martin"]),
        ({"name": "anne"}, []),  # a first name alone leads nowhere
        ({"name:exact": "Anne Lévêque"}, ["Lévêque"]),
        ({"name:exact": "Lévêque"}, ["Lévêque"]),
        ({"name:exact": "anne leveque"}, []),
        ({"name": "mart", "name:contains": "pierre"}, ["Martin-Dupont"]),
        ({"identifier": f"{RPPS}|99900099999"}, []),
        ({"identifier-type": f"{TYPES}|RPPS", "family": "lev"}, ["Lévêque"]),
        ({"identifier-type": "SIRET"}, []),
        ({"qualification-code": "21"}, ["Martin"]),
        ({"qualification-code": f"{PROFESSION}|21,{PROFESSION}|60"}, ["Martin", "Martin", "Martin-Dupont"]),
        ({"qualification-code": f"{CATEGORY}|C", "family": "lev"}, ["Lévêque"]),
        ({"qualification-code": f"{CATEGORY}|E"}, []),
        ({"qualification-code": "ZZ"}, []),
        ({"qualification-code": ["21", "60"]}, []),  # nobody is both
        ({"mailbox-mss": "jp.martin@infirmier.mssante.example"}, ["Martin-Dupont"]),
        ({"mailbox-mss": "JP.Martin"}, ["Martin-Dupont"]),
        ({"mailbox-mss:exact": "jp.martin@infirmier.mssante.example"}, ["Martin-Dupont"]),
        ({"mailbox-mss:exact": "jp.martin"}, []),
        ({"mailbox-mss:contains": "@infirmier.mssante"}, ["Martin-Dupont"]),
        ({"mailbox-mss:contains": "artin", "family": "mart"}, ["Martin-Dupont"]),
        ({"mailbox-mss": "anne.leveque@hopital.mssante.example"}, []),  # it is of a place: see PractitionerRole
        ({"active": "true", "family": "lev"}, ["Lévêque"]),
        ({"active": "false", "family": "lev"}, []),
        ({"_lastUpdated": "ge2020-01-01", "family": "lev"}, ["Lévêque"]),
        ({"_lastUpdated": "lt2020-01-01"}, []),
        ({"_lastUpdated": ["ge2020", "lt9999"], "qualification-code": "21"}, ["Martin"]),
    ],
)
def test_professionals_are_found_by_what_is_asked(people, annuaire, asked, expected):
    assert people(**asked) == expected


def test_an_address_that_an_administrator_hid_leads_to_nobody(people, annuaire):
    address = "jp.martin@infirmier.mssante.example"
    ways = ({"mailbox-mss": address}, {"mailbox-mss:contains": "@infirmier.mssante.example"},
            {"family": "martin-dupont", "mailbox-mss": address})  # fmt: skip
    assert [people(**asked) for asked in ways] == [["Martin-Dupont"]] * 3
    MailboxAddress.objects.filter(address=address).update(is_hidden=True)
    assert [people(**asked) for asked in ways] == [[]] * 3


def test_numbers_lead_to_one_professional_in_each_of_their_spellings(ask, annuaire):
    [leveque] = Practitioner.objects.filter(last_name="Lévêque")
    for asked in (f"{RPPS}|{leveque.rpps}", leveque.rpps, leveque.idnps, f"urn:oid:1.2.250.1.71.4.2.1|{leveque.idnps}"):
        assert ask.ids("Practitioner", identifier=asked) == [leveque.ref], asked
    assert ask.ids("Practitioner", identifier=f"{FINESS}|{leveque.rpps}") == []
    assert ask.ids("Practitioner", identifier=f"{leveque.rpps},1,2", family="lev") == [leveque.ref]
    assert len(ask.ids("Practitioner", identifier=f"{RPPS}|")) == Practitioner.objects.count()
    assert ask.ids("Practitioner", _id=f"{leveque.ref},0000000000000000,no,..") == [leveque.ref]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"name": "pharmacie"}, HALLES_TWICE),
        ({"name": "halles"}, []),
        ({"name:exact": "Pharmacie des Halles"}, HALLES_TWICE),
        ({"name:exact": "pharmacie des halles"}, []),
        ({"name:contains": "HALLES", "address-city": "paris"}, HALLES_TWICE),
        ({"address-city": "LE MESNIL SAINT OUEN"}, ["Hôpital de la Miséricorde"]),
        ({"address-city:exact": "Le Mesnil-Saint-Ouen"}, ["Hôpital de la Miséricorde"]),
        ({"address-city:exact": "le mesnil-saint-ouen"}, []),
        ({"address-postalcode": "75"}, HALLES_TWICE),
        ({"address-postalcode:exact": "75"}, []),
        ({"address-postalcode": "33000,14"}, ["Clinique du Parc", "Hôpital de la Miséricorde"]),
        ({"address": "par,75"}, HALLES_TWICE),  # once, though both hold
        ({"address": "brest"}, ["Cabinet Le Goff"]),
        ({"address:contains": "rue du pont", "address-postalcode": "75"}, ["Pharmacie des Halles"]),
        ({"identifier": f"{FINESS}|750000002"}, ["Pharmacie des Halles"]),
        ({"identifier": "750000002"}, ["Pharmacie des Halles"]),
        ({"identifier": "urn:oid:1.2.250.1.71.4.2.2|1750000002"}, ["Pharmacie des Halles"]),
        ({"identifier-type": "RPPSRG"}, []),
        ({"identifier-type": "IDNST", "address-city": "paris"}, HALLES_TWICE),
        ({"mailbox-mss": "geriatrie"}, ["Hôpital de la Miséricorde"]),
        ({"mailbox-mss:contains": "@halles."}, ["Pharmacie des Halles"]),  # the structure's, not its pharmacist's
        ({"mailbox-mss": "anne"}, []),
        ({"active": "false"}, []),
        ({"active": "true,false", "name": "pharm"}, HALLES_TWICE),
    ],
)
def test_structures_are_found_by_what_is_asked(places, annuaire, asked, expected):
    assert places(**asked) == expected


@pytest.fixture
def exercises(ask):
    """Names of people with their towns, of the places of exercise found."""

    def found(**asked):
        told = [entry["resource"] for entry in ask("PractitionerRole", _include="*", **asked).get("entry", [])]
        known = {f"{one['resourceType']}/{one['id']}": one for one in told}
        pairs = [
            (known[one["practitioner"]["reference"]], known[one["organization"]["reference"]])
            for one in told
            if one["resourceType"] == "PractitionerRole"
        ]
        return sorted((person["name"][0]["family"], place["address"][0]["city"]) for person, place in pairs)

    return found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"specialty": f"{PROFESSION}|21", "organization.address-postalcode": "75"}, [("Martin", "Paris")]),
        ({"specialty": "10", "organization.address-postalcode": "75"}, []),
        ({"specialty": "10", "organization.address-city": "lille,brest"}, [("Le Goff", "Brest"), ("Lévêque", "Lille")]),
        ({"organization.address-city:exact": "lille"}, []),
        ({"organization.address-city": "lille", "organization.address-postalcode": "59"}, [("Lévêque", "Lille")]),
        ({"mailbox-mss": "anne.martin@"}, [("Martin", "Bordeaux"), ("Martin", "Paris")]),
        ({"mailbox-mss:contains": "@hopital."}, [("Lévêque", "Lille")]),
        ({"mailbox-mss": "jp.martin"}, []),  # of no place: see Practitioner
        ({"role": f"{MODE}|S", "organization.address-city": "lille"}, [("Lévêque", "Lille")]),
        ({"role": "L", "organization.address-city": "lille"}, []),
        ({"active": "false"}, []),
        ({"active": "true", "_lastUpdated": "ge2020", "organization.address-city": "bor"}, [("Martin", "Bordeaux")]),
        ({"_lastUpdated": "lt2020"}, []),
    ],
)
def test_places_of_exercise_are_found_by_what_is_asked(exercises, annuaire, monkeypatch, asked, expected):
    assert exercises(**asked) == expected
    monkeypatch.setattr(trades, "_RARE", -1)  # from the place, as for a frequent specialty
    assert exercises(**asked) == expected


def test_a_place_of_exercise_is_found_from_its_person_its_structure_and_its_own_id(ask, annuaire):
    person, place = Practitioner.objects.get(last_name="Lévêque"), Organization.objects.get(town="Lille")
    for asked in (
        {"practitioner": person.ref}, {"practitioner": f"Practitioner/{person.ref}"},
        {"practitioner": f"http://localhost:8000/fhir/Practitioner/{person.ref}"},
        {"organization": f"Organization/{place.ref}"}, {"_id": f"{person.ref}-{place.ref}"},
        {"practitioner": person.ref, "organization": place.ref, "specialty": "10"},
    ):  # fmt: skip
        assert ask.ids("PractitionerRole", **asked) == [f"{person.ref}-{place.ref}"], asked
    assert ask.ids("PractitionerRole", practitioner=person.ref, specialty="21") == []
    assert ask.ids("PractitionerRole", practitioner="0" * 16) == []


def test_several_lines_of_a_person_at_a_place_are_one_place_of_exercise(ask, give):
    twice = [*activity_text().splitlines()]
    lille = next(line for line in twice if "Lille" in line)
    other = lille.replace("|S|Salarié|", "|L|Libéral, indépendant, artisan, commerçant|")
    give("\n".join([*twice, other]) + "\n", "PS_LibreAcces_Personne_activite.txt")
    [found] = ask("PractitionerRole", **{"organization.address-city": "lille"})["entry"]
    assert sorted(one["coding"][0]["code"] for one in found["resource"]["code"]) == ["L", "S"]


@pytest.mark.parametrize(
    ("path", "asked", "parameter"),
    [
        ("Practitioner", {"given": "anne"}, "given"),
        ("Practitioner", {"family:contains": "art"}, "family"),
        ("Practitioner", {"name:contains": "art", "_lastUpdated": "ge2020"}, "name"),
        ("Practitioner", {"mailbox-mss:contains": "martin"}, "mailbox-mss"),
        ("Organization", {"name:contains": "halles", "active": "true"}, "name"),
        ("Organization", {"address:contains": "pont"}, "address"),
        ("PractitionerRole", {"specialty": "10"}, "specialty"),
        ("PractitionerRole", {"role": "S"}, "role"),
    ],
)
def test_what_no_index_answers_is_refused_alone(ask, annuaire, path, asked, parameter):
    [issue] = ask(path, 400, **asked)["issue"]
    assert (issue["code"], issue["expression"]) == ("too-costly", [f"http.{parameter}"])


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("Practitioner", {"active": "oui"}),
        ("Practitioner", {"_lastUpdated": "hier"}),
        ("Practitioner", {"family": "!!!"}),
        ("Practitioner", {"name": "-"}),
        ("Organization", {"identifier-type": "FINEG"}),
        ("PractitionerRole", {"practitioner": "https://ailleurs.example/fhir/Practitioner/1"}),
        ("PractitionerRole", {"role": "https://mos.esante.gouv.fr/NOS/TRE_R21-Fonction/FHIR/TRE-R21-Fonction|FON-03"}),
        ("Practitioner", {"name": ",".join(["a b c d e f"] * 3 + [f"a b c d {n}" for n in range(9)])}),
    ],
)
def test_a_value_that_means_nothing_here_is_refused(ask, annuaire, path, asked):
    assert ask(path, 400, **asked)["issue"][0]["severity"] == "error"


def test_who_left_is_inactive_with_identifiers_only_and_found_by_them_only(ask, annuaire, give):
    gone = Practitioner.objects.get(last_name="Lévêque")
    stay = [one for one in folk() if one.last_name != "Lévêque"]
    give("\n".join(invent.activity_lines(stay)) + "\n", "PS_LibreAcces_Personne_activite.txt")
    give(mailbox_text(everyone=stay))
    told = ask(f"Practitioner/{gone.ref}")
    assert (told["active"], "name" in told) == (False, False)
    for asked in ({"identifier": gone.rpps}, {"active": "false"}, {"_id": gone.ref}):
        assert ask.ids("Practitioner", **asked) == [gone.ref]
    for asked in (
        {"family": "lev"},
        {"identifier": gone.rpps, "active": "true"},
        {"identifier": gone.rpps, "family": "lev"},
    ):
        assert ask.ids("Practitioner", **asked) == []
    assert gone.ref in ask.ids("Practitioner")
    [closed] = ask("Organization", active="false")["entry"]
    assert closed["resource"]["name"] == "Centre hospitalier de Lille"
    assert ask.ids("Organization", name="centre") == []
    assert ask.ids("PractitionerRole", practitioner=gone.ref) == []


def test_who_changed_since_the_last_page_read_is_found_by_its_date(ask, annuaire, give):
    """A new mailbox of the Halles: the structure changed, and nobody else."""
    seen = ask("Organization")["meta"]["lastUpdated"]
    give(mailbox_text(offices=(*OFFICES, invent.Office("nouveau@halles.mssante.example", HALLES))))
    halles = Organization.objects.get(key="F750000002")
    assert ask.ids("Organization", _lastUpdated=f"gt{seen}") == [halles.ref]
    assert ask.ids("Practitioner", _lastUpdated=f"gt{seen}") == []
    first = folk()[0]
    give("\n".join(invent.activity_lines([replace(one, title="Pr") if one == first else one for one in folk()])) + "\n",
         "PS_LibreAcces_Personne_activite.txt")  # fmt: skip
    leveque = Practitioner.objects.get(last_name="Lévêque")
    assert ask.ids("Practitioner", _lastUpdated=f"gt{seen}") == [leveque.ref]
    assert [one.partition("-")[0] for one in ask.ids("PractitionerRole", _lastUpdated=f"gt{seen}")] == [leveque.ref]
