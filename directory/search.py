"""What is typed -> entries of the directory: one statement over every way to understand the words (readings, probes).

The statement reads each range from the one index that is already in its order and stops at the limit; the database's
planner is left no scan to choose. What orders and filters the answers rides along in the indexes: rows are looked up
for those few that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from directory.probes import Inside, Probe, probes
from directory.readings import MAX_TEXT, readings, trades_of, words
from directory.vocabulary import END, Vocabulary, vocabulary

__all__ = ["EVERYWHERE", "MAX_TEXT", "Scope", "statement", "words"]

_ONLY = "\x01"  # after the very key, before any longer one
_SPARE = 6  # of a range: the same person may stand in it several times
_NOWHERE = 999  # behind every department


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search is narrowed to, and who asks. Empty: no limit."""

    reachable_only: bool = True
    departments: tuple[str, ...] = ()  # codes
    qualifications: tuple[int, ...] = ()
    towns: tuple[str, ...] = ()  # keys, both of each
    kind: str = ""  # "person" or "organization"
    near: tuple[str, ...] = ()  # departments as seen from who asks, the nearest first
    known: tuple[int, ...] = ()  # people and structures one already writes with


EVERYWHERE = Scope()

# One branch an index. A condition under OR is no bound of the index: it filters what the bounds before it give, and
# misleads no estimate.
_BRANCH = """
SELECT l.owner, l.name, l.first, l.town, l.department, l.qualification_id, l.reachable,
  r.rank + CASE WHEN l.name = r.name THEN 0 ELSE 2 END AS rank
FROM unnest(%s::{held}[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[],
  %s::int[]) AS r(held, name, name_end, first, first_end, town, town_end, department, by_trade, rank)
CROSS JOIN LATERAL (
  SELECT e.owner, e.name, e.first, e.town, e.department, e.qualification_id, e.reachable FROM directory_entry e
  WHERE {where} AND (NOT r.by_trade OR e.qualification_id = ANY(%s::bigint[])){scope}
  ORDER BY {order} LIMIT %s) l
"""
_RANGE = "e.{0} >= r.{0} AND e.{0} < r.{0}_end"
_NAME, _FIRST, _TOWN = (_RANGE.format(column) for column in ("name", "first", "town"))
_PLACED = "(r.department = '' OR e.department = r.department)"
_INDEXES = {  # type of what is held, where, order: those of directory.models.Entry
    "name": (
        "text",
        f"{_NAME} AND (r.first = '' OR ({_FIRST})) AND (r.town = '' OR ({_TOWN}))",
        "e.name, e.first, e.town",
    ),
    "first": ("text", f"e.first = r.held AND {_NAME} AND {_PLACED}", "e.name, e.town"),
    "town": ("text", f"e.town = r.held AND {_NAME} AND (r.first = '' OR ({_FIRST}))", "e.name, e.first"),
    "given": ("text", f"e.town = r.held AND {_FIRST}", "e.first, e.name"),
    "trade": ("bigint", f"e.qualification_id = r.held AND {_TOWN} AND {_PLACED}", "e.town, e.name, e.first"),
    "department": (
        "text",
        f"e.department = r.held AND {_NAME} AND (r.first = '' OR ({_FIRST}))",
        "e.name, e.first, e.town",
    ),
}
# Whoever is shown, once: a person whatever the place, each service of a structure. The row is looked up by its owner;
# OFFSET 0 keeps the planner from reading the whole table instead.
_BEST = """
WITH likely AS MATERIALIZED (
  SELECT owner, name, first, town, qualification_id, rank,
    COALESCE(array_position(%s::text[], department::text), {nowhere}) AS far, owner <> ALL(%s::bigint[]) AS is_new
  FROM ({branches}) found ORDER BY rank, far, is_new, name, first, town LIMIT %s
), once AS (
  SELECT DISTINCT ON (COALESCE(e.practitioner_id, e.mailbox_id, e.owner))
    e.practitioner_id, e.organization_id, e.mailbox_id, e.qualification_id, l.name, l.first, l.town, l.rank, l.far, l.is_new
  FROM likely l CROSS JOIN LATERAL (SELECT * FROM directory_entry x WHERE x.owner = l.owner OFFSET 0) e
  WHERE e.name = l.name AND e.first = l.first AND e.town = l.town
    AND e.qualification_id IS NOT DISTINCT FROM l.qualification_id{reachable}
  ORDER BY COALESCE(e.practitioner_id, e.mailbox_id, e.owner), l.rank, l.far, NOT e.own, l.name, l.town
)
SELECT * FROM once ORDER BY rank, far, is_new, name, first, town LIMIT %s
"""
_REACHABLE = " AND e.reachable"


