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
_FEW_WORDS = 4  # when nothing else is asked: the commonest have people enough
_FEW_TRADES = 24  # of a trade asked for alone, in the whole country
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


def probes(ways: Iterable[Reading], known: Vocabulary, trades: Sequence[int], *, home: str = "") -> list[Probe]:
    """The likeliest first. A reading whose town or first name is none goes.

    `home` is the department of who asks: where no place is told, it is looked at for itself, so that those near are found.
    """
    found: dict[Probe, None] = {}
    for way in ways:
        most = _MOST_WORDS if way.is_narrow else _FEW_WORDS
        firsts = known.first.beginning(way.first, most) if way.first else []
        if way.first and not firsts:
            continue
        if way.town:
            found |= dict.fromkeys(_in_towns(way, _towns(way.town, known, most), firsts, trades))
            for code in geography.departments_beginning(way.town):
                found |= dict.fromkeys(_in_department(replace(way, rank=way.rank + 1), code, firsts, trades))
        else:
            found |= dict.fromkeys(_anywhere(way, firsts, trades))
            if home:
                found |= dict.fromkeys(_in_department(way, home, firsts, trades))
    return sorted(found, key=lambda probe: probe.rank)[:_MOST_PROBES]


def _towns(text: str, known: Vocabulary, most: int) -> list[str]:
    if text.isdecimal():
        if len(text) < _POSTCODE_DIGITS:
            return []
        communes = geography.postcode_beginning(text)[:most]
        return [key for one in communes for key in town_keys(one.name)[:1]]
    return known.town.beginning(text, most)


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
        elif way.by_trade:
            yield from (Probe("trade", rank, held=trade, town=town) for trade in trades)
        else:
            yield Probe("town", rank, held=town)


def _rank(way: Reading) -> int:
    """A trade told by its whole word comes after the very family name, before names that only begin so."""
    return -1 if way.is_told else way.rank * 4


def _is_of(town: str, typed: str) -> bool:
    """The town itself, or one of its districts (`paris12earrondissement`), or one of that postcode."""
    return town == typed or typed.isdecimal() or (town.startswith(typed) and town[len(typed)].isdigit())


def _in_department(way: Reading, code: str, firsts: list[str], trades: Sequence[int]) -> Iterator[Probe]:
    rank = _rank(way)
    if way.name:
        yield Probe("department", rank, held=code, name=way.name, first=way.first, by_trade=way.by_trade)
    elif way.first:
        for first in firsts:
            more = first != way.first
            yield Probe("first", rank + more, held=first, department=code, by_trade=way.by_trade)
    elif way.by_trade:
        yield from (Probe("trade", rank, held=trade, department=code) for trade in trades)
    else:
        yield Probe("department", rank, held=code)


def _anywhere(way: Reading, firsts: list[str], trades: Sequence[int]) -> Iterator[Probe]:
    rank = _rank(way)
    if way.name and (not way.first or (len(way.name) >= _LONG_NAME and len(firsts) >= _MOST_WORDS)):
        yield Probe("name", rank, name=way.name, first=way.first, by_trade=way.by_trade)
    elif way.first:
        for first in firsts:
            yield Probe("first", rank + (first != way.first), held=first, name=way.name, by_trade=way.by_trade)
    else:
        yield from (Probe("trade", rank, held=trade) for trade in trades[:_FEW_TRADES])
