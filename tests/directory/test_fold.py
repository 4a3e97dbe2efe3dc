"""Two spellings of one name fold to the same text, and a name is found under each of its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fold import MAX_KEY, fold, key, name_keys, stem, structure_keys, town_keys


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("LÉVÊQUE", "leveque"), ("Le\u0301ve\u0302que", "leveque"), ("Cœur", "coeur"), ("L’Hénaff", "l henaff"),
        ("D'ALMEIDA", "d almeida"), ("Martin-Dupont", "martin dupont"), ("  Le   Goff ", "le goff"), ("%_", ""),
    ],
)  # fmt: skip
def test_spellings_meet(written, folded):
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_no_wildcard(text):
    assert fold(fold(text)) == fold(text)
    assert not set(fold(text)) & set('%_\\\x00{}",')


@given(st.text())
def test_accents_case_hyphens_and_apostrophes_do_not_part_two_spellings(text):
    assert fold(text.upper()) == fold(text.upper().lower())
    for mark in "-’'  ":
        assert fold(f"{text}{mark}é") == fold(f"{text} E")


@given(st.text(max_size=300))
def test_keys_are_short_and_hold_letters_and_digits_only(text):
    for found in (*name_keys(text), *town_keys(text), *(part for pair in structure_keys(text) for part in pair)):
        assert len(found) <= MAX_KEY
        assert not found or found.isalnum()


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Le Goff", ["legoff", "goff"]), ("LEGOFF", ["legoff"]), ("De La Tour", ["delatour", "tour"]),
        ("D’Almeida", ["dalmeida", "almeida"]), ("MARTIN-DUPONT", ["martindupont", "dupont"]),
        ("St Martin", ["saintmartin", "martin"]), ("", []), ("L", ["l"]),
    ],
)  # fmt: skip
def test_a_name_has_a_key_for_each_part_that_is_no_particle(name, keys):
    assert name_keys(name) == keys


def test_a_town_is_found_with_and_without_its_article():
    assert town_keys("LE MANS") == ["lemans", "mans"]
    assert town_keys("L'Haÿ-les-Roses") == ["lhaylesroses", "haylesroses"]
    assert town_keys("ST ETIENNE") == town_keys("Saint-Étienne") == ["saintetienne"]
    assert key(["st"]) == "st"  # it may be the beginning of Stéphane


def test_a_structure_is_found_under_each_word_of_its_name():
    assert structure_keys("Pharmacie des Halles") == [("pharmaciedeshalles", ""), ("halles", "pharmacie")]


def test_who_practises_begins_like_what_is_practised():
    assert [stem(word) for word in ("cardiologue", "pediatre", "infirmiere", "martin")] == [
        "cardiolog", "pediatr", "infirmier", "martin",
    ]  # fmt: skip
