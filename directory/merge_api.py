"""What the API told comes into force beside what the files say, in the transaction of one sync.

An address that a file gives stays the file's, confirmed; what no file gives yet is the API's, until a file gives it or
the API takes it back. The API is known to lack addresses (annuaire.md §3.4): its silence takes back none of a file's,
only the closure of a person or a structure does.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from directory import identity, merge, staging
from directory.extract import Trade
from directory.fhir.lines import Scope
from directory.models import Source
from directory.rows import NULL, Rows

STALE = timedelta(days=30)  # after which an address that only the API gave, and does not give again, is no longer told
_SALT = b"api"  # no line of a file has such a digest
_KNOWN_PLACES = "SELECT id FROM directory_organization WHERE id = ANY(%s)"
_TRADES = """
SELECT DISTINCT ON (category_code, profession_code, speciality_code)
  category_code, profession_code, profession, speciality_code, speciality FROM directory_qualification
WHERE profession <> '' ORDER BY category_code, profession_code, speciality_code, id
"""
_IN_FORCE = """
SELECT id, source, kind, service, is_paperless FROM directory_mailboxaddress WHERE id = ANY(%s) AND vanished_at IS NULL
"""
_CONFIRM = "UPDATE directory_mailboxaddress SET confirmed_at = %s WHERE id = ANY(%s) AND vanished_at IS NULL"
_COME = """
WITH put AS (
  INSERT INTO directory_mailboxaddress AS old (id, line, address, kind, practitioner_id, organization_id, service,
    service_keys, is_paperless, first_seen, source, confirmed_at)
  SELECT DISTINCT ON (id) id, line, address, kind, practitioner_id, organization_id, service, service_keys, is_paperless,
    %(now)s::timestamptz, %(api)s::smallint, %(now)s::timestamptz
  FROM staged_address ORDER BY id, ctid
  ON CONFLICT (id) DO UPDATE SET line = excluded.line, kind = excluded.kind, service = excluded.service,
    service_keys = excluded.service_keys, is_paperless = excluded.is_paperless, source = excluded.source,
    confirmed_at = excluded.confirmed_at, vanished_at = NULL,
    first_seen = CASE WHEN old.vanished_at IS NULL THEN old.first_seen ELSE excluded.first_seen END
  RETURNING address, first_seen
) SELECT count(DISTINCT address) FROM put WHERE first_seen = %(now)s
  AND NOT EXISTS (SELECT FROM directory_mailboxaddress known
    WHERE known.address = put.address AND known.vanished_at IS NULL)
"""
_GO = """
WITH gone AS (
  UPDATE directory_mailboxaddress m SET vanished_at = %(now)s WHERE m.vanished_at IS NULL AND m.source <> %(ours)s AND (
    m.practitioner_id = ANY(%(people)s) OR m.organization_id = ANY(%(places)s) AND m.practitioner_id IS NULL
    OR m.source = %(api)s AND (m.confirmed_at < %(stale)s OR m.confirmed_at < %(now)s
      AND (coalesce(m.practitioner_id, 0), coalesce(m.organization_id, 0)) IN (SELECT who, place FROM told_scope)))
  RETURNING m.address, m.practitioner_id, m.organization_id
), noted AS (INSERT INTO touched SELECT coalesce(practitioner_id, organization_id) FROM gone
), left_behind AS (INSERT INTO left_place SELECT organization_id FROM gone WHERE organization_id IS NOT NULL)
SELECT count(DISTINCT address) FROM gone
"""
type _Row = tuple[Scope, int | None, int | None, str]  # who, where, and the key that the place goes by


@dataclass(frozen=True, slots=True)
class Came:
    added: int
    vanished: int


def take(cursor: CursorWrapper, scopes: Sequence[Scope], now: datetime) -> Came:
    """Who is touched stands in `touched`, as merge.begin made it."""
    rows = _placed(cursor, scopes)
    closed_people = {who for scope, who, where, _ in rows if who is not None and where is None and not scope.is_active}
    closed_places = {where for scope, who, where, _ in rows if who is None and not scope.is_active}
    open_rows = [row for row in rows if row[0].is_active and row[1] not in closed_people
                 and not (row[1] is None and row[2] in closed_places)]  # fmt: skip
    told = {_row_id(one.address, who, where) for scope, who, where, _ in open_rows for one in scope.mailboxes}
    cursor.execute(_CONFIRM, [now, list(told)])
    added = _come(cursor, open_rows, now)
    _tell_scopes(cursor, ((who, where) for _, who, where, _ in open_rows))
    cursor.execute(_GO, {"now": now, "stale": now - STALE, "api": Source.API.value, "ours": Source.OPERATOR.value,
                         "people": list(closed_people), "places": list(closed_places)})  # fmt: skip
    vanished = int(cursor.fetchone()[0])
    merge.settle(cursor, _how(now))
    return Came(added, vanished)


def _how(now: datetime) -> merge.Merge:
    return merge.Merge(Source.API, now, is_first=False, is_bare=False)


def _placed(cursor: CursorWrapper, scopes: Sequence[Scope]) -> list[_Row]:
    """Each scope with its rows' numbers: a structure goes by the first of its keys that the directory knows."""
    numbers = {key: identity.organization(key) for scope in scopes for key in scope.keys}
    cursor.execute(_KNOWN_PLACES, [list(numbers.values())])
    known = {row[0] for row in cursor.fetchall()}
    rows: list[_Row] = []
    for scope in scopes:
        key = next((key for key in scope.keys if numbers[key] in known), scope.keys[0] if scope.keys else "")
        who = identity.person(scope.idnps) if scope.idnps else None
        rows.append((scope, who, numbers[key] if key else None, key))
    return rows


