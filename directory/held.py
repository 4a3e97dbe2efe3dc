"""All that the annuaire says of the addresses of some people, structures and services: one statement, bounded."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from directory import identity
from directory.models import Source
from directory.preference import Published

_MOST_EACH, _MOST = 60, 3_000  # addresses of one owner, of one question
# An owner is a person (service '') or a service of a structure ('' its own addresses); the ids of both are one space.
_STATEMENT = f"""
WITH wanted (id, service) AS MATERIALIZED (
  SELECT * FROM unnest(%s::bigint[], %s::text[])
  UNION
  SELECT COALESCE(practitioner_id, organization_id), CASE WHEN practitioner_id IS NULL THEN service ELSE '' END
  FROM directory_mailboxaddress WHERE address = ANY(%s)
)
SELECT w.id, w.service, p.title, p.first_name, p.last_name, m.address, m.kind, m.first_seen, m.vanished_at,
  m.organization_id, o.name, o.town, m.service, m.rank, m.source,
  m.practitioner_id IS NULL OR EXISTS (SELECT FROM directory_practitionerrole r
    WHERE r.practitioner_id = m.practitioner_id AND r.organization_id = m.organization_id)
FROM wanted w CROSS JOIN LATERAL (
  (SELECT * FROM directory_mailboxaddress x WHERE x.practitioner_id = w.id AND NOT x.is_hidden
   ORDER BY x.vanished_at DESC NULLS FIRST, x.id LIMIT {_MOST_EACH})
  UNION ALL
  (SELECT * FROM directory_mailboxaddress x
   WHERE x.organization_id = w.id AND x.practitioner_id IS NULL AND x.service = w.service AND NOT x.is_hidden
   ORDER BY x.vanished_at DESC NULLS FIRST, x.id LIMIT {_MOST_EACH})
) m
LEFT JOIN LATERAL (SELECT * FROM directory_practitioner x WHERE x.id = m.practitioner_id OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT * FROM directory_organization x WHERE x.id = m.organization_id OFFSET 0) o ON true
LIMIT {_MOST}
"""  # noqa: S608  (numbers of ours)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is written to: a person, a structure or one of its services."""

    name: str
    addresses: tuple[Published, ...]


class _Row(NamedTuple):
    """Of the statement."""

    owner_id: int
    owner_service: str
    title: str | None
    first_name: str | None
    last_name: str | None
    address: str
    kind: str
    first_seen: datetime
    vanished_at: datetime | None
    place: int | None
    organization: str | None
    town: str | None
    service: str
    rank: int | None
    source: int
    is_own: bool

    @property
    def name(self) -> str:
        if self.last_name is None:
            return " – ".join(part for part in (self.owner_service, self.organization) if part) or self.address
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)

    @property
    def published(self) -> Published:
        return Published(
            address=self.address, kind=self.kind, first_seen=timezone.localtime(self.first_seen),
            vanished_at=timezone.localtime(self.vanished_at) if self.vanished_at else None, place=self.place,
            organization=self.organization or "", town=self.town or "", service=self.service, rank=self.rank,
            is_own=self.is_own, source=Source(self.source).label,
        )  # fmt: skip


def of(owners: Collection[str], addresses: Collection[str]) -> dict[str, Owner]:
    """By owner: those asked for, and those whom these addresses lead to, vanished ones too."""
    if not owners and not addresses:
        return {}
    asked = [(identity.row_id(ref), service) for ref, _, service in (owner.partition("/") for owner in owners)]
    ids, services = [row_id for row_id, _ in asked], [service for _, service in asked]
    held: dict[str, list[_Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [ids, services, sorted(addresses)])
        for row in map(_Row._make, cursor.fetchall()):
            held[identity.owner(row.owner_id, row.owner_service)].append(row)
    return {owner: Owner(rows[0].name, tuple(row.published for row in rows)) for owner, rows in held.items()}
