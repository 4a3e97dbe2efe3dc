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
), held AS (
  SELECT id, practitioner_id, organization_id, kind, address, service, service_keys FROM directory_mailboxaddress
  WHERE vanished_at IS NULL
), placed AS (
  SELECT DISTINCT ON (k.practitioner_id, k.organization_id, k.qualification_id) k.*, h.id AS mailbox_id,
    (h.organization_id IS NOT DISTINCT FROM k.organization_id) AS own,
    bool_or(k.organization_id IS NOT NULL) OVER (PARTITION BY k.practitioner_id) AS has_place
  FROM known k LEFT JOIN held h ON h.practitioner_id = k.practitioner_id
  ORDER BY k.practitioner_id, k.organization_id, k.qualification_id, h.organization_id = k.organization_id DESC NULLS LAST,
    h.organization_id IS NULL, h.kind <> 'PER', h.address
), office AS (
  SELECT DISTINCT ON (organization_id) organization_id, id AS mailbox_id FROM held WHERE practitioner_id IS NULL
  ORDER BY organization_id, service <> '', address
), made AS (
  SELECT DISTINCT p.idnps AS practitioner_id, l.organization_id, l.mailbox_id, l.qualification_id, n.key AS name,
    p.first_key AS first, COALESCE(t.key, '') AS town, l.mailbox_id IS NOT NULL AS reachable, l.own
  FROM placed l
  JOIN directory_practitioner p ON p.idnps = l.practitioner_id
  CROSS JOIN LATERAL unnest(p.name_keys) AS n(key)
  LEFT JOIN directory_organization o ON o.key = l.organization_id
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
  WHERE l.organization_id IS NOT NULL OR NOT l.has_place
  UNION ALL
  SELECT DISTINCT NULL, o.key, f.mailbox_id, NULL::bigint, n.key, n.before, COALESCE(t.key, ''), true, true
  FROM office f
  JOIN directory_organization o ON o.key = f.organization_id
  CROSS JOIN LATERAL unnest(o.name_keys, o.before_keys) AS n(key, before)
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
  UNION ALL
  SELECT DISTINCT NULL, o.key, h.id, NULL::bigint, n.key, o.name_keys[1], COALESCE(t.key, ''), true, true
  FROM held h
  JOIN directory_organization o ON o.key = h.organization_id
  CROSS JOIN LATERAL unnest(h.service_keys) AS n(key)
  LEFT JOIN LATERAL unnest(o.town_keys) AS t(key) ON true
  WHERE h.practitioner_id IS NULL
)
SELECT md5(made::text)::uuid AS id, made.* FROM made
"""
_COLUMNS = "id, practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, reachable, own"
_LEAVE = "DELETE FROM directory_entry e WHERE NOT EXISTS (SELECT FROM entry_made m WHERE m.id = e.id)"
_COME = f"INSERT INTO directory_entry ({_COLUMNS}) SELECT {_COLUMNS} FROM entry_made ON CONFLICT (id) DO NOTHING"  # noqa: S608


def refresh(cursor: CursorWrapper) -> None:
    """Bring the entries in line with people, structures, roles and addresses as they are in this transaction."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.entry_made")
    cursor.execute(_MADE)
    cursor.execute("ANALYZE entry_made")
    cursor.execute(_LEAVE)
    cursor.execute(_COME)
