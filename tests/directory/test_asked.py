"""What a search page is asked, and from where."""

from hypothesis import given
from hypothesis import strategies as st

from directory import asked
from directory.asked import MOST, PAGE, Asked
from directory.asker import NOBODY, Asker
from directory.results import scope_of

_FIELDS = ("q", "all", "profession", "discipline", "department", "kind", "km", "n")


@given(st.dictionaries(st.sampled_from(_FIELDS), st.lists(st.text(max_size=300), max_size=3)))
def test_whatever_a_form_says_is_a_search_that_an_address_can_hold(told):
    one = asked.of_form(told)
    assert asked.of_text(one.to_text()) == one
    assert PAGE <= one.shown <= MOST
    assert len(one.words) <= 100
    assert one.km in (0, *asked.DISTANCES)


def test_a_department_said_twice_is_let_go():
    assert asked.of_form({"department": ["72", "13"]}).department == "13"
    assert asked.of_form({"department": ["72", "72"]}).department == ""
    assert asked.of_form({"department": ["72"]}).department == "72"


def test_an_old_address_is_no_error():
    for text in ("", "[]", '["dupont", null, null]', '{"more": 1}', "\x00"):
        assert asked.of_text(text) == Asked()


def test_near_is_told_from_the_pharmacy():
    who = Asker("Le Mans", "72")
    assert who.near[:1] == ("72",)
    assert set(who.near[1:8]) & {"61", "53", "49", "41", "28", "37"}
    keys, departments = who.within(20)
    assert {"lemans", "mans", "arnage"} <= set(keys)
    assert set(departments) == {"72"}
    assert scope_of(Asked(km=20), who).departments == ("72",)


def test_saint_denis_is_that_of_its_department():
    reunion, seine = Asker("Saint-Denis", "974"), Asker("Saint-Denis", "93")
    assert (reunion.near[0], seine.near[0]) == ("974", "93")


def test_around_a_pharmacy_of_which_nobody_knows_the_town_nothing_is_near():
    assert NOBODY.near == ()
    assert scope_of(Asked(km=20), NOBODY).towns == ("-",)