def _come(cursor: CursorWrapper, rows: Sequence[_Row], now: datetime) -> int:
    """Of what was told, all that no file gives and that is not known already: a sync reads the last minutes again."""
    ids = [_row_id(one.address, who, where) for scope, who, where, _ in rows for one in scope.mailboxes]
    cursor.execute(_IN_FORCE, [ids])
    held = {row[0]: row[1:] for row in cursor.fetchall()}
    encoder, labelled = Rows(), _labels(cursor)
    for scope, who, where, key in rows:
        for line in scope.lines(key, labelled(scope.trade) if scope.trade else None):
            row_id = _row_id(line.address, who, where)
            source, *said = held.get(row_id, (Source.API.value,))
            if source == Source.API.value and said != [line.kind, line.service, line.is_paperless]:
                encoder.put(str(identity.of_line(str(row_id).encode(), _SALT)), line)
    staging.begin(cursor)
    staging.send(cursor, encoder.taken())
    merge.put_faces(cursor, _how(now))
    cursor.execute(_COME, {"now": now, "api": Source.API.value})
    return int(cursor.fetchone()[0])


def _labels(cursor: CursorWrapper) -> Callable[[Trade], Trade]:
    """The API gives codes: the words for them are those of the files."""
    cursor.execute(_TRADES)
    trades = [Trade(*row) for row in cursor.fetchall()]
    whole = {(one.category_code, one.profession_code, one.speciality_code): one for one in trades}
    professions = {one.profession_code: one.profession for one in trades}
    specialities = {one.speciality_code: one.speciality for one in trades}

    def labelled(trade: Trade) -> Trade:
        return whole.get((trade.category_code, trade.profession_code, trade.speciality_code)) or trade._replace(
            profession=professions.get(trade.profession_code, trade.profession),
            speciality=specialities.get(trade.speciality_code, trade.speciality),
        )

    return labelled


def _row_id(address: str, who: int | None, where: int | None) -> int:
    return identity.mailbox(address, NULL if who is None else str(who), NULL if where is None else str(where))


def _tell_scopes(cursor: CursorWrapper, scopes: Iterable[tuple[int | None, int | None]]) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.told_scope")
    cursor.execute("CREATE TEMP TABLE told_scope (who bigint NOT NULL, place bigint NOT NULL) ON COMMIT DROP")
    with cursor.copy("COPY told_scope FROM STDIN") as copy:
        for who, place in scopes:
            copy.write(f"{who or 0}\t{place or 0}\n")
    cursor.execute("ANALYZE told_scope")
