"""How many answers a search has, by department, profession, discipline and kind: counted in the indexes, up to a bound."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from directory import map, search
from directory.search import Scope
from directory.vocabulary import Vocabulary, vocabulary

MOST = 20_000  # entries counted: some tens of milliseconds
_NOBODY = 0  # no qualification has this number
_COUNTED = """
WITH {probe}, found AS MATERIALIZED (SELECT owner, department, qualification_id FROM ({branches}) f LIMIT %s),
once AS MATERIALIZED (SELECT DISTINCT owner, department, qualification_id FROM found)
SELECT 'rows', '', (SELECT count(*) FROM found)
UNION ALL
SELECT 'department', department, count(DISTINCT owner) FROM once
WHERE (%s OR qualification_id = ANY(%s::bigint[])) AND (%s OR (qualification_id IS NULL) = %s) GROUP BY department
UNION ALL
SELECT 'qualification', COALESCE(qualification_id::text, ''), count(DISTINCT owner) FROM once
WHERE %s OR department = ANY(%s::text[]) GROUP BY qualification_id
UNION ALL
SELECT 'all', '', count(DISTINCT owner) FROM once
WHERE (%s OR qualification_id = ANY(%s::bigint[])) AND (%s OR department = ANY(%s::text[]))
  AND (%s OR (qualification_id IS NULL) = %s)
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """People and structures, each once a line. When `is_cut`, there are more than were counted."""

    total: int = 0
    is_cut: bool = False
    departments: Mapping[str, int] = field(default_factory=dict)
    professions: Mapping[str, int] = field(default_factory=dict)  # by label, the commonest first
    disciplines: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def told(self) -> str:
        return map.spaced(self.total)


def qualifications(profession: str, discipline: str) -> tuple[int, ...]:
    """Those of a profession, of a discipline, of both; () when neither is asked, nobody's when none is so."""
    if not (profession or discipline):
        return ()
    known = vocabulary().qualifications.items()
    return tuple(
        number
        for number, trade in known
        if (not profession or trade.profession == profession) and (not discipline or trade.discipline == discipline)
    ) or (_NOBODY,)


def tally(typed: Sequence[str], scope: Scope) -> Tally:
    """Departments are counted whatever department is chosen, trades and kinds whatever trade: what another choice gives.

    Where that is more than can be counted, what is chosen is counted alone.
    """
    known = vocabulary()
    among = replace(scope, departments=_near(scope), qualifications=(), kind="")
    counted = _counted(typed, among, scope, known)
    if counted.is_cut and among != scope:
        return _counted(typed, scope, scope, known)
    return counted


def _near(scope: Scope) -> tuple[str, ...]:
    """Those that a distance leaves, which is no choice of the map's."""
    return scope.departments if scope.towns else ()


def _counted(typed: Sequence[str], among: Scope, chosen: Scope, known: Vocabulary) -> Tally:
    probe, branches, values, is_cut = search.every(typed, among, limit=MOST)
    if not branches:
        return Tally()
    trades, places = list(chosen.qualifications), list(chosen.departments)
    by_trade: list[Any] = [not trades, trades]
    by_place: list[Any] = [not places, places]
    by_kind: list[Any] = [not chosen.kind, chosen.kind == "organization"]
    counts: dict[str, dict[str, int]] = {"rows": {}, "department": {}, "qualification": {}, "all": {}}
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTED.format(probe=probe, branches=branches),
            [*values, MOST, *by_trade, *by_kind, *by_place, *by_trade, *by_place, *by_kind],
        )
        for sort, name, count in cursor.fetchall():
            counts[sort][name] = count
    return _told(counts, known, chosen, is_cut=is_cut)


def _told(counts: Mapping[str, Mapping[str, int]], known: Vocabulary, chosen: Scope, *, is_cut: bool) -> Tally:
    professions: Counter[str] = Counter()
    disciplines: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for number, count in counts["qualification"].items():
        trade = known.qualifications.get(int(number)) if number else None
        kinds["person" if number else "organization"] += count
        if trade and trade.profession:
            professions[trade.profession] += count
        if trade and trade.discipline:
            disciplines[trade.discipline] += count
    return Tally(
        total=counts["all"].get("", 0),
        is_cut=is_cut or counts["rows"].get("", 0) >= MOST,
        departments=counts["department"],
        professions=dict(professions.most_common()),
        disciplines=dict(disciplines.most_common()),
        kinds=kinds,
    )
