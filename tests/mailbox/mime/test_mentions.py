"""Whom the words of a note call."""

from uuid import UUID

import pytest

from mailbox.mime.mentions import Called, called, calls

ANNE, CLAIRE, ELODIE, OTHER = (UUID(int=n) for n in range(1, 5))
TEAM = [
    Called(ANNE, "Anne", "Dupont", "anne.dupont@p.example"),
    Called(CLAIRE, "Claire", "Martin", "claire.martin@p.example"),
    Called(ELODIE, "Élodie", "Martin", "99900000012"),
    Called(OTHER, "Anne-Sophie", "Petit", "petit@p.example"),
]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@Claire peux-tu rappeler ?", [CLAIRE]),
        ("vu avec @CLAIRE MARTIN.", [CLAIRE]),
        ("(@elodie, @anne)", [ELODIE, ANNE]),
        ("@claire.martin", [CLAIRE]),
        ("@Anne-Sophie", [OTHER]),
        ("@Anne Dupont et @Anne", [ANNE]),
        ("@Dupont", [ANNE]),
        ("@Martin", []),  # two of that name
        ("@Annette", []),
        ("@tous", [ANNE, CLAIRE, ELODIE, OTHER]),
        ("@équipe : inventaire", [ANNE, CLAIRE, ELODIE, OTHER]),
        ("claire@claire.example, dr.anne@anne", []),
        ("@ Claire", []),
        ("rien", []),
    ],
)
def test_members_are_called_by_name_and_an_address_calls_nobody(text, people):
    assert called(text, TEAM) == people


def test_a_call_says_where_it_stands_in_the_text():
    text = "Voir avec @Élodie Martin demain"
    [call] = calls(text, TEAM)
    assert text[call.start : call.end] == "@Élodie Martin"


def test_a_hostile_note_costs_little():
    assert called("@claire " * 5_000, TEAM) == [CLAIRE]
    assert called("@" * 50_000, TEAM) == []
