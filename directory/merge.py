"""What was staged comes into force: set statements, inside the transaction that staged it. Who was touched is noted.

Nobody is deleted: who no file names any more is marked `vanished_at`, told on the page and found by no search.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from directory.models import Source
from directory.staging import fetched

# Only names of columns, constant here, are ever put into a statement; values travel as parameters or by COPY.
_QUALIFICATIONS = """
INSERT INTO directory_qualification AS old (id, category_code, profession_code, profession, speciality_code, speciality,
  words)
SELECT DISTINCT ON (id) id, category_code, profession_code, profession, speciality_code, speciality, words
FROM staged_qualification ORDER BY id
ON CONFLICT (id) DO UPDATE SET words = excluded.words WHERE old.words <> excluded.words
"""
_PERSON = "idnps rpps is_checked title last_name first_name name_keys first_key qualification_id".split()
_PLACE = (
    "key name name_keys before_keys words town town_keys postcode commune department address_line phone sector".split()
)
_HELD = {
    "mailboxes": f"directory_mailboxaddress WHERE vanished_at IS NULL AND source = {Source.MAILBOXES.value}",
    "activities": "directory_practitionerrole WHERE NOT is_skill",
    "skills": "directory_practitionerrole WHERE is_skill",
}
_UPSERT = """
WITH put AS (
  INSERT INTO directory_{table} AS old (id, {columns}, source, first_seen, changed_at)
  SELECT DISTINCT ON (id) id, {columns}, %(source)s::smallint, %(now)s::timestamptz, %(now)s::timestamptz
  FROM staged_{table} ORDER BY id{best}, ctid
  {conflict} RETURNING id, xmax = 0 AS is_new
), noted AS (INSERT INTO touched SELECT id FROM put WHERE %(noted)s)
SELECT count(*) FILTER (WHERE is_new) FROM put
"""
_UNLESS_BETTER = """
  ON CONFLICT (id) DO UPDATE SET ({columns}, source, vanished_at, changed_at)
    = ROW ({excluded}, excluded.source, NULL, excluded.changed_at)
  WHERE (old.vanished_at IS NOT NULL OR ({old}, old.source) IS DISTINCT FROM ({excluded}, excluded.source))
    AND (excluded.source >= old.source OR old.vanished_at IS NOT NULL
      OR excluded.source <> {api} AND NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.{table}_id = old.id))
"""
_COME_ROLES = """
INSERT INTO directory_practitionerrole (line, practitioner_id, organization_id, qualification_id, mode, function, is_skill)
SELECT DISTINCT ON (line) line, practitioner_id, organization_id, qualification_id, mode, function, is_skill
FROM staged_role s WHERE NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.line = s.line)
"""
_COME_ADDRESSES = """
WITH put AS (
  INSERT INTO directory_mailboxaddress AS old (id, line, address, kind, practitioner_id, organization_id, service,
    service_keys, is_paperless, first_seen)
  SELECT DISTINCT ON (id) id, line, address, kind, practitioner_id, organization_id, service, service_keys, is_paperless,
    %(now)s::timestamptz
  FROM staged_address ORDER BY id, ctid
  ON CONFLICT (id) DO UPDATE SET line = excluded.line, kind = excluded.kind, service = excluded.service,
    service_keys = excluded.service_keys, is_paperless = excluded.is_paperless, vanished_at = NULL, source = excluded.source,
    first_seen = CASE WHEN old.vanished_at IS NULL THEN old.first_seen ELSE excluded.first_seen END
  RETURNING address, first_seen
) SELECT count(DISTINCT address) FROM put WHERE first_seen = %(now)s
  AND NOT EXISTS (SELECT FROM directory_mailboxaddress known
    WHERE known.address = put.address AND known.vanished_at IS NULL)
