"""What is asked -> the statement of one page: the criterion that finds the fewest leads, the others filter.

Refused: a criterion that no index answers, alone; more ranges than one page should look into.
"""

from dataclasses import dataclass, replace
from typing import Any

from directory.api import people, places, roles
from directory.api.meanings import NARROW
from directory.api.sql import Bound, Range
from directory.api.walks import Position, branch
from directory.fhir.outcome import Refusal, costly
from directory.fhir.parameters import ORGANIZATION, PRACTITIONER, ROLE
from directory.fhir.query import Asked, Criterion

_MOST_RANGES = 40
_MEANINGS = {PRACTITIONER: people.MEANINGS, ORGANIZATION: places.MEANINGS, ROLE: roles.MEANINGS}
_KEYED = {"_id", "identifier", "practitioner", "organization"}


@dataclass(frozen=True, slots=True)
class Search:
    """Ranges to walk one after another, what must hold of each row, and the values of both."""

    resource: str
    ranges: tuple[Range, ...]
    conditions: tuple[str, ...]
    bound: Bound


def search(asked: Asked, base: str) -> Search:
    """`base`: the address of this server, which references may begin with."""
    bound, readers = Bound(), _MEANINGS[asked.resource]
    meanings = [(one, readers[one.name](_from_here(one, base), bound)) for one in asked.criteria]
    leads = sorted((one for _, one in meanings if one.ranges), key=lambda one: one.rank)
    is_narrow = any(one.rank <= NARROW and not one.needs_more for one in leads)
    for criterion, one in meanings:
        if one.needs_more and not is_narrow:
            raise costly("Trop large : ajouter un critère (identifiant, nom, lieu…).", criterion.name)
    ranges = leads[0].ranges if leads else (Range("id"),)
    if len(ranges) > _MOST_RANGES:
        raise costly("Trop de valeurs ou de mots à la fois.", "")
    walked = leads[0] if leads and leads[0].is_exact else None
    conditions = [one.condition for _, one in meanings if one is not walked]
    if asked.resource != ROLE and any(one.of_active for _, one in meanings):
        conditions.append("t.vanished_at IS NULL")
    return Search(asked.resource, ranges, tuple(conditions), bound)


def _from_here(criterion: Criterion, base: str) -> Criterion:
    """References may be whole addresses of this server."""
    return replace(criterion, values=tuple(value.removeprefix(f"{base}/") for value in criterion.values))


def page(found: Search, *, after: Position | None, limit: int) -> tuple[str, dict[str, Any]]:
    """The statement of a page and its values: rows of (range, position of three texts, two ids)."""
    begin = after.branch if after else 0
    if after and [part.walk for part in found.ranges[begin : begin + 1]] != [after.walk]:  # another file, another way
        raise Refusal(410, "expired", "L’annuaire a changé depuis cette page : reprendre la recherche.")
    branches = [
        branch(
            found.resource, number, part, found.conditions, found.bound,
            after=after.at if after and number == begin else None, limit=limit,
        )
        for number, part in enumerate(found.ranges)
        if number >= begin
    ]  # fmt: skip
    return " UNION ALL ".join(f"({one})" for one in branches), found.bound.values


def count(found: Search) -> tuple[str, dict[str, Any]]:
    """How many there are, from the same walks."""
    branches = [
        branch(found.resource, number, part, found.conditions, found.bound, after=None, limit=None)
        for number, part in enumerate(found.ranges)
    ]
    return (
        f"SELECT count(*) FROM ({' UNION ALL '.join(f'({one})' for one in branches)}) all_of_them",
        found.bound.values,
    )


def is_by_key(asked: Asked) -> bool:
    """Somebody in particular is asked for: what a program without the right to search may do."""
    return any((one.name in _KEYED and all(not value.endswith("|") for value in one.values))
               or (one.name == "mailbox-mss" and one.modifier == "exact") for one in asked.criteria)  # fmt: skip
