"""What is typed in the search box, and what is meant by it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.query import Query, day_of, read

TODAY = date(2026, 11, 27)  # a Friday


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("apixaban Hélène", Query(words=("apixaban", "helene"))),
        ("de:lemaire", Query(sender=("lemaire",))),
        ("from:lemaire", Query(sender=("lemaire",))),
        ("De: Lemaire INR", Query(sender=("lemaire",), words=("inr",))),
        ('à:"pharmacie dupont"', Query(recipient=("pharmacie", "dupont"))),
        ("to:dupont", Query(recipient=("dupont",))),
        ('objet:"ordonnance sortie"', Query(subject=("ordonnance", "sortie"), phrases=(("ordonnance", "sortie"),))),
        ("subject:sortie patient:vial", Query(subject=("sortie",), patient=("vial",))),
        ("doc:ordonnance pj:", Query(document=("ordonnance",), has_file=True)),
        ("pj:scanner has:attachment", Query(file=("scanner",), has_file=True)),
        ("après:01/11 avant:2026-11-20", Query(since=date(2026, 11, 1), until=date(2026, 11, 20))),
        ("apres:hier before:today", Query(since=date(2026, 11, 26), until=TODAY)),
        ("non-lu", Query(is_unread=True)),
        ("is:unread vial", Query(words=("vial",), is_unread=True)),
        ("attribué:moi", Query(assigned=("moi",))),
        ('assigned:"claire martin"', Query(assigned=("claire", "martin"))),
        ("apixaban -facture", Query(words=("apixaban",), without=("facture",))),
        ("rendez-vous 12:30", Query(words=("rendez", "12", "30"))),
        ("de la", Query()),
        ("après:demain de:", Query(misread=("après:demain", "de:"))),
        ('"jamais fermé', Query(words=("jamais", "ferme"))),
    ],
)
def test_words_and_operators_are_read_in_french_and_in_english(typed, meant):
    assert read(typed, today=TODAY) == meant


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-01", date(2026, 11, 1)), ("1/11", date(2026, 11, 1)), ("28/11", date(2025, 11, 28)),
        ("1.11.25", date(2025, 11, 1)), ("novembre", date(2026, 11, 1)), ("déc", date(2025, 12, 1)),
        ("mars-2024", date(2024, 3, 1)), ("11/2026", date(2026, 11, 1)), ("2025", date(2025, 1, 1)),
        ("lundi", date(2026, 11, 23)), ("vendredi", date(2026, 11, 20)), ("7j", date(2026, 11, 20)),
        ("2sem", date(2026, 11, 13)), ("1an", date(2025, 11, 27)), ("Aujourd’hui", TODAY),
        ("31/02", None), ("ma", None), ("9999999j", None), ("", None),
    ],
)  # fmt: skip
def test_days_are_read_as_people_type_them_and_have_begun_where_no_year_is_told(typed, day):
    assert day_of(typed, today=TODAY) == day


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_in_bounds(typed):
    found = read(typed, today=TODAY)
    assert len(found.words) <= 12
    assert all(word for word in found.asked)
