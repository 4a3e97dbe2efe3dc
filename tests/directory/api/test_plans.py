"""Every page is read from an index in its order, whatever is asked: as planned in production, once for all values."""

import re

import pytest
from django.db import connection
from psycopg import sql

from directory.api import contents, pages, searches
from directory.api.walks import WALKS, Position
from directory.fhir.parameters import ORGANIZATION, PRACTITIONER, ROLE
from directory.fhir.query import read
from directory.models import Organization, Practitioner

BASE = "http://localhost:8000/fhir"
TABLES = "practitioner|organization|practitionerrole|mailboxaddress"
_BOX = {"address": {"mailbox-mss": "p1"}, "domain": {"mailbox-mss:contains": "@x.mss"}}
ASKED = {
    PRACTITIONER: {
        "id": {"active": "true"}, "ids": {"identifier": "99900000011"}, "gone": {"active": "false"},
        "named": {"family": "mar", "given": "ann", "qualification-code": "10"}, "changed": {"_lastUpdated": "ge2020"},
        "trade": {"qualification-code": "10", "active": "true"}, **_BOX,
    },
    ORGANIZATION: {
        "id": {}, "ids": {"identifier": "750000002"}, "gone": {"active": "false"}, "named": {"name": "cabinet"},
        "postcode": {"address-postalcode": "59", "name:contains": "1"}, "town": {"address-city": "lil"},
        "changed": {"_lastUpdated": "ge2020"}, **_BOX,
    },
    ROLE: {
        "id": {}, "person": {"practitioner": "0" * 16}, "place": {"organization": "0" * 16, "specialty": "10"},
        "pairs": {"_id": f"{'0' * 16}-{'1' * 16}"}, "postcode": {"organization.address-postalcode": "59", "role": "S"},
        "trade": {"organization.address-city": "lil", "specialty": "10"},
        "town": {"organization.address-city": "lil", "role": "S"}, "changed": {"_lastUpdated": "ge2020"},
        **_BOX,
    },
}  # fmt: skip
_AFTER = {"bigint": "0", "text": "m", "timestamptz": "2024-01-01 00:00:00+00"}


def explained(statement: str, values: dict[str, object]) -> str:
    """The plan that a prepared statement keeps (settings: force_generic_plan)."""
    names = [name for name in values if f"%({name})s" in statement]
    types = [re.search(rf"%\({name}\)s::([a-z]+(?:\[\])?)", statement) for name in names]
    with connection.cursor() as cursor:
        cursor.execute("PREPARE asked (" + ", ".join(found[1] for found in types if found) + ") AS "
                       + statement % {name: f"${at}" for at, name in enumerate(names, 1)})  # fmt: skip
        told = ", ".join(sql.Literal(values[name]).as_string(cursor.connection) for name in names)
        try:
            cursor.execute(f"EXPLAIN EXECUTE asked({told})")
            return "\n".join(row[0] for row in cursor.fetchall())
        finally:
            cursor.execute("DEALLOCATE asked")


def _range_again(plan: str) -> bool:
    """Does a condition of each row read a range of an index, where it should look up one row?"""
    asked = plan.partition("SubPlan")[2]
    return any(
        index in asked for index in ("_postcode on", "_town on", "_changed on", "directory_address on", "_domain on")
    )


def test_every_walk_is_tried():
    assert {name: set(walks) for name, walks in ASKED.items()} == {name: set(walks) for name, walks in WALKS.items()}


def test_every_page_is_read_from_the_index_of_its_walk(many):
    with pages.bounded():
        for resource, by_walk in ASKED.items():
            for name, asked in by_walk.items():
                walk = WALKS[resource][name]
                for after in (None, Position(0, name, tuple(_AFTER[sort] for _, sort in walk.order))):
                    found = searches.search(read(resource, list(asked.items())), BASE)
                    assert [part.walk for part in found.ranges] == [name]
                    plan = explained(*searches.page(found, after=after, limit=51))
                    assert re.search(rf"using {walk.index} on", plan), (resource, name, plan)
                    assert "hashed" not in plan, (resource, name, plan)
                    assert not _range_again(plan), (resource, name, plan)
                    assert not re.search(rf"Seq Scan on directory_({TABLES})\b", plan), (resource, name, plan)


def test_a_page_stops_reading_when_it_is_full(many):
    """Of many, as many as asked are fetched: neither a sort nor a hash of the rest comes first."""
    streamed = [(PRACTITIONER, "id"), (PRACTITIONER, "named"), (PRACTITIONER, "changed"), (ORGANIZATION, "postcode"),
                (ORGANIZATION, "named"), (ORGANIZATION, "town"), (ROLE, "id")]  # fmt: skip
    with pages.bounded():
        for resource, name in streamed:
            found = searches.search(read(resource, list(ASKED[resource][name].items())), BASE)
            plan = explained(*searches.page(found, after=None, limit=51))
            assert "Sort" not in plan, (resource, name, plan)
            assert "Hash" not in plan.replace("Hashed", "").replace("hashed", ""), (resource, name, plan)


@pytest.mark.parametrize("build", [contents.practitioners, contents.organizations, contents.exercises])
def test_what_a_page_holds_is_read_from_indexes_too(build, many, monkeypatch):
    people = list(Practitioner.objects.values_list("pk", flat=True)[:50])
    places = list(Organization.objects.values_list("pk", flat=True)[:50])
    plans = []

    def rows(statement, *values):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}", values)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
            cursor.execute(statement, values)
            return cursor.fetchall()

    monkeypatch.setattr(contents, "_rows", rows)
    with pages.bounded():
        if build is contents.exercises:
            assert len(build(contents.pairs_of("practitioner_id", people))) > 40
        else:
            assert len(build(people if build is contents.practitioners else places)) == 50
    for plan in plans:
        assert not re.search(rf"Seq Scan on directory_({TABLES})\b", plan), plan
