"""Two spellings of one name fold to the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fold import fold, groups, own_name


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
    assert not set(fold(text)) & set("%_\\\x00")


def test_particles_stay_with_their_name():
    assert groups("marie le goff") == ["marie", "le goff"]
    assert groups("de la tour anne") == ["de la tour", "anne"]
    assert groups("martin de") == ["martin", "de"]


def test_a_structure_is_found_under_its_own_name():
    assert own_name("pharmacie des halles") == "halles"
    assert own_name("clinique") == "clinique"
    assert own_name("pharmacie saint roch") == "saint roch"
