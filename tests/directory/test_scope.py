"""Searches narrowed to a place or a trade, nearness, what is counted beside the answers, streets and structures."""

import pytest
from django.db import connection

from directory import facets, invent, lookup, results, search, whereabouts
from directory.asked import Asked
from directory.asker import NOBODY, Asker
from directory.readings import words
from directory.search import Scope
from directory.vocabulary import vocabulary
from tests.directory.conftest import activity_text, mailbox_text
from tests.directory.remembered import remembered

TOWNS = (("Le Mans", "72000"), ("La Flèche", "72200"), ("Paris", "75012"), ("Marseille", "13001"))


def person(number: int, **told: str) -> invent.Person:
    one = invent.chosen({"first_name": "Luc", "last_name": "Bernard", "address": f"b{number}@x.mssante.example",
                         "profession_code": "10", "profession": "Médecin", "organization": f"Cabinet {number}", **told},
                        500 + number)  # fmt: skip
    assert isinstance(one, invent.Person)
    return one


@pytest.fixture
def bernards(give) -> None:
    """Four of that name in four towns, a nurse and two doctors in one of them, and one whom nobody can write to."""
    folk = [person(n, town=town, postcode=code) for n, (town, code) in enumerate(TOWNS)]
    folk += [
        person(10, town="Le Mans", postcode="72000", profession_code="60", profession="Infirmier", first_name="Zoé"),
        person(11, town="Paris", postcode="75012", speciality="Cardiologie", first_name="Ève", last_name="Bernardin"),
        person(12, town="Le Mans", postcode="72000", address="", first_name="Noé"),
    ]

    def load() -> None:
        give(mailbox_text(everyone=[one for one in folk if one.addresses]))
        give("\n".join(invent.activity_lines(folk)), "PS_LibreAcces_Personne_activite.txt")

    remembered("bernards", load)


def towns(typed: str, **scope) -> list[str]:
    return [one.town for one in lookup.find(typed, limit=10, scope=Scope(**scope)).faces]


@pytest.mark.parametrize("typed", ["bernard 72", "bernard sarthe", "sarthe bernard", "medecin sarthe", "luc sart"])
def test_a_department_is_a_place_by_its_name_or_its_number(bernards, typed):
    assert set(towns(typed)) == {"Le Mans", "La Flèche"}, typed
    assert "Marseille" in towns("bernard")


@pytest.mark.parametrize(
    ("typed", "expected"), [("bernard 72200", ["La Flèche"]), ("72200", ["La Flèche"]), ("luc 722", ["La Flèche"])]
)
def test_a_postcode_is_its_towns(bernards, typed, expected):
    assert towns(typed) == expected


def test_those_near_come_first_and_the_very_name_before_them(bernards):
    from_marseille, from_the_sarthe = ("13", "84", "72", "75"), ("72", "75", "13")
    assert towns("bernard", near=from_marseille)[0] == "Marseille"
    assert towns("bernard", near=from_the_sarthe)[0] in {"Le Mans", "La Flèche"}
    last = lookup.find("bernard", limit=10, scope=Scope(near=("75",))).faces[-1]
    assert last.last_name == "Bernardin"  # of Paris, but only begins so


def test_whom_one_writes_with_comes_first_among_those_as_near(bernards):
    everybody = lookup.find("bernard", limit=10, scope=Scope(near=("72",))).faces
    second = everybody[1]
    assert second.identity is not None
    assert lookup.find("bernard", limit=10, scope=Scope(near=("72",), known=(second.identity,))).faces[0] == second


def test_a_search_is_narrowed_to_departments_trades_kinds_and_towns(bernards):
    assert towns("bernard", departments=("13",)) == ["Marseille"]
    assert towns("bernard", towns=("laflche", "lafleche")) == ["La Flèche"]
    nurses = facets.qualifications("Infirmier", "")
    assert [one.first_name for one in lookup.find("bernard", limit=9, scope=Scope(qualifications=nurses)).faces] == [
        "Zoé"
    ]
    assert lookup.find("bernard", limit=9, scope=Scope(kind="organization")).faces == []
    assert (
        lookup.find("bernard", limit=9, scope=Scope(qualifications=facets.qualifications("Astronaute", ""))).faces == []
    )


def test_answers_are_counted_each_choice_beside_the_others(bernards):
    told = facets.tally(words("bernard"), Scope(departments=("72",)))
    assert told.departments == {"72": 3, "75": 2, "13": 1}
    assert told.professions == {"Médecin": 2, "Infirmier": 1}
    assert (told.total, told.is_cut, told.kinds) == (3, False, {"person": 3})
    all_of_them = facets.tally(words("bernard"), Scope(reachable_only=False))
    assert (all_of_them.total, all_of_them.disciplines) == (7, {"Cardiologie": 1})
    assert facets.tally(["zzzz"], Scope()) == facets.Tally()
    assert facets.tally(words("bernard"), Scope(kind="person")).total == 6
    assert facets.tally(words("bernard"), Scope(kind="organization")).total == 0


def test_what_is_counted_and_not_shown_is_still_offered(bernards, monkeypatch):
    whole = results.page(Asked("bernard"), Asker())
    assert (len(whole.cards), whole.is_cut) == (6, False)
    found = results.cards("bernard", limit=9, scope=Scope())[0]
    monkeypatch.setattr(results, "cards", lambda *_, **__: (found[:4], ""))  # lines of the same people filled the rest
    page = results.page(Asked("bernard"), Asker())
    assert (len(page.cards), page.is_cut, page.next) == (4, True, 50)


