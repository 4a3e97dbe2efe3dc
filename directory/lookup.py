"""Whom one can write to: suggestions for what is being typed, and the faces behind addresses. Only people and
structures with an MSSanté address in force are answered. What is typed is never logged nor kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

from directory.fold import KINDS, fold, groups, stem

MAX_GROUPS = 5
_COURTESY = frozenset("dr docteur pr professeur madame mme monsieur mr".split())
_END = "\U0010ffff"  # after every text that begins with the prefix, in bytewise order


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One address and who is behind it. `identity` is the IDNPS of a person or the key of a structure."""

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
    identity: str

    @property
    def name(self) -> str:
        """`Dr Anne DUPONT`, or the structure."""
        if self.kind == "organization":
            return self.organization
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)

    @property
    def trade(self) -> str:
        """`Médecin · Cardiologie`."""
        return " · ".join(part for part in (self.profession, self.speciality) if part)


@dataclass(frozen=True, slots=True)
class Card:
    """One person or structure, with every address found."""

    face: Suggestion
    addresses: tuple[str, ...]


_FACE = """
SELECT m.kind, p.title, p.first_name, p.last_name, p.profession, p.speciality, COALESCE(NULLIF(o.town, ''), w.town),
  COALESCE(o.name, w.name), m.address, p.rpps, COALESCE(p.idnps, o.key), m.last_folded, m.first_folded, m.name_folded,
  m.town_folded
FROM directory_mailboxaddress m
LEFT JOIN directory_practitioner p ON p.idnps = m.practitioner_id
LEFT JOIN directory_organization o ON o.key = m.organization_id
LEFT JOIN LATERAL (
  SELECT wo.name, wo.town FROM directory_practitionerrole r JOIN directory_organization wo ON wo.key = r.organization_id
  WHERE o.key IS NULL AND r.practitioner_id = m.practitioner_id ORDER BY r.id LIMIT 1
) w ON true
"""
_BRANCH = "(SELECT id FROM directory_mailboxaddress WHERE vanished_at IS NULL AND {} ORDER BY {} LIMIT %s)"


@dataclass(frozen=True, slots=True)
class _Way:
    """One index to enter by: its column, its order, and whom it is about (`PER`, `ORG`, or both)."""

    column: str
    order: str
    kind: str = ""


_LAST = _Way("last_folded", "last_folded, first_folded", "PER")
_FIRST = _Way("first_folded", "first_folded, last_folded")
_TOWN = _Way("town_folded", "town_folded, last_folded")
_TOWN_PLACE = _Way("town_folded", "town_folded, last_folded", "ORG")
_NAME = _Way("name_folded", "name_folded", "ORG")
_OWN = _Way("last_folded", "last_folded", "ORG")


def suggest(text: str, *, limit: int = 10) -> list[Suggestion]:
    """Who may be meant: words are the beginnings of a last name, first name, town, profession or structure, any order."""
    folded = fold(text[:100])
    if len(folded.replace(" ", "")) < 2:
        return []
    typed = _meant(folded)
    folded = " ".join(typed)
    structures = any(group in KINDS for group in typed)  # « pharmacie Lille » means the place, unless there is none
    rows = _rows(folded, typed, limit, structures=structures)
    if structures and not rows:
        rows = _rows(folded, typed, limit, structures=False)
    rows.sort(key=lambda row: _rank(row, folded, typed))
    return [_suggestion(row) for row in rows[:limit]]


def _rows(folded: str, typed: Sequence[str], limit: int, *, structures: bool) -> list[tuple[Any, ...]]:
    """One query: a few prefixes, each a range of an index that stops at `limit`."""
    branches: list[str] = []
    values: list[Any] = []
    for way, prefix, others in _anchors(folded, typed, structures=structures):
        branch, branch_values = _branch(way, prefix, others, limit)
        branches.append(branch)
        values += branch_values
    with connection.cursor() as cursor:
        cursor.execute(f"{_FACE} WHERE m.id IN ({' UNION ALL '.join(branches)})", values)
        return list(cursor.fetchall())


def cards(text: str, *, limit: int) -> list[Card]:
    """What `suggest` finds, one card per person or structure."""
    grouped: dict[str, list[Suggestion]] = {}
    for found in suggest(text, limit=limit * 2):
        grouped.setdefault(found.identity or found.address, []).append(found)
    return [Card(faces[0], tuple(face.address for face in faces)) for faces in grouped.values()][:limit]


def by_address(addresses: Iterable[str]) -> dict[str, Suggestion]:
    """The faces of these addresses, by lower-cased address, in one query; an unknown one is absent."""
    wanted = sorted({address.strip().lower() for address in addresses})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"{_FACE} WHERE m.vanished_at IS NULL AND m.address = ANY(%s)", [wanted])
        found = [_suggestion(row) for row in cursor.fetchall()]
    return {suggestion.address: suggestion for suggestion in found}


def _meant(folded: str) -> list[str]:
    """The groups typed, courtesy left out: « docteur Lévêque » is looked up as Lévêque."""
    typed = groups(folded)
    return ([group for group in typed if group not in _COURTESY] or typed)[:MAX_GROUPS]


def _anchors(folded: str, typed: Sequence[str], *, structures: bool) -> Iterator[tuple[_Way, str, list[str]]]:
    """Way in, prefix asked of its index, words left to filter on: the whole text, then each group of two letters."""
    for way in (_NAME, _OWN, _TOWN_PLACE) if structures else (_LAST, _FIRST, _TOWN, _NAME, _OWN):
        yield way, folded, []
    if len(typed) == 1:
        return
    for place, group in enumerate(typed):
        if len(group) >= 2 and group not in KINDS:
            others = [stem(word) for at, other in enumerate(typed) if at != place for word in other.split()]
            for way in (_OWN, _TOWN_PLACE) if structures else (_LAST, _FIRST, _TOWN):
                yield way, group, others


def _branch(way: _Way, prefix: str, others: Sequence[str], limit: int) -> tuple[str, list[Any]]:
    condition = f"{way.column} >= %s AND {way.column} < %s"
    if way.kind:
        condition = f"kind = '{way.kind}' AND {condition}"
    values: list[Any] = [prefix, prefix + _END]
    for word in others:
        condition += " AND words LIKE %s"
        values.append(f"% {word}%")  # folded: letters, digits and blanks only, nothing to escape
    return _BRANCH.format(condition, way.order), [*values, limit]


def _rank(row: tuple[Any, ...], folded: str, typed: Sequence[str]) -> tuple[Any, ...]:
    """Whole names first, then last names, first names, structures, towns; then by name."""
    last, first, name, town = row[11:15]
    exact = sum(group in {last, first, town} for group in typed)
    begun = last.startswith(folded) or any(last.startswith(group) for group in typed)
    called = any(first.startswith(group) for group in typed if first)
    place = row[0] == "ORG" and not name.startswith(folded)
    return (-exact, not (begun and called), place, not begun, not called, last, first, row[8])


def _suggestion(row: tuple[Any, ...]) -> Suggestion:
    kind, title, first, last, profession, speciality, town, organization, address, rpps, identity = row[:11]
    return Suggestion(
        kind="person" if kind == "PER" else "organization", title=title or "", first_name=first or "",
        last_name=last or "", profession=profession or "", speciality=speciality or "", town=town or "",
        organization=organization or "", address=address, rpps_tail=(rpps or "")[-4:], identity=identity or "",
    )  # fmt: skip
