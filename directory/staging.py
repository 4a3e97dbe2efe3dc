"""The SQL of a load: one temporary table filled by COPY, then a few set-based statements. Call inside a transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from directory.extract import ActivityLine, MailboxLine
from directory.fold import fold, own_name

_COLUMNS = (
    "line address kind service mode idnps rpps title last_name first_name last_folded first_folded profession_code "
    "profession speciality trade_folded key name name_folded own_folded town town_folded postcode department "
    "address_line phone"
).split()
_STAGE = "CREATE TEMP TABLE staged (line int, {}) ON COMMIT DROP".format(  # every value is a text, empty when absent
    ", ".join(f'{column} text COLLATE "C" NOT NULL' for column in _COLUMNS[1:])
)
_COPY = f"COPY staged ({', '.join(_COLUMNS)}) FROM STDIN"

_PEOPLE = """
INSERT INTO directory_practitioner AS old (idnps, rpps, title, last_name, first_name, last_folded, first_folded,
  profession_code, profession, speciality, trade_folded)
SELECT DISTINCT ON (idnps) idnps, rpps, title, last_name, first_name, last_folded, first_folded,
  profession_code, profession, speciality, trade_folded
FROM staged WHERE idnps <> '' ORDER BY idnps, speciality = '', line
ON CONFLICT (idnps) DO UPDATE SET
  rpps = excluded.rpps, title = COALESCE(NULLIF(excluded.title, ''), old.title),
  last_name = excluded.last_name, first_name = excluded.first_name,
  last_folded = excluded.last_folded, first_folded = excluded.first_folded,
  profession_code = excluded.profession_code, profession = excluded.profession, speciality = excluded.speciality,
  trade_folded = excluded.trade_folded
WHERE (old.rpps, old.title, old.last_name, old.first_name, old.profession_code, old.profession, old.speciality)
  IS DISTINCT FROM (excluded.rpps, COALESCE(NULLIF(excluded.title, ''), old.title), excluded.last_name,
  excluded.first_name, excluded.profession_code, excluded.profession, excluded.speciality)
"""
_PLACES = """
INSERT INTO directory_organization AS old (key, name, name_folded, own_folded, town, town_folded, postcode, department,
  address_line, phone)
SELECT DISTINCT ON (key) key, name, name_folded, own_folded, town, town_folded, postcode, department, address_line,
  phone
FROM staged WHERE key <> '' ORDER BY key, town = '', line
ON CONFLICT (key) DO UPDATE SET
  name = excluded.name, name_folded = excluded.name_folded, own_folded = excluded.own_folded,
  town = COALESCE(NULLIF(excluded.town, ''), old.town),
  town_folded = COALESCE(NULLIF(excluded.town_folded, ''), old.town_folded),
  postcode = COALESCE(NULLIF(excluded.postcode, ''), old.postcode),
  department = COALESCE(NULLIF(excluded.department, ''), old.department),
  address_line = COALESCE(NULLIF(excluded.address_line, ''), old.address_line),
  phone = COALESCE(NULLIF(excluded.phone, ''), old.phone)
"""
_ADDRESSES = """
WITH put AS (
  INSERT INTO directory_mailboxaddress AS old (address, kind, practitioner_id, organization_id, service, first_seen,
    last_seen, last_folded, first_folded, town_folded, name_folded, words)
  SELECT DISTINCT ON (address) address, kind, NULLIF(idnps, ''), NULLIF(key, ''), service, %s, %s,
    '', '', '', '', ''
  FROM staged ORDER BY address, key = '', line
  ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, practitioner_id = excluded.practitioner_id,
    organization_id = excluded.organization_id, service = excluded.service, last_seen = excluded.last_seen,
    first_seen = CASE WHEN old.vanished_at IS NULL THEN old.first_seen ELSE excluded.first_seen END, vanished_at = NULL
  RETURNING first_seen
) SELECT count(*) FROM put WHERE first_seen = %s
"""
_VANISHED = """
UPDATE directory_mailboxaddress SET vanished_at = %s
WHERE vanished_at IS NULL AND last_seen < %s
"""
_ROLES = """
INSERT INTO directory_practitionerrole (practitioner_id, organization_id, profession_code, profession, speciality, mode)
SELECT DISTINCT idnps, NULLIF(key, ''), profession_code, profession, speciality, mode FROM staged
"""
_GONE = """
DELETE FROM directory_practitioner p
WHERE NOT EXISTS (SELECT FROM directory_practitionerrole r WHERE r.practitioner_id = p.idnps)
  AND NOT EXISTS (SELECT FROM directory_mailboxaddress m WHERE m.practitioner_id = p.idnps)