def test_what_is_too_many_to_count_is_said_to_be_cut(bernards, monkeypatch):
    monkeypatch.setattr(facets, "MOST", 3)
    told = facets.tally(words("bernard"), Scope())
    assert told.is_cut
    narrow = facets.tally(words("bernard"), Scope(departments=("13",)))
    assert (narrow.is_cut, narrow.total, narrow.departments) == (False, 1, {"13": 1})


def test_a_chosen_trade_is_found_and_counted_however_many_the_word_stands_for(bernards, monkeypatch):
    monkeypatch.setattr("directory.probes._MOST_TRADES", 1)
    for discipline, expected in (("Cardiologie", {"Ève"}), ("", None)):
        chosen = facets.qualifications("Médecin", discipline)
        found = lookup.find("medecin", limit=10, scope=Scope(qualifications=chosen)).faces
        assert expected is None or {one.first_name for one in found} == expected
    narrow = Scope(qualifications=facets.qualifications("Médecin", "Cardiologie"), departments=("75",))
    assert facets.tally(words("medecin"), narrow).total == 1
    assert facets.tally(words("medecin"), Scope()).is_cut  # not every range was read: « plus de »


def test_structures_alone_are_counted_when_they_alone_are_asked_for(bernards):
    every, people, places = (
        facets.tally(words("bernard"), Scope(kind=kind)) for kind in ("", "person", "organization")
    )
    assert every.total == people.total > 0
    assert (places.total, places.departments) == (0, {})
    assert places.kinds == every.kinds


def test_what_a_search_is_narrowed_to_filters_a_range_and_makes_no_others(directory):
    """A thousand towns as a bound would be a thousand descents of the index for each range."""
    around = Scope(towns=tuple(f"town{n}" for n in range(500)), departments=("59", "62"), qualifications=(1, 2))
    sql, values = search.statement(["ma"], around, limit=5) or ("", [])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = [row[0] for row in cursor.fetchall()]
    assert any("town" in line and "= ANY" in line for line in plan if "Filter" in line)
    assert not any("= ANY" in line for line in plan if "Index Cond" in line)


def test_a_distance_from_nowhere_is_answered_at_once_with_nobody(bernards):
    """Neither the country nor a department is read for it."""
    asked = Asked("bernard", km=20)
    assert results.page(asked, Asker(town="Le Mans", department="72")).cards
    found = results.page(asked, NOBODY)
    assert (list(found.cards), found.tally.total, found.is_cut) == ([], 0, False)
    assert results.scope_of(asked, NOBODY).departments == ("-",)


def test_a_street_or_a_structure_tells_who_is_there(give):
    give(mailbox_text())
    give(activity_text(), "PS_LibreAcces_Personne_activite.txt")
    for typed in ("martin halles", "anne martin pharmacie des halles"):
        assert "anne.martin@halles.mssante.example" in [one.address for one in lookup.find(typed, limit=10).faces], (
            typed
        )
    assert lookup.find("martin misericorde", limit=5).faces == []
    [there] = {one.department for one in lookup.find("pharmacien halles", limit=5).faces}
    for scope, is_found in (
        (Scope(departments=(there,)), True), (Scope(departments=("2A",)), False), (Scope(towns=("nowhere",)), False),
        (Scope(qualifications=(1,)), False), (Scope(kind="organization"), False),
    ):  # fmt: skip
        assert bool(lookup.find("pharmacien halles", limit=5, scope=scope).faces) == is_found, scope


def test_a_street_is_found_by_its_words(give):
    from dataclasses import replace

    one = person(1, town="Le Mans", postcode="72000")
    place = replace(one.places[0], street="AVENUE DU GENERAL LECLERC")
    one = replace(one, places=(place,))
    give(mailbox_text(everyone=[one]))
    give("\n".join(invent.activity_lines([one])), "PS_LibreAcces_Personne_activite.txt")
    for typed in ("avenue du général leclerc le mans", "bernard avenue leclerc", "luc bernard leclerc mans"):
        assert [face.last_name for face in lookup.find(typed, limit=5).faces] == ["Bernard"], typed
    assert lookup.find("durand avenue leclerc", limit=5).faces == []


def test_a_place_that_towns_and_first_names_tell_is_not_looked_for_again(directory):
    assert whereabouts.splits(["lille", "anne"], vocabulary()) == []
    assert whereabouts.splits(["rue", "lille"], vocabulary()) != []
    assert whereabouts.splits(["zzz"] * 9, vocabulary()) == []


def test_places_are_read_from_their_index(directory):
    sql, values = whereabouts.statement(["martin", "halles"], [False] * 2, [], vocabulary(), Scope(), limit=5) or (
        "",
        [],
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "directory_by_place" in plan
    assert "Seq Scan" not in plan


def test_a_structure_without_a_mailbox_is_found_when_asked(give):
    nurse = person(
        3, organization="Clinique du Littoral", town="Brest", postcode="29200", address="", finess="290000017"
    )
    give(mailbox_text())
    give("\n".join(invent.activity_lines([nurse])), "PS_LibreAcces_Personne_activite.txt")
    assert lookup.suggest("clinique littoral") == []
    [found] = lookup.found("clinique littoral", limit=5, scope=Scope(reachable_only=False))
    assert (found.kind, found.organization, found.address) == ("organization", "Clinique du Littoral", "")


def test_a_number_finds_its_person_with_or_without_an_address(bernards):
    from directory.models import Practitioner

    silent = Practitioner.objects.get(first_name="Noé")
    assert lookup.found(silent.rpps, limit=5) == []
    [found] = lookup.found(silent.rpps, limit=5, scope=Scope(reachable_only=False))
    assert (found.first_name, found.address) == ("Noé", "")