"""
_GO_ROLES = """
WITH gone AS (
  DELETE FROM directory_practitionerrole r USING gone_line g WHERE r.line = g.line
  RETURNING r.practitioner_id, r.organization_id
), left_behind AS (INSERT INTO left_place SELECT organization_id FROM gone WHERE organization_id IS NOT NULL)
INSERT INTO touched SELECT practitioner_id FROM gone
"""
_GO_ADDRESSES = """
WITH gone AS (
  UPDATE directory_mailboxaddress m SET vanished_at = %(now)s FROM gone_line g
  WHERE m.line = g.line AND m.vanished_at IS NULL RETURNING m.address, m.practitioner_id, m.organization_id
), noted AS (
  INSERT INTO touched SELECT coalesce(practitioner_id, organization_id) FROM gone
), left_behind AS (
  INSERT INTO left_place SELECT organization_id FROM gone WHERE organization_id IS NOT NULL
) SELECT count(DISTINCT address) FROM gone
WHERE NOT EXISTS (SELECT FROM staged_address s WHERE s.address = gone.address)
"""
_NAMED = """
INSERT INTO touched SELECT id FROM staged_practitioner
UNION SELECT organization_id FROM staged_address WHERE practitioner_id IS NULL
"""
_THERE = """
INSERT INTO touched SELECT r.practitioner_id FROM touched t JOIN directory_practitionerrole r ON r.organization_id = t.id
UNION SELECT m.practitioner_id FROM touched t JOIN directory_mailboxaddress m ON m.organization_id = t.id
  WHERE m.practitioner_id IS NOT NULL
"""
_CHANGED = """
UPDATE directory_{0} SET changed_at = %(now)s WHERE id IN (SELECT id FROM touched) AND changed_at <> %(now)s
"""
_GO_PEOPLE = """
UPDATE directory_practitioner p SET vanished_at = %(now)s, changed_at = %(now)s WHERE p.vanished_at IS NULL
  AND p.id IN (SELECT id FROM touched)
  AND NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.practitioner_id = p.id)
  AND NOT EXISTS (SELECT FROM directory_mailboxaddress m WHERE m.practitioner_id = p.id AND m.vanished_at IS NULL)
"""
_GO_PLACES = """
WITH gone AS (
  UPDATE directory_organization o SET vanished_at = %(now)s, changed_at = %(now)s WHERE o.vanished_at IS NULL
    AND o.id IN (SELECT id FROM left_place)
    AND NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.organization_id = o.id)
    AND NOT EXISTS (SELECT FROM directory_mailboxaddress m WHERE m.organization_id = o.id AND m.vanished_at IS NULL)
  RETURNING o.id
) INSERT INTO touched SELECT id FROM gone
"""
_BEST_TRADES = """
UPDATE directory_practitioner p SET qualification_id = best.qualification_id
FROM (
  SELECT DISTINCT ON (r.practitioner_id) r.practitioner_id, r.qualification_id
  FROM directory_practitionerrole r JOIN directory_qualification q ON q.id = r.qualification_id
  WHERE r.practitioner_id IN (SELECT id FROM touched)
  ORDER BY r.practitioner_id, q.speciality = '', r.is_skill, r.line
) best
WHERE p.id = best.practitioner_id AND p.qualification_id IS DISTINCT FROM best.qualification_id
"""


def begin(cursor: CursorWrapper) -> None:
    """The notes of who was touched, and of places that somebody left, by all files of one load."""
    for note in ("touched", "left_place"):
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{note}")
        cursor.execute(f"CREATE TEMP TABLE {note} (id bigint NOT NULL) ON COMMIT DROP")


def known_lines(kind: str) -> "array[int]":
    """Digests of the lines that the last file of that kind left in force, ascending."""
    found = array("q")
    for rows in fetched(f"SELECT line FROM {_HELD[kind]} ORDER BY line"):  # noqa: S608  a constant
        found.extend(row[0] for row in rows)
    return found


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one merge: how many people (or addresses) came and went, and were in force before."""

    before: int
    added: int
    vanished: int