def statement(
    typed: Sequence[str], scope: Scope, *, limit: int, kinds_too: bool = False
) -> tuple[str, list[Any]] | None:
    """The statement that finds entries, best first, and its values. None when no word can be what it would have to be."""
    found, values, _ = branches(typed, scope, limit=2 * limit + _SPARE, kinds_too=kinds_too)
    if not found:
        return None
    sql = _BEST.format(nowhere=_NOWHERE, branches=found, reachable=_REACHABLE if scope.reachable_only else "")
    return sql, [list(scope.near), list(scope.known), *values, 2 * limit + _SPARE, limit]


def branches(
    typed: Sequence[str], scope: Scope, *, limit: int, kinds_too: bool = False, is_counted: bool = False
) -> tuple[str, list[Any], bool]:
    """At most `limit` entries of each range, from the indexes alone; and whether there are more ranges than are read."""
    known = vocabulary()
    is_trade, trades = trades_of(typed, known.called, kinds_too=kinds_too)
    wanted = [one for one in trades if one in set(scope.qualifications)] if scope.qualifications else trades
    found, is_cut = probes(
        readings(typed, is_trade, is_told=_is_told(typed, is_trade, known)), known, wanted,
        home=scope.near[0] if scope.near else "", inside=Inside(scope.departments, frozenset(scope.towns)),
        is_counted=is_counted,
    )  # fmt: skip
    told_of_scope, narrow_values = narrowed(scope)
    told: list[str] = []
    values: list[Any] = []
    for index, (held, where, order) in _INDEXES.items():
        if chosen := [probe for probe in found if probe.index == index]:
            told.append(_BRANCH.format(held=held, where=where, order=order, scope=told_of_scope))
            values += [*_columns(chosen), wanted, *narrow_values, limit]
    return " UNION ALL ".join(told), values, is_cut


def _is_told(typed: Sequence[str], is_trade: Sequence[bool], known: Vocabulary) -> bool:
    """Is every word of the trade one of its words, and not only a beginning?"""
    return all(known.is_trade(word) for word, told in zip(typed, is_trade, strict=True) if told)


def narrowed(scope: Scope, row: str = "r.rank") -> tuple[str, list[Any]]:
    """Conditions on what rides along in every index. `row`: what the planner cannot know not to be null."""
    told = _REACHABLE if scope.reachable_only else ""
    told += {"person": " AND e.qualification_id IS NOT NULL", "organization": " AND e.qualification_id IS NULL"}.get(
        scope.kind, ""
    )
    values: list[Any] = []
    for condition, narrow in (
        ("e.department = ANY(%s::text[])", scope.departments),
        ("e.qualification_id = ANY(%s::bigint[])", scope.qualifications),
        ("e.town = ANY(%s::text[])", scope.towns),
    ):
        if narrow:
            told += f" AND ({row} IS NULL OR {condition})"  # no bound: a thousand towns would be as many ranges of each
            values.append(list(narrow))
    return told, values


def _columns(chosen: Sequence[Probe]) -> list[list[Any]]:
    """One array a column. The town of a trade is the very one, other beginnings are beginnings."""
    columns: list[list[Any]] = [[probe.held for probe in chosen]]
    for name in ("name", "first", "town"):
        starts = [getattr(probe, name) for probe in chosen]
        only = name == "town" and chosen[0].index == "trade"
        columns += [starts, [start + (_ONLY if only and start else END) for start in starts]]
    return [
        *columns,
        [probe.department for probe in chosen],
        [probe.by_trade for probe in chosen],
        [probe.rank for probe in chosen],
    ]


_OF_OWNERS = """
SELECT DISTINCT ON (owner) practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, 0 AS rank,
  0 AS far, false AS is_new
FROM directory_entry WHERE owner = ANY(%s) ORDER BY owner, NOT own, name DESC LIMIT %s
"""


def of_owners(owners: Sequence[int], *, limit: int) -> tuple[str, list[Any]]:
    """`statement` for people and structures known by their numbers."""
    return _OF_OWNERS, [list(owners), limit]
