"""Whom one can write to, as it is typed; and who is behind an address."""

import pytest
from django.db import connection

from directory import lookup

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
def test_a_person_is_found_whatever_the_order_the_case_and_the_accents(directory, typed):
    assert found(typed)[0] == ANNE


@pytest.mark.parametrize("typed", ["le goff", "Le Goff Marie", "marie le goff", "goff marie", "pediatrie brest"])
def test_particles_do_not_hide_a_name(directory, typed):
    assert found(typed)[0] == MARIE


@pytest.mark.parametrize(
    "typed", ["martin-dupont", "martin dupont", "jean-pierre", "jean pierre martin", "dupont jean"]
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


def test_a_prefix_is_a_range_of_an_index(directory):
    condition, values = lookup._branch(lookup._LAST, "lev", ["anne"], 10)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {condition}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "directory_last_first" in plan
    assert "Index Cond" in plan
    assert "Sort" not in plan