@dataclass(frozen=True, slots=True)
class Merge:
    """One file's. `is_first`: into an empty directory, where nothing follows from differences; `is_bare`: nor is there
    an index yet on people and structures, nor anybody to conflict with."""

    source: Source
    now: datetime
    is_first: bool
    is_bare: bool


def people(cursor: CursorWrapper, how: Merge, gone: Iterable[int]) -> Counts:
    """Activities or disciplines of the stage come into force, lines that went take their people along."""
    before = _in_force(cursor, "directory_practitioner WHERE vanished_at IS NULL")
    added = put_faces(cursor, how)
    cursor.execute(_COME_ROLES)
    _tell_gone(cursor, gone)
    cursor.execute(_GO_ROLES)
    vanished = settle(cursor, how)
    return Counts(before, added, vanished)


def mailboxes(cursor: CursorWrapper, how: Merge, gone: Iterable[int]) -> Counts:
    """Addresses of the stage come into force; those whose line went and which no other line gives are marked."""
    before = _in_force(cursor, _HELD["mailboxes"])
    put_faces(cursor, how)
    cursor.execute(_COME_ADDRESSES, {"now": how.now})
    added = int(cursor.fetchone()[0])
    _tell_gone(cursor, gone)
    cursor.execute(_GO_ADDRESSES, {"now": how.now})
    vanished = int(cursor.fetchone()[0])
    settle(cursor, how)
    return Counts(before, added, vanished)


def put_faces(cursor: CursorWrapper, how: Merge) -> int:
    """Qualifications, people and structures; how many people are new."""
    for table in ("qualification", "practitioner", "organization", "role", "address"):
        cursor.execute(f"ANALYZE staged_{table}")
    cursor.execute(_QUALIFICATIONS)
    added = 0
    for table, columns, best in (("organization", _PLACE, ", town = ''"), ("practitioner", _PERSON, ", rank")):
        named = {
            "table": table, "columns": ", ".join(columns), "old": ", ".join(f"old.{name}" for name in columns),
            "excluded": ", ".join(f"excluded.{name}" for name in columns), "api": Source.API.value,
        }  # fmt: skip
        conflict = "" if how.is_bare else _UNLESS_BETTER.format(**named)
        statement = _UPSERT.format(**named, best=best, conflict=conflict)
        cursor.execute(statement, {"source": how.source.value, "now": how.now, "noted": not how.is_first})
        added = int(cursor.fetchone()[0])
    return added


def _tell_gone(cursor: CursorWrapper, gone: Iterable[int]) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.gone_line")
    cursor.execute("CREATE TEMP TABLE gone_line (line bigint NOT NULL) ON COMMIT DROP")
    with cursor.copy("COPY gone_line FROM STDIN") as copy:
        for line in gone:
            copy.write(f"{line}\n")
    cursor.execute("ANALYZE gone_line")


def settle(cursor: CursorWrapper, how: Merge) -> int:
    """What follows for those touched; nothing does when all is new. How many people vanished."""
    if how.is_first:
        return 0
    cursor.execute("ANALYZE touched")
    cursor.execute(_NAMED)
    cursor.execute("ANALYZE touched")
    for table in ("practitioner", "organization"):
        cursor.execute(_CHANGED.format(table), {"now": how.now})
    cursor.execute(
        _THERE
    )  # they are found by their places: their entries are made again, and nothing of theirs changed
    cursor.execute("ANALYZE touched")
    cursor.execute(_BEST_TRADES)
    take_leave(cursor, how.now)
    return int(cursor.rowcount)


def take_leave(cursor: CursorWrapper, now: datetime) -> None:
    """Those touched, and the places left, whom nothing names any more."""
    cursor.execute(_GO_PLACES, {"now": now})
    cursor.execute(_GO_PEOPLE, {"now": now})


def _in_force(cursor: CursorWrapper, what: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {what}")  # noqa: S608  a constant
    return int(cursor.fetchone()[0])
