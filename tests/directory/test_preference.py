"""The right address chosen: the order of annuaire.md §5.3.4, its reasons and its flags. Values only."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from directory.preference import Choice, Facts, Published, Remembered, Use, choose, day, refusals

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
EARLIER = NOW - timedelta(days=30)
LILLE, PARIS = 1, 2


def at(name: str, **fields) -> Published:
    return Published(f"{name}@medecin.mssante.example", **{"kind": "PER", "first_seen": EARLIER} | fields)


def spec(name: str) -> str:
    return f"{name}@medecin.mssante.example"


def chosen(*published: Published, place: int | None = None, **facts) -> Choice:
    found = choose("p", "Dr Anne LÉVÊQUE", published, facts=Facts(**facts), place=place)
    assert found
    return found


def remembered(name: str, when: datetime = NOW):
    return lambda owner: Remembered(spec(name), when) if owner == "p" else None


def test_the_only_one_is_taken_and_of_several_equal_ones_somebody_must_choose():
    alone = chosen(at("a"))
    assert (alone.proposed.address, alone.reason, alone.is_certain) == (spec("a"), "la seule publiée", True)
    two = chosen(at("a"), at("b"))
    assert (two.is_certain, two.reason) == (False, "plusieurs possibles : choisissez")
    assert choose("p", "", [], facts=Facts()) is None


def test_place_then_rank_then_use_and_a_remembered_choice_before_all():
    known = [at("used"), at("ranked", rank=1), at("there", place=LILLE), at("kept"), at("z", rank=2)]
    facts = {"used": {spec("used"): Use(NOW, 4)}}
    order = chosen(*known, place=LILLE, remembered=remembered("kept"), **facts)
    assert [one.address for one in order.ordered[:4]] == [spec(name) for name in ("kept", "there", "ranked", "used")]
    assert [one.reason for one in order.ordered] == [
        "choisie par vous le 3 mars 2026", "celle de ce lieu d’exercice", "adresse préférée déclarée",
        "déjà utilisée le 3 mars 2026", "",
    ]  # fmt: skip
    assert order.is_certain and order.is_remembered
    assert chosen(*known, place=LILLE, **facts).proposed.address == spec("there")
    assert chosen(*known, **facts).proposed.address == spec("ranked")
    assert chosen(at("other"), at("used"), **facts).reason == "déjà utilisée le 3 mars 2026"
    assert chosen(at("a"), at("b", place=PARIS), place=LILLE).is_certain is False, "a place that no address is tied to"


def test_the_address_of_two_places_is_one_address_of_each():
    both = [at("a", place=PARIS), at("a", place=LILLE, organization="CH de Lille"), at("b", place=PARIS)]
    found = chosen(*both, place=LILLE)
    assert (found.proposed.address, found.proposed.published.organization, len(found.ordered)) == (
        spec("a"), "CH de Lille", 2,
    )  # fmt: skip
    back = chosen(at("a", vanished_at=NOW), at("a", place=LILLE))
    assert back.proposed.flags == (), "one line in force is enough"


def test_what_vanished_or_refused_is_flagged_and_yields_to_another_even_when_it_was_chosen():
    gone, sound = at("gone", rank=1, vanished_at=NOW), at("sound")
    found = chosen(gone, sound, remembered=remembered("gone", EARLIER))
    assert (found.proposed.address, found.is_certain, found.is_remembered) == (spec("sound"), True, False)
    assert found.ordered[1].flags == ("retirée de l’annuaire le 3 mars 2026",)
    refused = {"refused": {spec("a"): NOW}}
    found = chosen(at("a", rank=1), at("b"), remembered=remembered("a", EARLIER), **refused)
    assert (found.proposed.address, found.reason) == (spec("b"), "")
    assert found.ordered[1].flags == ("a refusé votre message le 3 mars 2026",)
    assert chosen(at("a"), gone, **refused).proposed.address == spec("a"), "refused, but in force"


def test_what_arrived_since_takes_a_refusal_back():
    after, before = {spec("a"): Use(NOW, 1)}, {spec("a"): Use(EARLIER, 1)}
    refused = {spec("a"): NOW - timedelta(days=1)}
    assert chosen(at("a"), used=after, refused=refused).proposed.flags == ()
    assert chosen(at("a"), used=before, refused=refused).proposed.flags != ()
    assert refusals([spec("a"), spec("b")], Facts(before, refused)) == {
        spec("a"): ("a refusé votre message le 2 mars 2026",)
    }


@pytest.mark.parametrize(("when", "told"), [(datetime(2026, 3, 1, tzinfo=UTC), "1er mars 2026"), (NOW, "3 mars 2026")])
def test_a_day_is_said_in_french(when, told):
    assert day(when) == told


moments = some.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
names = some.sampled_from("abcd")
rows = some.lists(
    some.builds(
        at, names, kind=some.sampled_from(["PER", "ORG", "CAB", "?"]), vanished_at=some.none() | moments,
        place=some.none() | some.sampled_from([LILLE, PARIS]), rank=some.none() | some.integers(0, 3),
        is_own=some.booleans(), first_seen=moments, service=some.sampled_from(["", "Urgences"]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip
uses = some.dictionaries(names.map(spec), some.builds(Use, moments, some.integers(1, 9)))
refused_ones = some.dictionaries(names.map(spec), moments)
kept = some.none() | some.builds(Remembered, names.map(spec), moments)
places = some.none() | some.sampled_from([LILLE, PARIS])


@given(rows, uses, refused_ones, kept, places, some.randoms())
def test_the_order_is_total_stable_and_never_begins_with_what_is_not_sound(published, used, refused, mine, place, dice):
    facts = {"used": used, "refused": refused, "remembered": lambda _: mine, "place": place}
    found = chosen(*published, **facts)
    shuffled = list(published)
    dice.shuffle(shuffled)
    assert chosen(*shuffled, **facts) == found, "whatever the order of what is given"
    assert sorted(one.address for one in found.ordered) == sorted({one.address for one in published}), "each once"
    in_force = {one.address for one in published if one.vanished_at is None}
    assert not in_force or found.proposed.address in in_force
    sound = {one.address for one in found.ordered if one.is_sound}
    assert not sound or found.proposed.address in sound
    assert all(one.is_sound is (not one.flags) for one in found.ordered)
    if mine and mine.address in sound:
        assert found.proposed.address == mine.address and found.is_certain and found.is_remembered
    elif place and (there := {one.address for one in found.ordered if one.is_sound and one.published.place == place}):
        assert found.proposed.address in there
