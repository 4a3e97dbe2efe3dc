"""From values to rows: COPY into a temporary table, then set statements inside the caller's transaction.

Only differences are written, so that yesterday's file loaded again touches nothing. The file of activities is the
authority on names and places of exercise; that of mailboxes on addresses, and on people whom the other does not know.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.db.backends.utils import CursorWrapper
from uuid_utils import uuid7

from directory import entries, trades
from directory.extract import ActivityLine, MailboxLine, Person, Place
from directory.fold import fold, key, name_keys, structure_keys, town_keys

_COLUMNS = (
    "line address_uuid address kind service service_keys mode "
    "idnps person_uuid rpps is_checked title last_name first_name name_keys first_key "
    "category_code profession_code profession speciality_code speciality words "
    "key place_uuid name structure_keys before_keys town town_keys postcode department address_line phone"
).split()
_TYPES = dict.fromkeys("address_uuid person_uuid place_uuid".split(), "uuid") | {"line": "int", "is_checked": "bool"}
_TYPES |= dict.fromkeys("service_keys name_keys structure_keys before_keys town_keys".split(), "text[]")
_STAGE = "CREATE TEMP TABLE staged ({}) ON COMMIT DROP".format(  # every text is there, empty when absent
    ", ".join(f"{name} {_TYPES.get(name, 'text COLLATE "C"')} NOT NULL" for name in _COLUMNS)
)
_COPY = f"COPY staged ({', '.join(_COLUMNS)}) FROM STDIN"

# Only names of columns, constant above, are ever put into a statement; values travel as parameters or by COPY.
_TRADE = "category_code, profession_code, profession, speciality_code, speciality"
_QUALIFICATIONS = """
INSERT INTO directory_qualification AS old ({trade}, words)
SELECT DISTINCT ON ({trade}) {trade}, words FROM staged WHERE idnps <> ''
ON CONFLICT ({trade}) DO UPDATE SET words = excluded.words WHERE old.words <> excluded.words
"""
_PEOPLE = """
INSERT INTO directory_practitioner AS old (idnps, uuid, rpps, is_checked, title, last_name, first_name,
  qualification_id, name_keys, first_key)
SELECT DISTINCT ON (idnps) idnps, person_uuid, rpps, is_checked, title, last_name, first_name, q.id, name_keys, first_key
FROM staged JOIN directory_qualification q USING ({trade})
WHERE idnps <> '' ORDER BY idnps, speciality = '', line
ON CONFLICT (idnps) DO UPDATE SET
  rpps = excluded.rpps, is_checked = excluded.is_checked, title = COALESCE(NULLIF(excluded.title, ''), old.title),
  last_name = excluded.last_name, first_name = excluded.first_name, qualification_id = excluded.qualification_id,
  name_keys = excluded.name_keys, first_key = excluded.first_key
WHERE (old.rpps, old.is_checked, old.title, old.last_name, old.first_name, old.qualification_id, old.name_keys,
  old.first_key) IS DISTINCT FROM (excluded.rpps, excluded.is_checked, COALESCE(NULLIF(excluded.title, ''), old.title),
  excluded.last_name, excluded.first_name, excluded.qualification_id, excluded.name_keys, excluded.first_key)
  {unless}
"""
_UNLESS_ACTIVE = "AND NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.practitioner_id = old.idnps)"
_PLACES = """
INSERT INTO directory_organization AS old (key, uuid, name, name_keys, before_keys, town, town_keys, postcode,
  department, address_line, phone)
SELECT DISTINCT ON (key) key, place_uuid, name, structure_keys, before_keys, town, town_keys, postcode, department,
  address_line, phone
