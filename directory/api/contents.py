"""Rows -> the values that directory.fhir.write makes resources of: a few statements whatever the number of rows.

Answers keep the order asked. A row that is no longer there is passed over.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from directory import identity
from directory.api import people, places, roles
from directory.extract import Trade
from directory.fhir import write
from directory.fhir.write import Exercise, Mailbox, Person, Resource, Structure

type Pair = tuple[int, int]  # person, place

MAX_INCLUDED = 1000

_PEOPLE = """
SELECT p.id, p.idnps, p.rpps, p.title, p.last_name, p.first_name, p.changed_at, p.vanished_at IS NULL,
  q.category_code, q.profession_code, q.profession, q.speciality_code, q.speciality
FROM directory_practitioner p
LEFT JOIN LATERAL (SELECT * FROM directory_qualification x WHERE x.id = p.qualification_id OFFSET 0) q ON true
WHERE p.id = ANY(%s::bigint[])
"""
_TRADES = """
SELECT r.practitioner_id, q.category_code, q.profession_code, q.profession, q.speciality_code, q.speciality
FROM (SELECT DISTINCT practitioner_id, qualification_id FROM directory_practitionerrole
  WHERE practitioner_id = ANY(%s::bigint[])) r
CROSS JOIN LATERAL (SELECT * FROM directory_qualification x WHERE x.id = r.qualification_id OFFSET 0) q
ORDER BY q.profession_code, q.category_code, q.speciality_code, q.speciality
"""
_MAILBOXES = """
SELECT {owner}, m.address, m.kind, m.service, m.is_paperless FROM directory_mailboxaddress m
WHERE m.{column} = ANY(%s::bigint[]) AND m.vanished_at IS NULL AND NOT m.is_hidden AND {scope} ORDER BY m.kind <> 'PER', m.address
"""
_PLACES = """
SELECT id, key, name, address_line, postcode, town, commune, phone, changed_at, vanished_at IS NULL
FROM directory_organization WHERE id = ANY(%s::bigint[])
"""
_EXERCISES = """
SELECT r.practitioner_id, r.organization_id, r.mode, r.function, p.changed_at
FROM unnest(%s::bigint[], %s::bigint[]) w(a, b)
CROSS JOIN LATERAL (SELECT * FROM directory_practitionerrole s
  WHERE s.organization_id = w.b AND s.practitioner_id = w.a OFFSET 0) r
CROSS JOIN LATERAL (SELECT changed_at FROM directory_practitioner x WHERE x.id = r.practitioner_id OFFSET 0) p
ORDER BY r.line
"""
_PAIRS = """
SELECT DISTINCT practitioner_id, organization_id FROM directory_practitionerrole
WHERE {column} = ANY(%s::bigint[]) AND organization_id IS NOT NULL ORDER BY 1, 2
"""
_SIZES = """
SELECT {column}, count(DISTINCT (practitioner_id, organization_id)) FROM directory_practitionerrole
WHERE {column} = ANY(%s::bigint[]) AND organization_id IS NOT NULL GROUP BY 1
"""


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def practitioners(ids: Sequence[int]) -> list[Resource]:
    """Three statements."""
    trades: dict[int, list[Trade]] = defaultdict(list)
    for owner, *told in _rows(_TRADES, list(ids)):
        trades[owner].append(Trade(*told))
    boxes = _mailboxes("m.practitioner_id", "practitioner_id", people.SCOPE, ids)
    found = {}
    for row, idnps, rpps, title, last, first, changed, is_active, *own in _rows(_PEOPLE, list(ids)):
        held = [*trades[row], *([Trade(*own)] if own[0] is not None else [])]
        one = Person(identity.ref(row), idnps, rpps, title, last, first, changed, is_active, held, boxes[row])
        found[row] = write.practitioner(one)
    return [found[row] for row in ids if row in found]


def organizations(ids: Sequence[int]) -> list[Resource]:
    """Two statements."""
    boxes = _mailboxes("m.organization_id", "organization_id", places.SCOPE, ids)
    found = {
        row: write.organization(Structure(*(identity.ref(row), *told, boxes[row])))
        for row, *told in _rows(_PLACES, list(ids))
    }
    return [found[row] for row in ids if row in found]


def exercises(pairs: Sequence[Pair]) -> list[Resource]:
    """Two statements."""
    people_of, modes, functions, changed = [one for one, _ in pairs], _lists(), _lists(), {}
    boxes = _mailboxes("m.practitioner_id, m.organization_id", "practitioner_id", roles.SCOPE, people_of)
    for person, place, mode, function, at in _rows(_EXERCISES, people_of, [place for _, place in pairs]):
        pair = (person, place)
        modes[pair] += [mode] if mode and mode not in modes[pair] else []
        functions[pair] += [function] if function and function not in functions[pair] else []
        changed[pair] = at
    return [
        write.practitioner_role(Exercise(
            identity.ref(pair[0]), identity.ref(pair[1]), changed[pair], modes[pair], functions[pair], boxes[pair]
        ))
        for pair in pairs if pair in changed
    ]  # fmt: skip


def pairs_of(column: str, ids: Sequence[int]) -> list[Pair]:
    """Who exercises where, of these people (`practitioner_id`) or places."""
    return [(row[0], row[1]) for row in _rows(_PAIRS.format(column=column), list(ids))]


def places_of(column: str, ids: Sequence[int]) -> dict[int, int]:
    """How many places of exercise each of these people or places has."""
    return dict(_rows(_SIZES.format(column=column), list(ids)))


def _lists() -> dict[Pair, list[str]]:
    return defaultdict(list)


def _mailboxes(owner: str, column: str, scope: str, ids: Iterable[int]) -> dict[Any, list[Mailbox]]:
    """By owner: a row, or a pair."""
    found: dict[Any, list[Mailbox]] = defaultdict(list)
    statement = _MAILBOXES.format(owner=owner, column=column, scope=scope.format(m="m"))
    for *whose, address, kind, service, is_paperless in _rows(statement, list(ids)):
        key = whose[0] if len(whose) == 1 else tuple(whose)
        if all(box.address != address for box in found[key]):
            found[key].append(Mailbox(address, kind, service, is_paperless))
    return found
