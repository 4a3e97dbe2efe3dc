"""What is typed -> entries of the directory: one statement over every way to understand the words (readings, probes).

The statement reads each range from the one index that is already in its order and stops at the limit; the database's
planner is left no scan to choose. What orders and filters the answers rides along in the indexes: rows are looked up
for those few that are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from directory.fold import array
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

# Every range that is looked at: a row of this table, told once whatever the number of indexes.
_PROBE = """probe AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::text[], %s::bool[], %s::int[])
  AS r(branch, held, name, name_end, first, first_end, town, town_end, department, by_trade, rank))"""
# One branch an index. A condition under OR is no bound of the index: it filters what the bounds before it give, and
# misleads no estimate.
_BRANCH = """
SELECT l.*, r.rank + CASE WHEN l.name = r.name THEN 0 ELSE 2 END AS rank FROM probe r CROSS JOIN LATERAL (
  SELECT e.owner, e.name, e.first, e.town, e.department, e.qualification_id FROM directory_entry e
  WHERE {where} AND (NOT r.by_trade OR e.qualification_id = ANY(%s::bigint[])){scope}
  ORDER BY {order} LIMIT %s) l WHERE r.branch = '{branch}'"""
_RANGE = "e.{0} >= r.{0} AND e.{0} < r.{0}_end"
_NAME, _FIRST, _TOWN = (_RANGE.format(column) for column in ("name", "first", "town"))
_PLACED = "(r.department = '' OR e.department = r.department)"
_INDEXES = {  # where, order: those of directory.models.Entry
    "name": (
        f"{_NAME} AND (r.first = '' OR ({_FIRST})) AND (r.town = '' OR ({_TOWN}))",
        "e.name, e.first, e.town",
    ),
    "first": (f"e.first = r.held AND {_NAME} AND {_PLACED}", "e.name, e.town"),
    "town": (f"e.town = r.held AND {_NAME} AND (r.first = '' OR ({_FIRST}))", "e.name, e.first"),
    "given": (f"e.town = r.held AND {_FIRST}", "e.first, e.name"),
    "trade": (f"e.qualification_id = r.held::bigint AND {_TOWN} AND {_PLACED}", "e.town, e.name, e.first"),
    "department": (f"e.department = r.held AND {_NAME} AND (r.first = '' OR ({_FIRST}))", "e.name, e.first, e.town"),
}
# Indexes that are read together, the next larger set where none fits: few statements, so that each is planned already.
_SHAPES = [
    frozenset(shape.split())
    for shape in ("", "name", "town", "given", "name town", "first town", "name first town", " ".join(_INDEXES))
]
_SURE = 4  # ranks below it are answered before all others, so that enough of them are the answer
_OTHERS = " UNION ALL SELECT * FROM ({others}) o WHERE (SELECT count(DISTINCT owner) FROM sure) < %s"
# Whoever is shown, once: a person whatever the place, each service of a structure. The row is looked up by its owner;
# OFFSET 0 keeps the planner from reading the whole table instead.
_BEST = """
WITH {probe}, sure AS MATERIALIZED ({sure}
), likely AS MATERIALIZED (
  SELECT owner, name, first, town, qualification_id, rank,
    COALESCE(array_position(%s::text[], department::text), {nowhere}) AS far, owner <> ALL(%s::bigint[]) AS is_new
  FROM (SELECT * FROM sure{others}) found ORDER BY rank, far, is_new, name, first, town LIMIT %s
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
    ranges = look(typed, scope, kinds_too=kinds_too)
    if not ranges.probes:
        return None
    sure = [probe for probe in ranges.probes if probe.rank < _SURE]
    others = [probe for probe in ranges.probes if probe.rank >= _SURE] if sure else []
    values = _columns({"sure": sure or ranges.probes, "other": others})
    first, first_values = ranges.branches("sure", sure or ranges.probes, limit=2 * limit + _SPARE)
    then, then_values = ranges.branches("other", others, limit=2 * limit + _SPARE)
    sql = _BEST.format(nowhere=_NOWHERE, probe=_PROBE, sure=first, others=_OTHERS.format(others=then) if then else "",
                       reachable=_REACHABLE if scope.reachable_only else "")  # fmt: skip
    if then:
        then_values.append(limit)
    return sql, [*values, *first_values, list(scope.near), list(scope.known), *then_values, 2 * limit + _SPARE, limit]


def every(typed: Sequence[str], scope: Scope, *, limit: int) -> tuple[str, str, list[Any], bool]:
    """For counts: the table of ranges, what reads it all, the values of both, and whether more ranges than are read exist."""
    ranges = look(typed, scope, is_counted=True)
    sql, values = ranges.branches("all", ranges.probes, limit=limit)
    return _PROBE, sql, [*_columns({"all": ranges.probes}), *values], ranges.is_cut


@dataclass(frozen=True, slots=True)
class Ranges:
    """What some words make us look at in the indexes, and what each entry found there must be besides."""

    probes: Sequence[Probe]
    trades: str  # an array
    narrowed: tuple[str, list[Any]]
    is_cut: bool  # there are more probes than are looked at

    def branches(self, group: str, probes: Sequence[Probe], *, limit: int) -> tuple[str, list[Any]]:
        """At most `limit` entries of each range of a group, from the indexes alone."""
        scope, narrow_values = self.narrowed
        told: list[str] = []
        values: list[Any] = []
        used = {probe.index for probe in probes}
        shape = next(shape for shape in _SHAPES if used <= shape)
        for index, (where, order) in _INDEXES.items():
            if index in shape:
                told.append(_BRANCH.format(branch=f"{group} {index}", where=where, order=order, scope=scope))
                values += [self.trades, *narrow_values, limit]
        return " UNION ALL ".join(told), values


def _columns(groups: Mapping[str, Sequence[Probe]]) -> list[str]:
    """The values of _PROBE. The town of a trade is the very one, other beginnings are beginnings."""
    probes = [(f"{group} {probe.index}", probe) for group, inside in groups.items() for probe in inside]
    columns = [[branch for branch, _ in probes], [str(probe.held) for _, probe in probes]]
    for name in ("name", "first", "town"):
        starts = [getattr(probe, name) for _, probe in probes]
        only = [name == "town" and probe.index == "trade" and bool(probe.town) for _, probe in probes]
        ends = [start + (_ONLY if is_only else END) for start, is_only in zip(starts, only, strict=True)]
        columns += [starts, ends]
    columns += [
        [probe.department for _, probe in probes],
        ["t" if probe.by_trade else "f" for _, probe in probes],
        [str(probe.rank) for _, probe in probes],
    ]
    return [array(column) for column in columns]


def look(typed: Sequence[str], scope: Scope, *, kinds_too: bool = False, is_counted: bool = False) -> Ranges:
    known = vocabulary()
    is_trade, trades = trades_of(typed, known.called, kinds_too=kinds_too)
    wanted = [one for one in trades if one in set(scope.qualifications)] if scope.qualifications else trades
    found, is_cut = probes(
        readings(typed, is_trade, is_told=_is_told(typed, is_trade, known)), known, wanted,
        home=scope.near[0] if scope.near else "", inside=Inside(scope.departments, frozenset(scope.towns)),
        is_counted=is_counted,
    )  # fmt: skip
    return Ranges(found, array(map(str, wanted)), narrowed(scope), is_cut)


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


_OF_OWNERS = """
SELECT DISTINCT ON (owner) practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, 0 AS rank,
  0 AS far, false AS is_new
FROM directory_entry WHERE owner = ANY(%s) ORDER BY owner, NOT own, name DESC LIMIT %s
"""


def of_owners(owners: Sequence[int], *, limit: int) -> tuple[str, list[Any]]:
    """`statement` for people and structures known by their numbers."""
    return _OF_OWNERS, [list(owners), limit]