FROM staged WHERE key <> '' ORDER BY key, town = '', line
ON CONFLICT (key) DO UPDATE SET
  name = excluded.name, name_keys = excluded.name_keys, before_keys = excluded.before_keys,
  town = CASE WHEN excluded.town = '' THEN old.town ELSE excluded.town END,
  town_keys = CASE WHEN excluded.town = '' THEN old.town_keys ELSE excluded.town_keys END,
  postcode = COALESCE(NULLIF(excluded.postcode, ''), old.postcode),
  department = COALESCE(NULLIF(excluded.department, ''), old.department),
  address_line = COALESCE(NULLIF(excluded.address_line, ''), old.address_line),
  phone = COALESCE(NULLIF(excluded.phone, ''), old.phone)
WHERE (old.name, old.name_keys, old.before_keys, old.town, old.postcode, old.department, old.address_line, old.phone)
  IS DISTINCT FROM (excluded.name, excluded.name_keys, excluded.before_keys, excluded.town, excluded.postcode,
  excluded.department, excluded.address_line, excluded.phone)
"""
_ADDRESSES = """
WITH put AS (
  INSERT INTO directory_mailboxaddress AS old (id, address, kind, practitioner_id, organization_id, service,
    service_keys, first_seen, last_seen)
  SELECT DISTINCT ON (address, idnps, key) address_uuid, address, kind, NULLIF(idnps, ''), NULLIF(key, ''), service,
    service_keys, %(now)s, %(now)s
  FROM staged ORDER BY address, idnps, key, line
  ON CONFLICT (address, practitioner_id, organization_id) DO UPDATE SET kind = excluded.kind,
    service = excluded.service, service_keys = excluded.service_keys, last_seen = excluded.last_seen,
    first_seen = CASE WHEN old.vanished_at IS NULL THEN old.first_seen ELSE excluded.first_seen END, vanished_at = NULL
  RETURNING address, first_seen
) SELECT count(DISTINCT address) FROM put WHERE first_seen = %(now)s
"""
_VANISHED = """
WITH gone AS (
  UPDATE directory_mailboxaddress SET vanished_at = %(now)s WHERE vanished_at IS NULL AND last_seen < %(now)s
  RETURNING address
) SELECT count(DISTINCT address) FROM gone
WHERE NOT EXISTS (SELECT FROM staged WHERE staged.address = gone.address)
"""
_ROLES = (
    """
CREATE TEMP TABLE staged_role ON COMMIT DROP AS
SELECT DISTINCT idnps, key, q.id AS qualification_id, mode FROM staged JOIN directory_qualification q USING ({trade})
""",
    "ANALYZE staged_role",
    """
DELETE FROM directory_practitionerrole r USING (
  SELECT practitioner_id, COALESCE(organization_id, '') AS key, qualification_id, mode FROM directory_practitionerrole
  EXCEPT SELECT idnps, key, qualification_id, mode FROM staged_role
) gone WHERE gone.practitioner_id = r.practitioner_id AND gone.key = COALESCE(r.organization_id, '')
  AND gone.qualification_id = r.qualification_id AND gone.mode = r.mode
""",
    """
INSERT INTO directory_practitionerrole (practitioner_id, organization_id, qualification_id, mode)
SELECT idnps, NULLIF(key, ''), qualification_id, mode FROM (
  SELECT idnps, key, qualification_id, mode FROM staged_role
  EXCEPT SELECT practitioner_id, COALESCE(organization_id, ''), qualification_id, mode FROM directory_practitionerrole
) come
""",
)
_GONE = """
DELETE FROM directory_practitioner p
WHERE NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.practitioner_id = p.idnps)
  AND NOT EXISTS (SELECT FROM directory_mailboxaddress m WHERE m.practitioner_id = p.idnps)
