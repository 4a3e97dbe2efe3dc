"""Whom one can write to, as it is typed; and who is behind an address."""

import pytest

from directory import identity, invent, lookup
from directory.models import Practitioner

ANNE, MARIE = "anne.leveque@hopital.mssante.example", "marie.legoff@medecin.mssante.example"
JEAN_PIERRE, PHARMACIST = "jp.martin@infirmier.mssante.example", "anne.martin@halles.mssante.example"


def found(text: str) -> list[str]:
    return [one.address for one in lookup.suggest(text)]


@pytest.mark.parametrize(
    "typed",
    ["leveque", "LÉVÊQUE", "lev", "anne lev", "Lévêque Anne", "lev an", "leveque lille", "cardio lille", "medecin lev",
     "docteur leveque",
     "cardiologue lille"],
)  # fmt: skip
def test_a_person_is_found_whatever_the_order_the_case_and_the_accents(directory, typed):  # ECO.3.1.4
    assert found(typed)[0] == ANNE


@pytest.mark.parametrize(
    "typed",
    ["le goff", "Le Goff Marie", "marie le goff", "goff marie", "pediatrie brest", "legoff", "goff", "goff brest",
     "brest legoff marie", "pédiatre", "pediatre marie", "medecin brest"],
)  # fmt: skip
def test_particles_do_not_hide_a_name(directory, typed):
    assert found(typed)[0] == MARIE


@pytest.mark.parametrize(
    "typed", ["martin-dupont", "martin dupont", "jean-pierre", "jean pierre martin", "dupont jean", "jeanpierre"]
)
def test_hyphens_are_blanks(directory, typed):
    assert JEAN_PIERRE in found(typed)


def test_homonyms_are_told_apart(directory):
    first, second = (one for one in lookup.suggest("anne martin") if one.last_name == "Martin")
    assert {first.profession, second.profession} == {"Infirmier", "Pharmacien"}
    assert first.rpps_tail != second.rpps_tail
    assert found("martin pharmacien") == [PHARMACIST]


def test_a_structure_is_found_by_its_name_its_own_name_and_its_town(directory):
    for typed in ("pharmacie des halles", "halles", "pharmacie paris"):
        assert "organization" in {one.kind for one in lookup.suggest(typed)}, typed
    assert {one.kind for one in lookup.suggest("pharmacie paris")} == {"organization"}
    [structure] = [one for one in lookup.suggest("halles") if one.kind == "organization"]
    assert (structure.name, structure.town) == ("Pharmacie des Halles", "Paris")


def test_a_service_is_found_by_what_it_does_and_where(directory):
    for typed in ("gériatrie mesnil", "geriatrie", "geriatrie hopital", "service geriatrie le mesnil st ouen"):
        [one] = lookup.suggest(typed)
        assert (one.name, one.address) == (
            "Service de gériatrie – Hôpital de la Miséricorde", "geriatrie@hopital.mssante.example",
        ), typed  # fmt: skip


def test_an_address_or_an_rpps_pasted_gives_who_it_is(directory):  # SC.MSS/UX.41
    assert found(f" {ANNE.upper()} ") == found("anne.leveque@") == [ANNE]
    assert found("99900000003"[:-1] + "9") == []
    rpps = Practitioner.objects.get(addresses__address=ANNE).rpps
    assert found(rpps) == [ANNE]
    assert "secretariat@halles.mssante.example" in found("750000002")


def test_the_exact_name_comes_before_longer_ones(give):
    from tests.directory.conftest import mailbox_text

    names = ("Martinez", "Martin", "Martineau", "Marti")
    folk = [invent.chosen({"first_name": "Zoé", "last_name": name, "address": f"{name}@x.mssante.example".lower()}, n)
            for n, name in enumerate(names)]  # fmt: skip
    give(mailbox_text(everyone=folk))
    assert [one.last_name for one in lookup.suggest("martin")] == ["Martin", "Martineau", "Martinez"]
    assert lookup.suggest("zoe martin")[0].last_name == "Martin"


def test_of_several_towns_the_one_asked_for_is_told(give):
    from dataclasses import replace

    from tests.directory.conftest import folk, mailbox_text

    lille, brest = folk()[0].places[0], folk()[1].places[0]
    person = replace(folk()[0], places=(lille, brest))
    give(mailbox_text(everyone=[person]))  # the address is of Lille
    give("\n".join(invent.activity_lines([person])), "PS_LibreAcces_Personne_activite.txt")
    towns = {
        typed: [one.town for one in lookup.suggest(typed)] for typed in ("leveque lille", "brest leveque", "leveque")
    }
    assert towns == {"leveque lille": ["Lille"], "brest leveque": ["Brest"], "leveque": ["Lille"]}


