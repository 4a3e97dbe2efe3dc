"""Which ranges of the indexes are read for a reading, inside what a search is narrowed to, and when some are left out."""

from directory.probes import Inside, probes
from directory.readings import Reading
from directory.vocabulary import Vocabulary, Words

TOWNS = {"saintdenis": 900, "sainterose": 9, "saintetienne": 800, "saintmalo": 700, "saintnazaire": 600, "saintchamas": 1,
         "saintxyzcedex": 2}  # fmt: skip
KNOWN = Vocabulary(
    first=Words(["marie", "marieclaire", "mariefrance", "mariejo", "mariejose", "mariepaule"], [9, 8, 7, 6, 5, 4]),
    town=Words(sorted(TOWNS), [TOWNS[name] for name in sorted(TOWNS)]),
)
IN_TOWN, BY_FIRST, BY_TRADE = Reading(4, town="saint"), Reading(2, first="marie"), Reading(2, by_trade=True)


def test_towns_inside_what_is_asked_come_before_commoner_ones_elsewhere():
    """Saint-Chamas is of the Bouches-du-Rhône; a town that no list holds may be anywhere."""
    everywhere, is_cut = probes([IN_TOWN], KNOWN, [])
    assert "saintchamas" not in {one.held for one in everywhere}
    assert is_cut
    inside, is_cut = probes([IN_TOWN], KNOWN, [], inside=Inside(departments=("13",)))
    assert {one.held for one in inside} == {"saintchamas", "saintxyzcedex"}
    assert not is_cut
    around, _ = probes([IN_TOWN], KNOWN, [], inside=Inside(("13",), frozenset({"saintchamas"})))
    assert [one.held for one in around] == ["saintchamas"]


def test_what_is_left_out_is_told_and_counting_leaves_less_out():
    found, is_cut = probes([BY_FIRST], KNOWN, [])
    assert (len(found), is_cut) == (4, True)
    found, is_cut = probes([BY_FIRST], KNOWN, [], is_counted=True)
    assert (len(found), is_cut) == (6, False)
    assert probes([BY_TRADE], KNOWN, range(344))[1] is False
    assert probes([BY_TRADE], KNOWN, range(1000))[1] is True


def test_a_trade_of_many_qualifications_is_looked_for_in_the_range_of_its_place():
    """A doctor is of 340: as many ranges of each town would leave most towns out."""
    in_town = Reading(4, town="saintmalo", by_trade=True)
    assert [(one.index, one.by_trade) for one in probes([in_town], KNOWN, range(344))[0]] == [("town", True)]
    assert {one.index for one in probes([in_town], KNOWN, range(5))[0]} == {"trade"}
    inside = Inside(departments=("2A", "2B"))
    assert [(one.index, one.held) for one in probes([BY_TRADE], KNOWN, range(344), inside=inside)[0]] == [
        ("department", "2A"), ("department", "2B")]  # fmt: skip


def test_a_narrowed_search_reads_its_departments_and_not_the_country():
    inside = Inside(departments=("2A",))
    for way in (Reading(0, name="ma"), BY_FIRST, Reading(0, name="ma", first="ma")):
        found, _ = probes([way], KNOWN, [], home="59", inside=inside)
        assert [(one.index, one.held) for one in found if one.first or one.name] == [("department", "2A")] * len(found)