"""
_TABLES = "practitioner organization practitionerrole mailboxaddress qualification entry".split()


def fill(cursor: CursorWrapper, values: Iterable[MailboxLine | ActivityLine | None]) -> tuple[int, int]:
    """Stage every line; how many were read and how many kept."""
    read = kept = 0
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.staged_role")  # of a load in the same transaction
    cursor.execute(_STAGE)
    with cursor.copy(_COPY) as copy:
        for value in values:
            read += 1
            if value is not None:
                kept += 1
                copy.write(_row(read, value))
    cursor.execute("ANALYZE staged")
    return read, kept


def merge_mailboxes(cursor: CursorWrapper, now: datetime) -> tuple[int, int]:
    """People, structures and addresses of the stage come into force; addresses it lacks vanish. Added, vanished."""
    cursor.execute(_QUALIFICATIONS.format(trade=_TRADE))
    cursor.execute(_PEOPLE.format(trade=_TRADE, unless=_UNLESS_ACTIVE))
    cursor.execute(_PLACES)
    added = _count(cursor, _ADDRESSES, now)
    vanished = _count(cursor, _VANISHED, now)
    entries.refresh(cursor)
    return added, vanished


def merge_activities(cursor: CursorWrapper, now: datetime) -> tuple[int, int]:
    """The stage replaces every role; people it lacks go, unless an address names them. Added and gone people."""
    before = in_force(cursor, "activities")
    cursor.execute(_QUALIFICATIONS.format(trade=_TRADE))
    cursor.execute(_PEOPLE.format(trade=_TRADE, unless=""))
    cursor.execute(_PLACES)
    after = in_force(cursor, "activities")
    for statement in _ROLES:
        cursor.execute(statement.format(trade=_TRADE))
    cursor.execute(_GONE)
    gone = cursor.rowcount
    entries.refresh(cursor)
    return after - before, gone


def in_force(cursor: CursorWrapper, kind: str) -> int:
    """How many addresses, or people, a load of that kind may make vanish."""
    table = "mailboxaddress WHERE vanished_at IS NULL" if kind == "mailboxes" else "practitioner"
    cursor.execute(f"SELECT count(*) FROM directory_{table}")  # noqa: S608  one of two constants
    return int(cursor.fetchone()[0])


def analyze() -> None:
    """Fresh statistics: the searches are planned on them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(f"directory_{table}" for table in _TABLES))


def _count(cursor: CursorWrapper, statement: str, now: datetime) -> int:
    cursor.execute(statement, {"now": now})
    return int(cursor.fetchone()[0])


def _row(number: int, value: MailboxLine | ActivityLine) -> str:
    """One line of COPY's text format: no value holds a tab or a line end, extract rejects them."""
    if isinstance(value, MailboxLine):
        service = _array([name for name, _ in structure_keys(value.service)])
        head = (str(number), str(uuid7()), value.address, value.kind, value.service, service, "")
    else:
        head = (str(number), str(uuid7()), "", "", "", "{}", value.mode)
    return "\t".join((*head, *_who(value.person), *_where(value.place))).replace("\\", "\\\\") + "\n"


_NIL = "00000000-0000-0000-0000-000000000000"  # of somebody who is not there: never inserted
_NOBODY = ("", _NIL, "", "t", "", "", "", "{}", "", "", "", "", "", "", "")
_NOWHERE = ("", _NIL, "", "{}", "{}", "", "{}", "", "", "", "")


def _who(person: Person | None) -> tuple[str, ...]:
    if person is None:
        return _NOBODY
    trade = (person.profession_code, person.profession, person.speciality_code, person.speciality)
    return (
        person.idnps, str(uuid7()), person.rpps, "t" if person.is_checked else "f", person.title, person.last_name,
        person.first_name, _array(name_keys(person.last_name)), key(fold(person.first_name).split()),
        person.category_code, *trade, trades.words(*trade),
    )  # fmt: skip


@lru_cache(maxsize=16_384)  # a file names a place once for each of its people
def _where(place: Place | None) -> tuple[str, ...]:
    if place is None:
        return _NOWHERE
    names = structure_keys(place.name)
    return (
        place.key, str(uuid7()), place.name, _array([name for name, _ in names]), _array([more for _, more in names]),
        place.town, _array(town_keys(place.town)), place.postcode, place.department, place.address_line, place.phone,
    )  # fmt: skip


def _array(keys: list[str]) -> str:
    """PostgreSQL's spelling of an array; a key is letters and digits, nothing to escape."""
    return "{" + ",".join(f'"{name}"' for name in keys) + "}"
