"""Where communes and departments are: values, over the file that is shipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory import fold, geography
from directory.geography import (
    DEPARTMENTS,
    Place,
    by_key,
    by_postcode,
    communes,
    department_named,
    department_of,
    distance_km,
    near,
)


def test_every_commune_is_complete_and_in_a_known_department():
    assert len(communes()) == 35_008
    for code, commune in communes().items():
        assert (commune.code, len(code)) == (code, 5)
        assert commune.department in DEPARTMENTS and code.startswith(commune.department)
        assert commune.name.strip() == commune.name != ""
        assert all(len(postcode) == 5 and postcode.isdecimal() for postcode in commune.postcodes)
        assert commune.postcodes and commune.population >= 0
        assert -28 < commune.latitude < 52 and -179 < commune.longitude < 168
    assert {commune.department for commune in communes().values()} == set(DEPARTMENTS)
    assert list(communes()) == sorted(communes())


def test_arrondissements_stand_beside_their_city():
    assert communes()["75056"].name == "Paris"
    assert [commune.code for commune in by_postcode("75012")] == ["75056", "75112"]
    for key in ("paris12", "paris12e", "paris12eme", "paris12earrondissement"):
        assert [commune.code for commune in by_key(key)] == ["75112"]
    assert by_key("lyon01") == by_key("lyon1er") == by_key("lyon1") == (communes()["69381"],)


def test_postcodes_and_keys_give_the_most_peopled_first():
    assert by_postcode("59000")[0].name == "Lille"
    assert by_postcode("59019") == by_postcode("") == ()  # a CEDEX, nothing
    assert by_key("lemans") == by_key("mans") == (communes()["72181"],)
    people = [commune.population for commune in by_key("saintdenis")]
    assert len(people) > 3 and people == sorted(people, reverse=True)
    assert by_key("nulle part") == ()


def test_keys_are_those_of_the_rest_of_the_directory():
    for commune in list(communes().values())[::500]:
        assert all(commune in by_key(key) for key in fold.town_keys(commune.name))


@pytest.mark.parametrize(
    ("postcode", "insee_code", "department"),
    [
        ("59000", "", "59"),
        ("01000", "", "01"),
        ("20000", "", "2A"),
        ("20200", "", "2B"),
        ("20185", "", "2A"),  # CEDEX of the south
        ("20407", "", "2B"),  # CEDEX of the north
        ("20200", "2A004", "2A"),  # the commune is believed
        ("20200", "2a004", "2A"),
        ("97150", "", "978"),
        ("97133", "", "977"),
        ("97150", "97801", "978"),
        ("97400", "", "974"),
        ("98800", "", "988"),
        ("59019", "", "59"),  # CEDEX
        ("94390", "", "91"),  # the airport of Orly lies in the Essonne
        ("", "59350", "59"),
        ("59000", "59999", "59"),  # a commune that is no more
        ("59000", "99137", "59"),  # born abroad, or so it says
        ("98000", "", ""),  # Monaco
        ("99000", "", ""),
        ("", "", ""),
        ("75", "", ""),
        ("2A000", "", ""),
        ("59 000", "", ""),
        ("٥٩٠٠٠", "", ""),
    ],
)
def test_department_of_an_address(postcode: str, insee_code: str, department: str):
    assert department_of(postcode, insee_code) == department


@pytest.mark.parametrize(
    ("words", "department"),
    [
        ("nord", "59"),
        ("le Nord", "59"),
        ("59", "59"),
        ("2a", "2A"),
        ("974", "974"),
        ("seine saint denis", "93"),
        ("Seine-St-Denis", "93"),
        ("cote d'or", "21"),
        ("Côtes-d’Armor", "22"),
        ("l'Ain", "01"),
        ("REUNION", "974"),
        ("ile de la Réunion", "974"),
        ("paris", "75"),
        ("seine", ""),
        ("corse", ""),  # two of them
        ("Lille", ""),
        ("20", ""),
        ("", ""),
        ("' -", ""),
    ],
)
def test_department_that_somebody_typed(words: str, department: str):
    assert department_named(words) == department


@given(st.text())
def test_any_text_is_answered(text: str):
    assert department_named(text) in {"", *DEPARTMENTS}
    assert department_of(text, text) in {"", *DEPARTMENTS}


def test_every_name_and_code_finds_its_department():
    for code, name in DEPARTMENTS.items():
        assert department_named(code) == department_named(name) == department_named(name.upper()) == code


def test_distances_are_kilometres():
    lille, paris = communes()["59350"], communes()["75056"]
    assert distance_km(lille, paris) == pytest.approx(204, abs=1)
    assert distance_km(lille, lille) == 0
    assert distance_km(Place(0, 0), Place(0, 180)) == pytest.approx(20_015, abs=1)
    assert distance_km(Place(0, 179.5), Place(0, -179.5)) == pytest.approx(111.2, abs=0.1)


def test_what_is_near_is_exactly_what_a_look_at_all_finds():
    for code, km in (("59350", 30), ("75112", 3), ("2A004", 60), ("97411", 500), ("98735", 40), ("48095", 0)):
        centre = communes()[code]
        expected = {commune.code for commune in communes().values() if distance_km(centre, commune) <= km}
        found = near(centre, km)
        distances = [distance_km(centre, commune) for commune in found.communes]
        assert {commune.code for commune in found.communes} == expected
        assert found.communes[0] == centre and distances == sorted(distances)
    assert near(communes()["59350"], 30).departments == ("59", "62")


def test_a_radius_is_a_positive_number():
    assert near(Place(0, 0), 100) == ((), ())  # the sea
    for km in (-1, float("nan")):
        with pytest.raises(ValueError, match="positive"):
            near(Place(48, 2), km)


def test_the_file_is_read_once():
    assert geography.communes() is geography.communes()
