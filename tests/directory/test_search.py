"""What is typed is understood in every way, and each way is a range of an index."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from directory import search
from directory.readings import MAX_WORDS, Reading, readings, words
from directory.search import Scope


def test_one_word_is_a_name_a_first_name_or_a_town():
    assert readings(["lev"], [False]) == [Reading(0, name="lev"), Reading(2, first="lev"), Reading(4, town="lev")]


def test_two_words_are_read_in_both_orders_and_as_one_name():
    found = readings(["anne", "lev"], [False, False])
    for wanted in (Reading(0, name="lev", first="anne"), Reading(0, name="anne", first="lev"),
                   Reading(0, name="lev", town="anne"), Reading(0, name="annelev")):  # fmt: skip
        assert wanted in found


def test_particles_may_be_dropped_and_a_trade_may_be_a_name():
    assert Reading(1, name="fontaine") in readings(["la", "fontaine"], [False, False])
    found = readings(["masson", "lyon"], [True, False])
    assert Reading(4, town="lyon", by_trade=True) in found
    assert Reading(0, name="masson", town="lyon") in found
    assert readings(["cardiologue"], [True])[-1] == Reading(2, by_trade=True)


def test_a_discipline_is_told_as_it_is_labelled():
    typed = "martin specialiste en medecine generale la roche sur yon".split()
    trade = [False, True, False, True, True, False, False, False, False]
    assert Reading(0, name="martin", town="larochesuryon", by_trade=True) not in readings(typed, trade)
    assert Reading(0, name="martin", town="rochesuryon", by_trade=True) in readings(typed, trade)


@given(st.lists(st.text("bcfgh", min_size=1, max_size=4), min_size=1, max_size=7), st.data())
def test_every_word_holds_in_every_reading(typed, data):
    trade = [data.draw(st.booleans()) for _ in typed]
    found = readings(typed, trade)
    assert len(found) < 400
    for way in found:
        told = len(way.name + way.first + way.town)
        expected = sum(
            len(word) for word, is_trade in zip(typed, trade, strict=True) if not (way.by_trade and is_trade)
        )
        assert told == expected


def test_courtesy_is_left_out_and_two_letters_are_asked():
    assert words("Dr Lévêque") == ["leveque"]
    assert words("docteur") == ["docteur"]
    assert words("l") == words("%") == words("") == []
    assert len(words("mot " * 100)) <= MAX_WORDS


_WAYS = {
    "lev": "directory_by_name", "anne lev": "directory_by_name", "lille": "directory_by_town",
    "marie": "directory_by_first", "cardiologie": "directory_by_trade", "cardiologie lil": "directory_by_trade",
}  # fmt: skip


def test_every_way_is_read_from_an_index_in_its_order(many):
    for typed, index in _WAYS.items():
        for reachable_only in (True, False):
            plan = explained(typed, reachable_only)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
            assert "Bitmap" not in plan, plan


def explained(typed: str, reachable_only: bool) -> str:
    sql, values = search.statement(words(typed), Scope(reachable_only=reachable_only), limit=10)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", values)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.fixture
def many(give) -> None:
    """Enough people for the planner to have a choice."""
    import random

    from directory import beside, invent
    from directory.invent.common_names import COMMON
    from directory.invent.given import MEN, WOMEN
    from directory.invent.land import land
    from tests.directory.conftest import folk, mailbox_text
    from tests.directory.remembered import remembered

    chance, towns = random.Random(3), [one.communes[0] for one in land().departments]
    trades = [
        ("10", "Médecin", "Cardiologie"),
        ("10", "Médecin", "Pédiatrie"),
        ("60", "Infirmier", ""),
        ("21", "Pharmacien", ""),
    ]
    everyone = folk()
    for number in range(2500):
        town, (code, trade, speciality) = chance.choice(towns), chance.choice(trades)
        first, last = chance.choice(WOMEN[:45] + MEN[:50]), COMMON[min(int(chance.expovariate(1 / 60)), 900)]
        last += f"-{chance.choice(COMMON[:160])}" * (chance.random() < 0.12)
        everyone.append(invent.chosen({
            "first_name": first, "last_name": last, "profession_code": code, "profession": trade, "speciality": speciality,
            "organization": f"Cabinet {number % 400}", "town": town.name, "postcode": town.postcodes[0],
            "address": f"p{number}@x.mssante.example" if number % 7 else "",
        }, 1_000 + number))  # fmt: skip

    def load() -> None:
        give(mailbox_text(everyone=everyone))
        give("\n".join(invent.activity_lines(everyone)), "PS_LibreAcces_Personne_activite.txt")

    with connection.cursor() as cursor:  # what other tests deleted still fills pages, and would weigh on the plan
        cursor.execute("TRUNCATE " + ", ".join(beside.TABLES) + " CASCADE")
    remembered("many", load)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(beside.TABLES))
        cursor.execute(  # as VACUUM would, if this were no transaction
            "UPDATE pg_class SET relallvisible = relpages WHERE oid = 'directory_entry'::regclass"
        )
