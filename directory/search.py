"""What is typed -> entries of the directory. Words may be the beginning of a name, first name, town or trade, in any order.

`readings` is pure: every way to understand the words. The statement reads each of them from the one index that is
already in its order and stops at the limit; the database's planner is left no scan to choose.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from typing import Any

from directory.fold import KINDS, PARTICLES, bare, fold, key, stem
from directory.vocabulary import END, Vocabulary, vocabulary

MIN_LETTERS = 2
MAX_TEXT = 100  # characters read of what is typed
MAX_WORDS = 12
_MOST_NAMED = 7  # words beside those of a trade: a discipline may be told in six
_MAX_PARTS = 3  # name, first name, town
_TRADE_LETTERS = 3  # a shorter beginning is nobody's profession
_COURTESY = frozenset("dr docteur pr professeur madame mme monsieur mr m service".split())
_LINKS = frozenset("en et de du des la le les l d a au aux ou".split())  # between the words of a discipline
_ONLY = "\x01"  # after the very key, before any longer one
_MOST_WORDS = 40  # towns or first names that one beginning stands for, the commonest
_FEW_WORDS = 4  # when nothing else is asked: the commonest have people enough
_FEW_TRADES = 24  # of a trade asked for alone, in the whole country
_SPARE = 6  # of a range: the same person may stand in it several times
_LONG_NAME = 4  # letters that few names begin with
_MOST_PROBES = 400  # ranges of one search, the likeliest; an empty one costs some microseconds


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what is typed: three beginnings, and whether the trade asked for must hold."""

    rank: int  # the lower the likelier
    name: str = ""
    first: str = ""
    town: str = ""
    by_trade: bool = False

    @property
    def is_narrow(self) -> bool:
        """More than one thing is asked: each town or first name that a beginning stands for may hold the one meant."""
        return bool(self.name) + bool(self.first) + bool(self.town) + self.by_trade > 1


def words(text: str) -> list[str]:
    """Folded words, courtesy left out unless there is nothing else; none for less than two letters."""
    found = fold(text[:MAX_TEXT]).split()
    found = ([word for word in found if word not in _COURTESY] or found)[:MAX_WORDS]
    return found if sum(map(len, found)) >= MIN_LETTERS else []


def readings(typed: Sequence[str], trade: Sequence[bool]) -> list[Reading]:
    """`trade` says of each word whether some profession or discipline is called so."""
    found = dict.fromkeys(_placed(typed, by_trade=False) if len(typed) <= _MOST_NAMED else ())
    if any(trade):
        linked = _with_links(typed, trade)
        for told in (trade, linked):
            named = [word for word, is_told in zip(typed, told, strict=True) if not is_told][:_MOST_NAMED]
            found |= dict.fromkeys(_placed(named, by_trade=True) if named else [Reading(2, by_trade=True)])
    return list(found)


def _with_links(typed: Sequence[str], trade: Sequence[bool]) -> list[bool]:
    """`trade`, and the small words beside those of a trade: « spécialiste *en* médecine générale »."""
    beside = [any(trade[max(at - 1, 0) : at + 2]) for at in range(len(typed))]
    return [is_trade or (near and word in _LINKS) for word, is_trade, near in zip(typed, trade, beside, strict=True)]


def _placed(typed: Sequence[str], *, by_trade: bool) -> Iterator[Reading]:
    """Every cut of the words into a name, a first name and a town, in every order."""
    for count in range(1, min(_MAX_PARTS, len(typed)) + 1):
        for cuts in combinations(range(1, len(typed)), count - 1):
            bounds = (0, *cuts, len(typed))
            parts = [list(typed[a:b]) for a, b in pairwise(bounds)]
            for roles in permutations(("name", "first", "town"), count):
                yield from _reading(dict(zip(roles, parts, strict=True)), by_trade=by_trade)


def _reading(parts: dict[str, list[str]], *, by_trade: bool) -> Iterator[Reading]:
    rank = 0 if "name" in parts else 3 if "first" in parts and "town" in parts else 2 if "first" in parts else 4
    keys = {role: key(part) for role, part in parts.items()}
    yield Reading(rank, **keys, by_trade=by_trade)
    if "name" in parts and parts["name"][0] in PARTICLES and len(parts["name"]) > 1:  # « la fontaine »: De La Fontaine
        yield Reading(rank + 1, **keys | {"name": key(bare(parts["name"]))}, by_trade=by_trade)


def trades_of(
    typed: Sequence[str], known: Sequence[tuple[int, str]], *, kinds_too: bool
) -> tuple[list[bool], list[int]]:
    """Which words name a trade, and the qualifications that answer to all of those. `pharmacie` is a place first."""
    matches = [_qualifications(word, known) if kinds_too or word not in KINDS else set() for word in typed]
    held = [match for match in matches if match]
    both = set.intersection(*held) if held else set()
    return [bool(match and both) for match in matches], sorted(both)


def _qualifications(word: str, known: Sequence[tuple[int, str]]) -> set[int]:
    if len(word) < _TRADE_LETTERS:
        return set()
    asked = f" {stem(word)}"
    return {number for number, told in known if asked in told}


@dataclass(frozen=True, slots=True)
class Probe:
    """One range of one index: a word held as it is (`held`), then beginnings, filtered by what the reading also says."""

    index: str
    rank: int
    held: str | int = ""
    name: str = ""
    first: str = ""
    town: str = ""
    by_trade: bool = False