def test_a_student_is_told_as_such(give):
    from dataclasses import replace

    from tests.directory.conftest import folk, mailbox_text

    give(mailbox_text(everyone=[replace(folk()[0], is_student=True)]))
    assert lookup.suggest("leveque")[0].trade == "Médecin (étudiant) · Cardiologie"


def test_who_is_behind_a_mailbox_of_the_composer(directory):
    [one] = lookup.suggest("leveque")
    assert one == lookup.by_address([ANNE])[ANNE]
    assert (len(one.ref), identity.row_id(one.ref)) == (16, one.identity)


def test_nobody_without_an_address_nor_for_less_than_two_letters_nor_for_wildcards(directory):
    for typed in ("adresse", "sans adresse", "l", "", " ", "%%", "__", "zz", "leveque zzz", "\x00\x00", "'; --"):
        assert found(typed) == [], typed
    assert len(lookup.suggest("anne", limit=2)) == 2


def test_a_face_says_who_and_where(directory):
    one = lookup.by_address([ANNE.upper(), "inconnu@x.mssante.example"])[ANNE]
    assert one.name == "Dr Anne LÉVÊQUE"
    assert one.trade == "Médecin · Cardiologie"
    assert (one.organization, one.town) == ("Centre hospitalier de Lille", "Lille")


def test_one_query_each_and_none_for_nothing(directory, django_assert_num_queries):
    lookup.suggest("anne")  # the process learns the names of trades
    with django_assert_num_queries(1):
        lookup.suggest("anne martin bordeaux")
    with django_assert_num_queries(1):
        assert len(lookup.by_address([ANNE, MARIE, JEAN_PIERRE])) == 3
    with django_assert_num_queries(0):
        assert (lookup.suggest("a"), lookup.by_address([])) == ([], {})


def test_a_vanished_address_is_no_longer_proposed(give, directory):
    from tests.directory.conftest import folk, mailbox_text

    give(mailbox_text(everyone=folk()[1:]))
    assert found("leveque") == []
    assert lookup.by_address([ANNE]) == {}


@pytest.mark.parametrize(
    ("typed", "meant", "first"),
    [
        ("levesque", "leveque", "Dr Anne LÉVÊQUE"), ("lveque lille", "leveque lille", "Dr Anne LÉVÊQUE"),
        ("anne leveqeu", "anne leveque", "Dr Anne LÉVÊQUE"), ("leveque lile", "leveque lille", "Dr Anne LÉVÊQUE"),
        ("leveque", "", "Dr Anne LÉVÊQUE"),
    ],
)  # fmt: skip
def test_a_typing_error_is_mended_and_said(directory, typed, meant, first):
    found = lookup.find(typed, limit=5)
    assert (found.meant, found.faces[0].name) == (meant, first)


def test_nobody_is_invented_for_words_that_are_nobody_s(directory):
    for typed in ("zzzzzz", "xz", "leveque brest", "anne.leveqeu@hopital.mssante.example", "leveque xx"):
        assert lookup.find(typed, limit=5) == lookup.Found([]), typed


def test_a_mended_search_costs_few_statements_and_no_scan(directory, django_assert_max_num_queries):
    lookup.find("leveque", limit=5)
    with django_assert_max_num_queries(1 + 1 + 6):
        lookup.find("qwertz asdfgh yxcvbn mnbvcx", limit=5)


def test_a_word_that_nobody_bears_ends_the_search_for_typing_errors(directory, monkeypatch):
    """Mending another word would find nobody either. One that only goes on in a longer name is no such word."""
    asked = []
    monkeypatch.setattr(lookup, "_searched", lambda typed, *_, **__: asked.append(" ".join(typed)) or [])
    for typed in ("leveuqe zzyzx", "leveuqe ille", "leveuqe cardiolo", "leveuqe xyz"):
        lookup.find(typed, limit=5)
    assert [one for one in asked if "zzyzx" in one] == ["leveuqe zzyzx"]
    assert {"leveque ille", "leveque cardiolo", "leveque xyz"} <= set(asked)
