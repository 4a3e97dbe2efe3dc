"""Addresses that are given: safe, short, told apart, and never those of machines or of patients."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from mailbox.life import naming
from mailbox.mime.compose import addr_spec

D = "officine.mssante.fr"


@pytest.mark.parametrize(
    ("first", "last", "local"),
    [
        ("Marie", "Martin", "marie.martin"),
        ("Marie-Claire", "L’Hénaff", "marie-claire.lhenaff"),
        ("José", "de La Tour", "jose.de-la-tour"),
        ("Œdipe", "D'Almeida", "oedipe.dalmeida"),
        ("Zoë  Anne", "Nuñez_Ruiz", "zoe-anne.nunez-ruiz"),
        ("Marie", "", ""),
        ("Мария", "Martin", ""),
        ("a" * 40, "b" * 40, f"{'a' * 31}.{'b' * 32}"),
        ("Marie Anne Sophie Charlotte", "de Saint-Germain-en-Laye du Plessis-Robinson",
         "marie.de-saint-germain-en-laye-du-plessis-robinson"),
    ],
)  # fmt: skip
def test_a_person_is_called_by_first_name_and_name(first, last, local):
    assert naming.person(first, last) == local


def test_a_place_is_called_by_name_and_town_and_a_program_says_that_it_is_one():
    assert naming.place("Pharmacie Dupont", "Paris") == "pharmacie-dupont-paris"
    assert naming.place("Pharmacie de Paris", "PARIS") == "pharmacie-de-paris"
    assert (
        naming.place("Pharmacie de l’Hôtel-de-Ville", "Saint-Étienne") == "pharmacie-de-lhotel-de-ville-saint-etienne"
    )
    assert naming.application("LGO Pharma") == "lgo-pharma-applicatif"
    assert naming.application("***") == ""


def test_what_correspondents_read_is_on_one_line_and_of_its_parts():  # ECO.2.2.7
    told = naming.called("Dr", " Anne\nMarie ", "DU_PONT", "Pharmacie  Dupont\x00")
    assert told == "Dr_Anne Marie_DU PONT_Pharmacie Dupont" and not naming.called_fault(told, is_person=True)
    assert naming.entity("Pharmacie Dupont", "") == "Pharmacie Dupont" and len(naming.called("", "a" * 200, "b")) == 160
    for name, is_person in (
        ("Anne Dupont", True), ("Dr__DUPONT", True), ("a_b_c_d_e", True), ("x\r\nBcc: y", False), (" x", False),
        ('"x" <a@b>', False), ("a\u202eb", False),
    ):  # fmt: skip
        assert naming.called_fault(name, is_person=is_person), name
    assert not naming.called_fault("Pharmacie Dupont – Retours d’hospitalisation", is_person=False)


def test_homonyms_are_numbered_and_what_was_used_or_differs_by_a_dot_is_not_offered():
    used = {naming.skeleton(f"{local}@{D}") for local in ("Marie.Martin", "marie-martin2")}
    assert naming.offers(["marie.martin"], D, set())[0] == f"marie.martin@{D}"
    assert naming.offers(["marie.martin"], D, used)[:2] == [f"marie.martin3@{D}", f"marie.martin4@{D}"]
    assert naming.offers(["mariemartin"], D, used)[0] == f"mariemartin3@{D}"
    assert naming.offers(["postmaster", ""], D, set()) == []
    assert naming.offers(["a-b", "c"], D, set())[:3] == [f"a-b@{D}", f"c@{D}", f"a-b2@{D}"]


@pytest.mark.parametrize(
    "local",
    [
        "postmaster", "abuse", "hostmaster", "security", "no-reply", "no.reply", "mailer-daemon", "sonde", "root2", "admin",
        "279035121518989", "2790351215189", "279032a518989", "", "a" * 65, ".marie", "marie..martin",
        "marie martin", "élodie", "marie@martin", "marie\n", "२७९",
    ],
)  # fmt: skip
def test_reserved_words_numbers_of_patients_and_unsafe_characters_are_no_names(local):
    assert naming.fault(local)
    for free in ("marie.martin", "pharmacie-dupont-paris", "garde-75012", "admin-reseau-applicatif", "a" * 64):
        assert naming.fault(free) == ""


def test_what_a_hasty_eye_takes_for_another_is_near_it():
    assert naming.are_near(f"marie.martin2@{D}", f"mariemartin@{D}")
    assert not naming.are_near(f"marie.martin@{D}", "marie.martin@autre.mssante.fr")
    assert not naming.are_near(f"marie.martin@{D}", f"marie.martine@{D}")


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_the_name_an_offered_address_can_be_written_to(first, last):
    for base in (naming.person(first, last), naming.place(first, last), naming.application(first)):
        for address in naming.offers([base], D, set()):
            assert addr_spec(address) == address
            assert len(address.partition("@")[0]) <= naming.MAX_LOCAL


def test_the_database_has_the_same_skeleton(db):
    told = [f"Marie.Mar-tin_2@{D}", "a", "a@b@C.fr", "@x", f"..@{D}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT mailbox_skeleton(t) FROM unnest(%s::text[]) t", [[t for t in told if "@" in t]])
        assert [row[0] for row in cursor.fetchall()] == [naming.skeleton(t) for t in told if "@" in t]