def probes(ways: Iterable[Reading], known: Vocabulary, trades: Sequence[int]) -> list[Probe]:
    """A beginning of a town or first name is the words that begin so; a reading whose town or first name is none goes."""
    found: dict[Probe, None] = {}
    for way in ways:
        most = _MOST_WORDS if way.is_narrow else _FEW_WORDS
        towns = known.town.beginning(way.town, most) if way.town else []
        firsts = known.first.beginning(way.first, most) if way.first else []
        if (way.town and not towns) or (way.first and not firsts):
            continue
        if len(way.name) >= _LONG_NAME and max(len(towns), len(firsts)) >= _MOST_WORDS:  # the name says more
            rank = way.rank * 4 + bool(way.town)
            found[Probe("name", rank, name=way.name, first=way.first, town=way.town, by_trade=way.by_trade)] = None
            continue
        found |= dict.fromkeys(_probes(way, towns, firsts, trades))
    return sorted(found, key=lambda probe: probe.rank)[:_MOST_PROBES]


def _probes(way: Reading, towns: list[str], firsts: list[str], trades: Sequence[int]) -> Iterator[Probe]:
    if way.town:
        for town in towns:
            rank = way.rank * 4 + (0 if _is_of(town, way.town) else 1)
            if way.name:
                yield Probe("town", rank, held=town, name=way.name, first=way.first, by_trade=way.by_trade)
            elif way.first:
                yield Probe("given", rank, held=town, first=way.first, by_trade=way.by_trade)
            elif way.by_trade:
                yield from (Probe("trade", rank, held=trade, town=town) for trade in trades)
            else:
                yield Probe("town", rank, held=town)
    elif way.first:
        for first in firsts:
            yield Probe("first", way.rank * 4 + (first != way.first), held=first, name=way.name, by_trade=way.by_trade)
    elif way.name:
        yield Probe("name", way.rank * 4, name=way.name, by_trade=way.by_trade)
    else:
        yield from (Probe("trade", way.rank * 4, held=trade) for trade in trades[:_FEW_TRADES])


def _is_of(town: str, typed: str) -> bool:
    """The town itself, or one of its districts (`paris12earrondissement`)."""
    return town == typed or (town.startswith(typed) and town[len(typed)].isdigit())


_BRANCH = """
SELECT l.id, r.rank + CASE WHEN l.name = r.name THEN 0 ELSE 2 END
FROM unnest(%s::{held}[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::int[])
  AS r(held, name, name_end, first, first_end, town, town_end, by_trade, rank)
CROSS JOIN LATERAL (
  SELECT e.id, e.name FROM directory_entry e
  WHERE {where}{reachable} AND (NOT r.by_trade OR e.qualification_id = ANY(%s::bigint[]))
  ORDER BY {order} LIMIT {limit}) l
"""
_RANGE = "e.{0} >= r.{0} AND e.{0} < r.{0}_end"
_NAME, _FIRST, _TOWN = (_RANGE.format(column) for column in ("name", "first", "town"))
# A condition under OR is no bound of the index: it filters what the bounds before it give, and misleads no estimate.
_INDEXES = {  # type of what is held, where, order: those of directory.models.Entry
    "name": (
        "text",
        f"{_NAME} AND (r.first = '' OR ({_FIRST})) AND (r.town = '' OR ({_TOWN}))",
        "e.name, e.first, e.town",
    ),
    "first": ("text", f"e.first = r.held AND {_NAME}", "e.name, e.town"),
    "town": ("text", f"e.town = r.held AND {_NAME} AND (r.first = '' OR ({_FIRST}))", "e.name, e.first"),
    "given": ("text", f"e.town = r.held AND {_FIRST}", "e.first, e.name"),
    "trade": ("bigint", f"e.qualification_id = r.held AND {_TOWN}", "e.town, e.name, e.first"),
}
# Each hit's row is then looked up by its key: OFFSET 0 keeps the planner from reading the whole table instead.
_HITS = """
SELECT DISTINCT ON (e.practitioner_id, CASE WHEN e.practitioner_id IS NULL THEN e.mailbox_id END)
  e.practitioner_id, e.organization_id, e.mailbox_id, e.qualification_id, e.name, e.first, e.town, h.rank
FROM ({branches}) h(id, rank) CROSS JOIN LATERAL (SELECT * FROM directory_entry x WHERE x.id = h.id OFFSET 0) e
ORDER BY e.practitioner_id, CASE WHEN e.practitioner_id IS NULL THEN e.mailbox_id END, h.rank, NOT e.own, e.name, e.town
"""


def statement(
    typed: Sequence[str], *, limit: int, reachable_only: bool, kinds_too: bool = False
) -> tuple[str, list[Any]] | None:
    """The statement that finds entries, best first once sorted by rank, name, first name and town; its values.

    None when no word can be what it would have to be.
    """
    known = vocabulary()
    is_trade, trades = trades_of(typed, known.trades, kinds_too=kinds_too)
    found = probes(readings(typed, is_trade), known, trades)
    reachable = " AND e.reachable" if reachable_only else ""
    branches, values = [], []
    for index, (held, where, order) in _INDEXES.items():
        if chosen := [probe for probe in found if probe.index == index]:
            branches.append(
                _BRANCH.format(held=held, where=where, reachable=reachable, order=order, limit=limit + _SPARE)
            )
            values += [*_columns(chosen), trades]
    return (_HITS.format(branches=" UNION ALL ".join(branches)), values) if branches else None


def _columns(chosen: Sequence[Probe]) -> list[list[Any]]:
    """One array a column. The town of a trade is the very one, other beginnings are beginnings."""
    columns: list[list[Any]] = [[probe.held for probe in chosen]]
    for name in ("name", "first", "town"):
        starts = [getattr(probe, name) for probe in chosen]
        only = name == "town" and chosen[0].index == "trade"
        columns += [starts, [start + (_ONLY if only and start else END) for start in starts]]
    return [*columns, [probe.by_trade for probe in chosen], [probe.rank for probe in chosen]]
