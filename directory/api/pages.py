"""One page of a search: its rows, what is included with them, and where the next one begins.

Every statement is bounded in time and reads indexes only.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from django.db import connection, transaction
from django.db.utils import OperationalError

from directory.api import contents, searches
from directory.api.walks import WALKS, Position
from directory.fhir.outcome import Refusal, costly
from directory.fhir.parameters import ORGANIZATION, PRACTITIONER, ROLE
from directory.fhir.query import Asked
from directory.fhir.write import Resource

SECONDS = 3.0  # of one statement
_LIMITS = (
    "SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true),"
    " set_config('enable_bitmapscan', 'off', true)"  # which would read a whole range before the first row
)

_OWNER = {PRACTITIONER: "practitioner_id", ORGANIZATION: "organization_id"}

type _Row = tuple[int, str, str, str, int, int]  # range, position, ids


@dataclass(frozen=True, slots=True)
class Page:
    matches: list[Resource]
    included: list[Resource]
    end: Position | None  # None: nothing follows
    total: int | None


def one(resource: str, ids: tuple[int, int]) -> Resource | None:
    with bounded():
        return next(iter(_contents(resource, [ids])), None)


def page(asked: Asked, base: str, after: Position | None) -> Page:
    found = searches.search(asked, base)
    with bounded():
        rows = _rows(found, after, asked.count + 1)
        most = min(asked.count, _bearable(asked, [row[4] for row in rows]))
        ids = [(row[4], row[5]) for row in rows[:most]]
        end = _end(found, rows[most - 1]) if len(rows) > most else None
        total = _total(searches.search(asked, base)) if asked.with_total else None
        return Page(_contents(asked.resource, ids), _included(asked, ids), end, total)


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction whose statements are short. One that is not ends in a refusal."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMITS, [f"{SECONDS * 1000:.0f}"])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":  # query_canceled
            raise
        raise Refusal(
            503, "timeout", "Recherche trop longue : ajouter un critère.", headers={"Retry-After": "60"}
        ) from None


def _rows(found: searches.Search, after: Position | None, limit: int) -> list[_Row]:
    statement, values = searches.page(found, after=after, limit=limit)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[_Row] = cursor.fetchall()
    kinds = {
        number: [sort for _, sort in WALKS[found.resource][part.walk].order] for number, part in enumerate(found.ranges)
    }

    def place(row: _Row) -> tuple[object, ...]:
        at = zip(kinds[row[0]], row[1:4], strict=False)
        return (row[0], *(int(text) if sort == "bigint" else text for sort, text in at))

    return sorted(rows, key=place)[:limit]


def _end(found: searches.Search, last: _Row) -> Position:
    walk = found.ranges[last[0]].walk
    width = len(WALKS[found.resource][walk].order)
    return Position(last[0], walk, (last[1], last[2], last[3])[:width])


def _total(found: searches.Search) -> int:
    statement, values = searches.count(found)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def _contents(resource: str, ids: Sequence[tuple[int, int]]) -> list[Resource]:
    if resource == ROLE:
        return contents.exercises(ids)
    return (contents.practitioners if resource == PRACTITIONER else contents.organizations)([row for row, _ in ids])


def _bearable(asked: Asked, ids: Sequence[int]) -> int:
    """How many resources a page may hold, so that what comes along with them is not too much (FHIR lets it be shorter)."""
    if not asked.includes or asked.resource == ROLE:
        return asked.count
    sizes = contents.places_of(_OWNER[asked.resource], ids)
    sums = list(accumulate(sizes.get(row, 0) for row in ids))
    if sums and sums[0] > contents.MAX_INCLUDED:
        raise costly("Trop de lieux d’exercice à joindre : chercher PractitionerRole?organization=…", "_revinclude")
    return sum(so_far <= contents.MAX_INCLUDED for so_far in sums)


def _included(asked: Asked, ids: Sequence[tuple[int, int]]) -> list[Resource]:
    """Each once."""
    if not asked.includes:
        return []
    if asked.resource != ROLE:
        return contents.exercises(contents.pairs_of(_OWNER[asked.resource], [row for row, _ in ids]))
    found: list[Resource] = []
    if "PractitionerRole:practitioner" in asked.includes:
        found += contents.practitioners(list(dict.fromkeys(person for person, _ in ids)))
    if "PractitionerRole:organization" in asked.includes:
        found += contents.organizations(list(dict.fromkeys(place for _, place in ids)))
    return found
