"""What is typed -> entries of the directory. Words may be the beginning of a name, first name, town or trade, in any order.

`readings` is pure: every way to understand the words. The statement reads each of them from the one index that is
already in its order and stops at the limit; the database's planner is left no scan to choose.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from typing import Any

from directory.fold import KINDS, PARTICLES, bare, fold, key, stem
from directory.models import Qualification

MIN_LETTERS = 2
MAX_TEXT = 100  # characters read of what is typed
MAX_WORDS = 7
_MAX_PARTS = 3  # name, first name, town
_TRADE_LETTERS = 3  # a shorter beginning is nobody's profession
_COURTESY = frozenset("dr docteur pr professeur madame mme monsieur mr m service".split())
_RECHECK_SECONDS = 60.0  # how late a process may see a trade that a new file brought
_END = "\U0010ffff"  # after every key that begins with the prefix, bytewise


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what is typed: three beginnings, and whether the trade asked for must hold."""

    rank: int  # the lower the likelier
    name: str = ""
    first: str = ""
    town: str = ""
    by_trade: bool = False

    @property
    def index(self) -> str:
        """The column to read first: the beginning that says most."""
        if self.name and len(self.name) >= len(self.town):
            return "name"
        if self.town:
            return "qualification" if self.by_trade and not self.name and not self.first else "town"
        return "first" if self.first else "qualification"


def words(text: str) -> list[str]:
    """Folded words, courtesy left out unless there is nothing else; none for less than two letters."""
    found = fold(text[:MAX_TEXT]).split()
    found = ([word for word in found if word not in _COURTESY] or found)[:MAX_WORDS]
    return found if sum(map(len, found)) >= MIN_LETTERS else []


def readings(typed: Sequence[str], trade: Sequence[bool]) -> list[Reading]:
    """`trade` says of each word whether some profession or discipline is called so."""
    found = dict.fromkeys(_placed(typed, by_trade=False))
    if any(trade):
        rest = [word for word, is_trade in zip(typed, trade, strict=True) if not is_trade]
        found |= dict.fromkeys(_placed(rest, by_trade=True) if rest else [Reading(2, by_trade=True)])
    return list(found)


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


_trades: dict[str, tuple[float, list[tuple[int, str]]]] = {}


def forget() -> None:
    """Ask the database again at the next search (a load in this process)."""
    _trades.clear()


def trades_of(typed: Sequence[str], *, kinds_too: bool) -> tuple[list[bool], list[int]]:
    """Which words name a trade, and the qualifications that answer to all of those. `pharmacie` is a place first."""
    matches = [_qualifications(word) if kinds_too or word not in KINDS else set() for word in typed]
    held = [match for match in matches if match]
    both = set.intersection(*held) if held else set()
    return [bool(match and both) for match in matches], sorted(both)


def _qualifications(word: str) -> set[int]:
    if len(word) < _TRADE_LETTERS:
        return set()
    asked = f" {stem(word)}"
    return {number for number, told in _vocabulary() if asked in told}


def _vocabulary() -> list[tuple[int, str]]:
    """A few hundred rows, kept by the process."""
    read_at, rows = _trades.get("all", (0.0, []))
    if not rows or time.monotonic() - read_at > _RECHECK_SECONDS:
        rows = list(Qualification.objects.values_list("pk", "words"))
        _trades["all"] = (time.monotonic(), rows)
    return rows


_ORDERS = {
    "name": "e.name, e.first, e.town",
    "town": "e.town, e.name, e.first",
    "first": "e.first, e.name, e.town",
    "qualification": "e.town, e.name, e.first",
}
_READ = """
SELECT e.id, r.rank * 2 + (e.name <> r.name)::int AS rank
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::int[])
  AS r(name, name_end, first, first_end, town, town_end, by_trade, rank)
CROSS JOIN LATERAL (
  SELECT e.id, e.name FROM directory_entry e
  WHERE e.name >= r.name AND e.name < r.name_end AND e.first >= r.first AND e.first < r.first_end
    AND e.town >= r.town AND e.town < r.town_end{reachable}
    AND (NOT r.by_trade OR e.qualification_id = ANY(%s::bigint[]))
  ORDER BY {order} LIMIT %s) e
"""
_READ_TRADE = """
SELECT e.id, r.rank * 2 + 1 AS rank
FROM unnest(%s::text[], %s::text[], %s::int[]) AS r(town, town_end, rank)
CROSS JOIN unnest(%s::bigint[]) AS t(trade)
CROSS JOIN LATERAL (
  SELECT e.id FROM directory_entry e
  WHERE e.qualification_id = t.trade AND e.town >= r.town AND e.town < r.town_end{reachable}
  ORDER BY {order} LIMIT %s) e
"""
_HITS = """
SELECT DISTINCT ON (e.practitioner_id, CASE WHEN e.practitioner_id IS NULL THEN e.mailbox_id END)
  e.practitioner_id, e.organization_id, e.mailbox_id, e.qualification_id, e.name, e.first, e.town, h.rank
FROM ({branches}) h JOIN directory_entry e ON e.id = h.id
ORDER BY e.practitioner_id, CASE WHEN e.practitioner_id IS NULL THEN e.mailbox_id END, h.rank, NOT e.own, e.name, e.town
"""


def statement(
    typed: Sequence[str], *, limit: int, reachable_only: bool, kinds_too: bool = False
) -> tuple[str, list[Any]]:
    """The statement that finds entries, best first once sorted by rank, name, first name and town; its values."""
    is_trade, trades = trades_of(typed, kinds_too=kinds_too)
    ways = readings(typed, is_trade)
    reachable = " AND e.reachable" if reachable_only else ""
    branches, values = [], []
    for index, order in _ORDERS.items():
        if chosen := [way for way in ways if way.index == index]:
            sql, given = (_READ_TRADE, _towns(chosen)) if index == "qualification" else (_READ, _ranges(chosen))
            branches.append(sql.format(reachable=reachable, order=order))
            values += [*given, trades, limit * 2]
    return _HITS.format(branches=" UNION ALL ".join(branches)), values


def _ranges(ways: Sequence[Reading]) -> list[Any]:
    columns: list[Any] = []
    for starts in ([w.name for w in ways], [w.first for w in ways], [w.town for w in ways]):
        columns += [starts, [start + _END for start in starts]]
    return [*columns, [w.by_trade for w in ways], [w.rank for w in ways]]


def _towns(ways: Sequence[Reading]) -> list[Any]:
    towns = [way.town for way in ways]
    return [towns, [town + _END for town in towns], [way.rank for way in ways]]
