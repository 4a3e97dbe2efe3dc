"""The read model of searches: under which keys, in which towns, with which trade each person and structure is found.

Made again from the other tables at the end of each load, inside its transaction; only differences are written.
"""

from django.db.backends.utils import CursorWrapper

_MADE = """
CREATE TEMP TABLE entry_made ON COMMIT DROP AS
WITH known AS (
  SELECT practitioner_id, organization_id, qualification_id FROM directory_practitionerrole
  UNION
  SELECT m.practitioner_id, m.organization_id, p.qualification_id
  FROM directory_mailboxaddress m JOIN directory_practitioner p ON p.idnps = m.practitioner_id
  WHERE m.vanished_at IS NULL
), placed AS (
  SELECT *, bool_or(organization_id IS NOT NULL) OVER (PARTITION BY practitioner_id) AS has_place FROM known
), reached AS (
  SELECT DISTINCT practitioner_id FROM directory_mailboxaddress WHERE vanished_at IS NULL
), offices AS (
  SELECT organization_id, id, service_keys FROM directory_mailboxaddress
  WHERE vanished_at IS NULL AND practitioner_id IS NULL
), made AS (
  SELECT DISTINCT p.idnps AS practitioner_id, NULL::text COLLATE "C" AS organization_id, NULL::uuid AS mailbox_id,
    l.qualification_id, n.key AS name, p.first_key AS first, COALESCE(t.key, '') AS town,
    r.practitioner_id IS NOT NULL AS reachable
  FROM placed l
  JOIN directory_practitioner p ON p.idnps = l.practitioner_id
  LEFT JOIN reached r ON r.practitioner_id = l.practitioner_id
  CROSS JOIN LATERAL unnest(p.name_keys) AS n(key)
  LEFT JOIN directory_organization o ON o.key = l.organization_id
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
  WHERE l.organization_id IS NOT NULL OR NOT l.has_place
  UNION ALL
  SELECT DISTINCT NULL, o.key, NULL::uuid, NULL::bigint, n.key, n.before, COALESCE(t.key, ''), true
  FROM directory_organization o
  CROSS JOIN LATERAL unnest(o.name_keys, o.before_keys) AS n(key, before)
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
  WHERE o.key IN (SELECT organization_id FROM offices)
  UNION ALL
  SELECT DISTINCT NULL, NULL, f.id, NULL::bigint, n.key, o.name_keys[1], COALESCE(t.key, ''), true
  FROM offices f
  JOIN directory_organization o ON o.key = f.organization_id
  CROSS JOIN LATERAL unnest(f.service_keys) AS n(key)
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
)
SELECT md5(made::text)::uuid AS id, made.* FROM made
"""
_COLUMNS = "id, practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, reachable"
_LEAVE = "DELETE FROM directory_entry e WHERE NOT EXISTS (SELECT FROM entry_made m WHERE m.id = e.id)"
_COME = f"INSERT INTO directory_entry ({_COLUMNS}) SELECT {_COLUMNS} FROM entry_made ON CONFLICT (id) DO NOTHING"  # noqa: S608


def refresh(cursor: CursorWrapper) -> None:
    """Bring the entries in line with people, structures, roles and addresses as they are in this transaction."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.entry_made")
    cursor.execute(_MADE)
    cursor.execute("ANALYZE entry_made")
    cursor.execute(_LEAVE)
    cursor.execute(_COME)
