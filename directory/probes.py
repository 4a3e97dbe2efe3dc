"""Readings -> ranges of indexes. What begins a town or first name stands for the words that begin so; a postcode for its
towns; a department, by name or number, for itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from directory import geography
from directory.fold import town_keys
from directory.readings import Reading
from directory.vocabulary import Vocabulary

_MOST_WORDS = 40  # towns or first names that one beginning stands for, the commonest
_FEW_WORDS = 4  # when nothing else is asked and nobody counts: the commonest have people enough
_MANY_WORDS = 5_000  # looked through for those inside what a search is narrowed to
_MOST_TRADES = 360  # of a trade asked for alone, in the whole country: a doctor may be of 340
_FEW_TRADES = 24  # in a town each has its own range; more of them are looked for in the town's
_LONG_NAME = 4  # letters that few names begin with
_MOST_PROBES = 400  # ranges of one search, the likeliest; an empty one costs some microseconds
_POSTCODE_DIGITS = 3  # of which a beginning is towns; two are a department


@dataclass(frozen=True, slots=True)
class Probe:
    """One range of one index: a word held as it is (`held`), then beginnings, filtered by what the reading also says."""

    index: str
    rank: int
    held: str | int = ""
    name: str = ""
    first: str = ""
    town: str = ""
    department: str = ""
    by_trade: bool = False


@dataclass(frozen=True, slots=True)
class Inside:
    """Departments (codes) and towns (keys) that a search is narrowed to. Empty: no limit."""

    departments: tuple[str, ...] = ()
    towns: frozenset[str] = frozenset()

    def may_hold(self, town: str) -> bool:
        """A town that the list of communes knows elsewhere only holds nobody who is wanted."""
        if self.towns:
            return town in self.towns
        communes = geography.by_key(town) if self.departments else ()
        return not communes or any(one.department in self.departments for one in communes)


EVERYWHERE = Inside()


def probes(
    ways: Iterable[Reading], known: Vocabulary, trades: Sequence[int], *, home: str = "", inside: Inside = EVERYWHERE,
    is_counted: bool = False,
) -> tuple[list[Probe], bool]:  # fmt: skip
    """The likeliest first, and whether there are more than were taken. A reading whose town or first name is none goes.

    `home` is the department of who asks: where no place is told, it is looked at for itself, so that those near are found.
    Nobody outside of `inside` is wanted; where that is departments, each is looked at for itself, not the country.
    """
    found: dict[Probe, None] = {}
    is_cut = False
    for way in ways:
        most = _MOST_WORDS if way.is_narrow or is_counted else _FEW_WORDS
        firsts = known.first.beginning(way.first, most + 1) if way.first else []
        towns = _towns(way.town, known, most + 1, inside) if way.town else []
        if way.first and not firsts:
            continue
        made = list(_of_way(way, towns[:most], firsts[:most], trades, home, inside.departments))
        is_cut |= len(firsts) > most and any(one.index == "first" for one in made)
        is_cut |= len(towns) > most and any(one.index in {"town", "given", "trade"} for one in made)
        is_cut |= len(trades) > _MOST_TRADES and any(one.index == "trade" for one in made)
        found |= dict.fromkeys(made)
    return sorted(found, key=lambda probe: probe.rank)[:_MOST_PROBES], is_cut or len(found) > _MOST_PROBES


def _of_way(
    way: Reading, towns: list[str], firsts: list[str], trades: Sequence[int], home: str, departments: Sequence[str]
) -> Iterator[Probe]:
    if way.town:
        yield from _in_towns(way, towns, firsts, trades)
        for code in geography.departments_beginning(way.town):
            if departments and code not in departments:
                continue
            yield from _in_department(replace(way, rank=way.rank + 1), code, firsts)
        return
    if departments:
        for code in departments:
            yield Probe("department", _rank(way), held=code, name=way.name, first=way.first, by_trade=way.by_trade)
        return
    yield from _anywhere(way, firsts, trades)
    if home:
        yield from _in_department(way, home, firsts)


def _towns(text: str, known: Vocabulary, most: int, inside: Inside) -> list[str]:
    if text.isdecimal():
        if len(text) < _POSTCODE_DIGITS:
            return []
        communes = geography.postcode_beginning(text)
        found = [key for one in communes for key in town_keys(one.name)[:1]]
    else:
        found = known.town.beginning(text, most if inside == EVERYWHERE else _MANY_WORDS)
    return [town for town in found if inside.may_hold(town)][:most]


def _in_towns(way: Reading, towns: list[str], firsts: list[str], trades: Sequence[int]) -> Iterator[Probe]:
    if towns and len(way.name) >= _LONG_NAME and max(len(towns), len(firsts)) >= _MOST_WORDS:  # the name says more
        rank = _rank(way) + 1
        yield Probe("name", rank, name=way.name, first=way.first, town=way.town, by_trade=way.by_trade)
        return
    for town in towns:
        rank = _rank(way) + (0 if _is_of(town, way.town) else 1)
        if way.name:
            yield Probe("town", rank, held=town, name=way.name, first=way.first, by_trade=way.by_trade)
        elif way.first:
            yield Probe("given", rank, held=town, first=way.first, by_trade=way.by_trade)
        elif way.by_trade and len(trades) <= _FEW_TRADES:
            yield from (Probe("trade", rank, held=trade, town=town) for trade in trades)
        else:
            yield Probe("town", rank, held=town, by_trade=way.by_trade)


def _rank(way: Reading) -> int:
    """A trade told by its whole word comes after the very family name, before names that only begin so."""
    return -1 if way.is_told else way.rank * 4


def _is_of(town: str, typed: str) -> bool:
    """The town itself, or one of its districts (`paris12earrondissement`), or one of that postcode."""
    return town == typed or typed.isdecimal() or (town.startswith(typed) and town[len(typed)].isdigit())


def _in_department(way: Reading, code: str, firsts: list[str]) -> Iterator[Probe]:
    rank = _rank(way)
    if way.name:
        yield Probe("department", rank, held=code, name=way.name, first=way.first, by_trade=way.by_trade)
    elif way.first:
        for first in firsts:
            more = first != way.first
            yield Probe("first", rank + more, held=first, department=code, by_trade=way.by_trade)
    else:
        yield Probe("department", rank, held=code, by_trade=way.by_trade)


def _anywhere(way: Reading, firsts: list[str], trades: Sequence[int]) -> Iterator[Probe]:
    rank = _rank(way)
    if way.name and (not way.first or (len(way.name) >= _LONG_NAME and len(firsts) >= _MOST_WORDS)):
        yield Probe("name", rank, name=way.name, first=way.first, by_trade=way.by_trade)
    elif way.first:
        for first in firsts:
            yield Probe("first", rank + (first != way.first), held=first, name=way.name, by_trade=way.by_trade)
    else:
        yield from (Probe("trade", rank, held=trade) for trade in trades[:_MOST_TRADES])