"""
_FACES = """
WITH placed AS (
  SELECT DISTINCT ON (practitioner_id) practitioner_id, organization_id FROM directory_practitionerrole
  WHERE organization_id IS NOT NULL ORDER BY practitioner_id, id
), face AS (
  SELECT m.id, COALESCE(p.last_folded, o.own_folded, '') AS last_folded, COALESCE(p.first_folded, '') AS first_folded,
    COALESCE(o.town_folded, w.town_folded, '') AS town_folded, COALESCE(o.name_folded, '') AS name_folded,
    ' ' || concat_ws(' ', p.last_folded, p.first_folded, p.trade_folded, COALESCE(o.name_folded, w.name_folded),
      COALESCE(o.town_folded, w.town_folded)) AS words
  FROM directory_mailboxaddress m
  LEFT JOIN directory_practitioner p ON p.idnps = m.practitioner_id
  LEFT JOIN directory_organization o ON o.key = m.organization_id
  LEFT JOIN placed ON placed.practitioner_id = m.practitioner_id
  LEFT JOIN directory_organization w ON w.key = placed.organization_id
  WHERE m.vanished_at IS NULL
)
UPDATE directory_mailboxaddress m SET last_folded = face.last_folded, first_folded = face.first_folded,
  town_folded = face.town_folded, name_folded = face.name_folded, words = face.words
FROM face WHERE face.id = m.id AND (m.last_folded, m.first_folded, m.town_folded, m.name_folded, m.words)
  IS DISTINCT FROM (face.last_folded, face.first_folded, face.town_folded, face.name_folded, face.words)
"""
_TABLES = "directory_practitioner, directory_organization, directory_practitionerrole, directory_mailboxaddress"


def in_force(cursor: CursorWrapper, kind: str) -> int:
    """How many addresses, or people, a load of that kind may make vanish."""
    table = "mailboxaddress WHERE vanished_at IS NULL" if kind == "mailboxes" else "practitioner"
    cursor.execute(f"SELECT count(*) FROM directory_{table}")  # noqa: S608  one of two constants
    return int(cursor.fetchone()[0])


def fill(cursor: CursorWrapper, values: Iterable[MailboxLine | ActivityLine | None]) -> tuple[int, int]:
    """Stage every line; how many were read and how many kept."""
    read = kept = 0
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staged")  # of an earlier load in the same transaction
    cursor.execute(_STAGE)
    with cursor.copy(_COPY) as copy:
        for value in values:
            read += 1
            if value is not None:
                kept += 1
                copy.write_row(_row(read, value))
    return read, kept


def _row(number: int, value: MailboxLine | ActivityLine) -> tuple[Any, ...]:
    person, place = value.person, value.place
    if isinstance(value, MailboxLine):
        head = (number, value.address, value.kind, value.service, "")
    else:
        head = (number, "", "", "", value.mode)
    who: tuple[str, ...] = ("",) * 10
    if person is not None:
        who = (
            person.idnps, person.rpps, person.title, person.last_name, person.first_name, fold(person.last_name)[:200],
            fold(person.first_name)[:200], person.profession_code, person.profession, person.speciality,
        )  # fmt: skip
    trade = fold(f"{person.profession} {person.speciality}")[:400] if person is not None else ""
    where: tuple[str, ...] = ("",) * 10
    if place is not None:
        name = fold(place.name)[:300]
        where = (
            place.key, place.name, name, own_name(name), place.town, fold(place.town)[:200], place.postcode,
            place.department, place.address_line, place.phone,
        )  # fmt: skip
    return (*head, *who, trade, *where)


def merge_mailboxes(cursor: CursorWrapper, now: datetime) -> tuple[int, int]:
    """People, structures and addresses of the stage come into force; addresses it lacks vanish. Added, vanished."""
    cursor.execute(_PEOPLE)
    cursor.execute(_PLACES)
    cursor.execute(_ADDRESSES, [now, now, now])
    added: int = cursor.fetchone()[0]
    cursor.execute(_VANISHED, [now, now])
    vanished = cursor.rowcount
    cursor.execute(_FACES)
    return added, vanished


def merge_activities(cursor: CursorWrapper, now: datetime) -> tuple[int, int]:
    """The stage replaces every role; people it lacks go, unless an address names them. Added and gone people."""
    cursor.execute("SELECT count(*) FROM directory_practitioner")
    before: int = cursor.fetchone()[0]
    cursor.execute(_PEOPLE)
    cursor.execute(_PLACES)
    cursor.execute("SELECT count(*) FROM directory_practitioner")
    after: int = cursor.fetchone()[0]
    cursor.execute("DELETE FROM directory_practitionerrole")
    cursor.execute(_ROLES)
    cursor.execute(_GONE)
    gone = cursor.rowcount
    cursor.execute(_FACES)
    return after - before, gone


def analyze() -> None:
    """Fresh statistics: the searches are planned on them."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_TABLES}")
