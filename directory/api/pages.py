"""One page of a search: its rows, what is included with them, and where the next one begins.

Every statement is bounded in time and reads indexes only.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.utils import OperationalError

from directory.api import contents, searches
from directory.api.walks import WALKS, Position
from directory.fhir.outcome import Refusal, costly
from directory.fhir.parameters import PRACTITIONER, ROLE
from directory.fhir.query import Asked
from directory.fhir.write import Resource

SECONDS = 3.0  # of one statement
_LIMITS = (
    "SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true),"
    " set_config('enable_bitmapscan', 'off', true)"  # which would read a whole range before the first row
)

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
        ids = [(row[4], row[5]) for row in rows[: asked.count]]
        end = _end(found, rows[asked.count - 1]) if len(rows) > asked.count else None
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
    width = len(WALKS[found.resource][found.ranges[last[0]].walk].order)
    return Position(last[0], (last[1], last[2], last[3])[:width])


def _total(found: searches.Search) -> int:
    statement, values = searches.count(found)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def _contents(resource: str, ids: Sequence[tuple[int, int]]) -> list[Resource]:
    if resource == ROLE:
        return contents.exercises(ids)
    return (contents.practitioners if resource == PRACTITIONER else contents.organizations)([row for row, _ in ids])


def _included(asked: Asked, ids: Sequence[tuple[int, int]]) -> list[Resource]:
    """Each once."""
    if not asked.includes:
        return []
    if asked.resource != ROLE:
        column = "practitioner_id" if asked.resource == PRACTITIONER else "organization_id"
        pairs = contents.pairs_of(column, [row for row, _ in ids])
        if len(pairs) > contents.MAX_INCLUDED:
            told = f"Plus de {contents.MAX_INCLUDED} lieux d’exercice à joindre : réduire _count, ou chercher PractitionerRole."
            raise costly(told, "_revinclude")
        return contents.exercises(pairs)
    found: list[Resource] = []
    if "PractitionerRole:practitioner" in asked.includes:
        found += contents.practitioners(list(dict.fromkeys(person for person, _ in ids)))
    if "PractitionerRole:organization" in asked.includes:
        found += contents.organizations(list(dict.fromkeys(place for _, place in ids)))
    return found
