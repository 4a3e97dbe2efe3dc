"""The read model of searches: under which keys, in which towns, with which trade each person and structure is found.

A practice of one person (`R`, RPPS and rank) is found by that person; other structures for themselves.

Made again at the end of each load, inside its transaction, for those whom it touched.
"""

from django.db.backends.utils import CursorWrapper

_MADE = """
WITH known AS (
  SELECT practitioner_id, organization_id, qualification_id FROM directory_practitionerrole {of_touched}
  UNION
  SELECT m.practitioner_id, m.organization_id, p.qualification_id
  FROM directory_mailboxaddress m JOIN directory_practitioner p ON p.id = m.practitioner_id
  WHERE m.vanished_at IS NULL {and_touched}
), held AS (
  SELECT id, practitioner_id, organization_id, kind, address, service, service_keys, rank IS DISTINCT FROM 1 AS is_second
  FROM directory_mailboxaddress WHERE vanished_at IS NULL AND NOT is_hidden
), placed AS (
  SELECT DISTINCT ON (k.practitioner_id, k.organization_id, k.qualification_id) k.*, h.id AS mailbox_id,
    (h.organization_id IS NOT DISTINCT FROM k.organization_id) AS own,
    bool_or(k.organization_id IS NOT NULL) OVER (PARTITION BY k.practitioner_id) AS has_place
  FROM known k LEFT JOIN held h ON h.practitioner_id = k.practitioner_id
  ORDER BY k.practitioner_id, k.organization_id, k.qualification_id, h.organization_id = k.organization_id DESC NULLS LAST,
    h.is_second, h.organization_id IS NULL, h.kind <> 'PER', h.address
), office AS (
  SELECT DISTINCT ON (organization_id) organization_id, id AS mailbox_id FROM held
  WHERE practitioner_id IS NULL {held_touched} ORDER BY organization_id, is_second, service <> '', address
)
SELECT p.id AS owner, p.id, l.organization_id, l.mailbox_id, l.qualification_id, n.key AS name,
  p.first_key AS first, COALESCE(t.key, '') AS town, COALESCE(o.department, ''), l.mailbox_id IS NOT NULL, l.own
FROM placed l
JOIN directory_practitioner p ON p.id = l.practitioner_id
CROSS JOIN LATERAL unnest(p.name_keys) AS n(key)
LEFT JOIN directory_organization o ON o.id = l.organization_id
LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
WHERE l.organization_id IS NOT NULL OR NOT l.has_place
UNION ALL
SELECT o.id, NULL, o.id, f.mailbox_id, NULL::bigint, n.key, n.before, COALESCE(t.key, ''), o.department,
  f.mailbox_id IS NOT NULL, true
FROM directory_organization o LEFT JOIN office f ON f.organization_id = o.id
CROSS JOIN LATERAL unnest(o.name_keys, o.before_keys) AS n(key, before)
LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
WHERE o.vanished_at IS NULL AND (f.mailbox_id IS NOT NULL OR left(o.key, 1) <> 'R') {place_touched}
UNION ALL
SELECT o.id, NULL, o.id, h.id, NULL::bigint, n.key, COALESCE(o.name_keys[1], ''), COALESCE(t.key, ''), o.department, true, true
FROM held h
JOIN directory_organization o ON o.id = h.organization_id
CROSS JOIN LATERAL unnest(h.service_keys) AS n(key)
LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
WHERE h.practitioner_id IS NULL {held_touched}
"""
_COLUMNS = "owner, practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, department, reachable, own"
_SAME = " AND ".join(
    f"m.{name} {'IS NOT DISTINCT FROM' if name.endswith('_id') else '='} e.{name}" for name in _COLUMNS.split(", ")
)
_REFRESH = f"""
WITH gone AS (
  DELETE FROM directory_entry e WHERE owner IN (SELECT id FROM touched) AND NOT EXISTS (SELECT FROM made m WHERE {_SAME})
) INSERT INTO directory_entry ({_COLUMNS})
SELECT {_COLUMNS} FROM made m WHERE NOT EXISTS (SELECT FROM directory_entry e WHERE {_SAME})
"""  # noqa: S608  constants
_EVERYBODY = _MADE.format(of_touched="", and_touched="", held_touched="", place_touched="")
_TOUCHED = _MADE.format(
    of_touched="WHERE practitioner_id IN (SELECT id FROM touched)",
    and_touched="AND m.practitioner_id IN (SELECT id FROM touched)",
    held_touched="AND organization_id IN (SELECT id FROM touched)",
    place_touched="AND o.id IN (SELECT id FROM touched)",
)


def make(cursor: CursorWrapper) -> None:
    """Everybody's, into an empty table. The others were empty when they were last looked at."""
    cursor.execute("ANALYZE directory_mailboxaddress, directory_practitionerrole")
    cursor.execute(f"INSERT INTO directory_entry ({_COLUMNS}) {_EVERYBODY}")


def refresh(cursor: CursorWrapper) -> None:
    """Of those touched, made again in place. Most are as they were: only what differs is written, in eight indexes."""
    cursor.execute(
        f"DROP TABLE IF EXISTS pg_temp.made; CREATE TEMP TABLE made ({_COLUMNS}) ON COMMIT DROP AS {_TOUCHED}; ANALYZE made"
    )
    cursor.execute(_REFRESH)
