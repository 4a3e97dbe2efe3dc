"""The face of a person, a structure or a service: what is told of them, and the address to write to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import connection

from directory import identity


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A person, a structure or one of its services, and the address to write to ('' when there is none)."""

    kind: Literal["person", "organization"]
    title: str
    first_name: str
    last_name: str
    profession: str
    speciality: str
    town: str
    organization: str
    address: str
    rpps_tail: str  # last four digits: what tells two homonyms apart
    identity: int | None  # the row of the person or structure
    service: str = ""
    category_code: str = ""  # TRE_R09
    commune: str = ""  # INSEE, of the place
    department: str = ""  # its code
    place: int | None = None  # the row of the structure named
    sector: str = ""  # what that structure does (TRE_R02), where the file of activities names it

    @property
    def ref(self) -> str:
        """Of its page in the directory."""
        return "" if self.identity is None else identity.ref(self.identity)

    @property
    def owner(self) -> str:
        """Whose addresses `lookup.preferred` puts in order."""
        return identity.owner(self.identity, self.service if self.kind == "organization" else "")

    @property
    def name(self) -> str:
        """`Dr Anne DUPONT`; of a structure, its service first."""
        if self.kind == "organization":
            return " – ".join(part for part in (self.service, self.organization) if part) or self.address
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)

    @property
    def trade(self) -> str:
        """`Médecin · Cardiologie`. A student is told as such: an intern is not the senior doctor."""
        told = f"{self.profession} (étudiant)" if self.is_student else self.profession
        return " · ".join(part for part in (told, self.speciality) if part)

    @property
    def detail(self) -> str:
        """What tells this one from others of that name, but for the RPPS."""
        return " · ".join(part for part in (self.trade if self.kind == "person" else "Structure", self.town) if part)

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()

    @property
    def is_student(self) -> bool:
        return self.category_code == "E"


# In the order of Suggestion's fields: `p` a person, `q` a trade, `m` an address, `o` a structure, `w` a place of work.
_FACE = """
  CASE WHEN p.id IS NULL THEN 'organization' ELSE 'person' END, COALESCE(p.title, ''), COALESCE(p.first_name, ''),
  COALESCE(p.last_name, ''), COALESCE(q.profession, ''), COALESCE(q.speciality, ''), COALESCE({place}.town, ''),
  COALESCE({place}.name, ''), COALESCE(m.address, ''), COALESCE(right(p.rpps, 4), ''), COALESCE(p.id, o.id),
  COALESCE(m.service, ''), COALESCE(q.category_code, ''), COALESCE({place}.commune, ''), COALESCE({place}.department, ''),
  {place}.id, COALESCE({place}.sector, '')
"""
_ENTRIES_WITH_FACES = """
WITH best AS MATERIALIZED ({best})
SELECT {face} FROM best
LEFT JOIN LATERAL (SELECT * FROM directory_practitioner x WHERE x.id = best.practitioner_id OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT * FROM directory_qualification x WHERE x.id = best.qualification_id OFFSET 0) q ON true
LEFT JOIN LATERAL (SELECT * FROM directory_mailboxaddress x WHERE x.id = best.mailbox_id OFFSET 0) m ON true
LEFT JOIN LATERAL (SELECT * FROM directory_organization x WHERE x.id = best.organization_id OFFSET 0) o ON true
ORDER BY best.rank, best.far, best.is_new, best.name, best.first, best.town
""".replace("{face}", _FACE.replace("{place}", "o"))
_ADDRESSES_WITH_FACES = """
SELECT {face} FROM directory_mailboxaddress m
LEFT JOIN directory_practitioner p ON p.id = m.practitioner_id
LEFT JOIN directory_qualification q ON q.id = p.qualification_id
LEFT JOIN directory_organization o ON o.id = m.organization_id
LEFT JOIN LATERAL (
  SELECT o.id, o.name, o.town, o.commune, o.department, o.sector WHERE o.id IS NOT NULL
  UNION ALL
  (SELECT wo.id, wo.name, wo.town, wo.commune, wo.department, wo.sector
   FROM directory_practitionerrole r JOIN directory_organization wo ON wo.id = r.organization_id
   WHERE o.id IS NULL AND r.practitioner_id = m.practitioner_id ORDER BY r.line LIMIT 1)
) w ON true
WHERE m.vanished_at IS NULL AND NOT m.is_hidden AND {condition}
ORDER BY m.address, o.id IS NULL, p.id LIMIT %s
""".replace("{face}", _FACE.replace("{place}", "w"))
_NO_LIMIT = 10_000


def by_address(addresses: Iterable[str]) -> dict[str, Suggestion]:
    """The faces of these addresses, by lower-cased address, in one query; an unknown one is absent."""
    wanted = sorted({address.strip().lower() for address in addresses})
    if not wanted:
        return {}
    faces: dict[str, Suggestion] = {}
    for face in with_address("m.address = ANY(%s)", [wanted]):
        known = faces.setdefault(face.address, face)
        if known.identity != face.identity:
            faces[face.address] = _shared(known)
    return faces


def _shared(face: Suggestion) -> Suggestion:
    """An address of several people is nobody's in particular: no name is told, only the place."""
    return replace(face, kind="organization", title="", first_name="", last_name="", profession="", speciality="",
                   rpps_tail="", identity=None, category_code="")  # fmt: skip


def of_entries(best: str, values: Sequence[Any]) -> list[Suggestion]:
    """Of the rows that a statement of directory.search gives, in its order."""
    return _told(_ENTRIES_WITH_FACES.format(best=best), values)


def with_address(condition: str, values: Sequence[Any], limit: int = _NO_LIMIT) -> list[Suggestion]:
    return _told(_ADDRESSES_WITH_FACES.format(condition=condition), [*values, limit])


def _told(statement: str, values: Sequence[Any]) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Suggestion(*row) for row in cursor.fetchall()]
