"""Whom one can write to: suggestions for what is being typed, and the faces behind addresses. The one door to this app.

Only addresses in force are answered. What is typed is never logged nor kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import connection

from directory import identity, search, words
from directory.fold import KINDS, fold, stem, whole
from directory.models import Entry

MAX_TEXT = search.MAX_TEXT
MAX_ADDRESS = 254
_ADDRESS_LETTERS = 3  # of an address being typed or pasted
_MOST_TRIES = 6  # corrections searched for
_IDENTIFIER_DIGITS = 9  # FINESS; RPPS has 11


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

    @property
    def ref(self) -> str:
        """Of its page in the directory."""
        return "" if self.identity is None else identity.ref(self.identity)

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
  COALESCE(m.service, ''), COALESCE(q.category_code, '')
"""
_HITS_WITH_FACES = """
WITH hit AS MATERIALIZED ({hits}),
best AS MATERIALIZED (SELECT * FROM hit ORDER BY rank, name, first, town LIMIT {limit})
SELECT {face} FROM best
LEFT JOIN LATERAL (SELECT * FROM directory_practitioner x WHERE x.id = best.practitioner_id OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT * FROM directory_qualification x WHERE x.id = best.qualification_id OFFSET 0) q ON true
LEFT JOIN LATERAL (SELECT * FROM directory_mailboxaddress x WHERE x.id = best.mailbox_id OFFSET 0) m ON true
LEFT JOIN LATERAL (SELECT * FROM directory_organization x WHERE x.id = best.organization_id OFFSET 0) o ON true
ORDER BY best.rank, best.name, best.first, best.town
""".replace("{face}", _FACE.replace("{place}", "o"))
_ADDRESSES_WITH_FACES = """
SELECT {face} FROM directory_mailboxaddress m
LEFT JOIN directory_practitioner p ON p.id = m.practitioner_id
LEFT JOIN directory_qualification q ON q.id = p.qualification_id
LEFT JOIN directory_organization o ON o.id = m.organization_id
LEFT JOIN LATERAL (
  SELECT o.name, o.town WHERE o.id IS NOT NULL
  UNION ALL
  (SELECT wo.name, wo.town FROM directory_practitionerrole r JOIN directory_organization wo ON wo.id = r.organization_id
   WHERE o.id IS NULL AND r.practitioner_id = m.practitioner_id ORDER BY r.line LIMIT 1)
) w ON true
WHERE m.vanished_at IS NULL AND {condition}
ORDER BY m.address, o.id IS NULL, p.id LIMIT %s
""".replace("{face}", _FACE.replace("{place}", "w"))
_NO_LIMIT = 10_000


def ref_of_person(idnps: str) -> str:
    """Of the page of who has this national number, known or not."""
    return identity.ref(identity.person(idnps))


def is_empty() -> bool:
    """Nothing was ever loaded, or an upgrade emptied it."""
    return not Entry.objects.exists()


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a search found, and the words it was made with when those typed find nobody: «Résultats pour …»."""

    faces: list[Suggestion]
    meant: str = ""


def find(text: str, *, limit: int, reachable_only: bool = True) -> Found:
    """`found`; when nobody answers, the same with one typing error mended."""
    faces = found(text, limit=limit, reachable_only=reachable_only)
    if faces or "@" in text:
        return Found(faces)
    for typed in _mended(search.words(text)):
        if faces := _searched(typed, limit=limit, reachable_only=reachable_only, kinds_too=False):
            return Found(faces, " ".join(typed))
    return Found([])


def _mended(typed: Sequence[str]) -> Iterator[list[str]]:
    """The words with one of them corrected: those that are no known word first, each by the commonest first."""
    near = words.meant_by(typed)
    tries = [(typed[at] in meant, turn, at, word) for at, meant in enumerate(near) for turn, word in enumerate(meant)]
    for _, _, at, word in sorted(one for one in tries if one[3] != typed[one[2]])[:_MOST_TRIES]:
        yield [*typed[:at], word, *typed[at + 1 :]]


def suggest(text: str, *, limit: int = 10) -> list[Suggestion]:
    """Who may be meant, likeliest first, one query: names, first names, towns and trades in any order, or an address."""
    return found(text, limit=limit, reachable_only=True)


def found(text: str, *, limit: int, reachable_only: bool) -> list[Suggestion]:
    """`suggest`, and people without an address too when asked."""
    text = text.strip()
    if "@" in text or (text.isdigit() and len(text) >= _IDENTIFIER_DIGITS):
        return _by_identifier(text.lower()[:MAX_ADDRESS], limit)
    typed = search.words(text)
    if not typed:
        return []
    faces = _searched(typed, limit=limit, reachable_only=reachable_only, kinds_too=False)
    if not faces and KINDS & set(typed):  # no such place: those who practise there, then
        faces = _searched(typed, limit=limit, reachable_only=reachable_only, kinds_too=True)
    return faces


def _searched(typed: Sequence[str], *, limit: int, reachable_only: bool, kinds_too: bool) -> list[Suggestion]:
    found = search.statement(typed, limit=limit, reachable_only=reachable_only, kinds_too=kinds_too)
    if found is None:
        return []
    hits, values = found
    return _faces(_HITS_WITH_FACES.format(hits=hits, limit=limit), values)


def is_enough(text: str) -> bool:
    """Is there something to search for? Two letters, an address or an identifier."""
    return bool(search.words(text))


def is_called(text: str, told: Iterable[str]) -> bool:
    """Does each word of `text` begin a word of what is told of somebody? For lists that are not the directory's."""
    typed, known = whole(search.words(text)), whole(fold(" ".join(told)).split())
    return bool(typed) and all(any(word.startswith(stem(one)) for word in known) for one in typed)


def by_address(addresses: Iterable[str]) -> dict[str, Suggestion]:
    """The faces of these addresses, by lower-cased address, in one query; an unknown one is absent."""
    wanted = sorted({address.strip().lower() for address in addresses})
    if not wanted:
        return {}
    faces: dict[str, Suggestion] = {}
    for face in _with_address("m.address = ANY(%s)", [wanted]):
        known = faces.setdefault(face.address, face)
        if known.identity != face.identity:
            faces[face.address] = _shared(known)
    return faces


def _shared(face: Suggestion) -> Suggestion:
    """An address of several people is nobody's in particular: no name is told, only the place."""
    return replace(face, kind="organization", title="", first_name="", last_name="", profession="", speciality="",
                   rpps_tail="", identity=None, category_code="")  # fmt: skip


def _by_identifier(text: str, limit: int) -> list[Suggestion]:
    """A pasted address, RPPS or FINESS, or the beginning of an address."""
    if "@" in text:
        if len(text) < _ADDRESS_LETTERS or "\x00" in text:
            return []
        return _with_address("m.address >= %s AND m.address < %s", [text, text + "\U0010ffff"], limit)
    return _with_address(
        "(m.practitioner_id = %s OR m.organization_id = %s AND m.practitioner_id IS NULL)",
        [identity.person(f"8{text}"), identity.organization(f"F{text}")], limit,
    )  # fmt: skip


def _with_address(condition: str, values: Sequence[Any], limit: int = _NO_LIMIT) -> list[Suggestion]:
    return _faces(_ADDRESSES_WITH_FACES.format(condition=condition), [*values, limit])


def _faces(statement: str, values: Sequence[Any]) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Suggestion(*row) for row in cursor.fetchall()]
