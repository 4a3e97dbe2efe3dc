"""What the pages of the directory show: one card per person or structure, with the addresses it can be written at."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from directory import geography, lookup
from directory.lookup import Scope
from directory.models import MailboxAddress

_NEAR_KM = 100
type _Key = tuple[str, int | None]  # (kind, row of the person or structure)


@dataclass(frozen=True, slots=True)
class Card:
    """One person, or one structure with its services; the addresses in force, the one to write to first."""

    face: lookup.Suggestion
    addresses: tuple[MailboxAddress, ...]
    km: int | None = None  # from who asks, as the crow flies, one town to the other

    @property
    def is_near(self) -> bool:
        """Near enough for the distance to say something."""
        return self.km is not None and self.km <= _NEAR_KM

    @property
    def preferred(self) -> MailboxAddress | None:
        return next(iter(self.addresses), None)


def cards(text: str, *, limit: int, scope: Scope, here: geography.Commune | None = None) -> tuple[list[Card], str]:
    """Found people and structures, likeliest first, and the words they were found with if a typing error was mended.

    Two queries whatever their number, when nothing needs mending.
    """
    answer = lookup.find(text, limit=limit, scope=scope)
    faces = answer.faces
    once = {(face.kind, face.identity): face for face in reversed(faces)}
    ordered = [face for face in faces if once[face.kind, face.identity] is face]
    held = _addresses(ordered)
    found = [Card(face, _once(face, held[face.kind, face.identity]), _distance(here, face.commune)) for face in ordered]
    return found, answer.meant


def _distance(here: geography.Commune | None, commune: str) -> int | None:
    there = geography.communes().get(commune)
    return round(geography.distance_km(here, there)) if here and there else None


def _addresses(faces: Iterable[lookup.Suggestion]) -> dict[_Key, list[MailboxAddress]]:
    people = [face.identity for face in faces if face.kind == "person"]
    places = [face.identity for face in faces if face.kind == "organization"]
    found: dict[_Key, list[MailboxAddress]] = defaultdict(list)
    if people or places:
        rows = MailboxAddress.objects.filter(
            Q(practitioner__in=people) | Q(organization__in=places, practitioner=None),
            vanished_at=None,
            is_hidden=False,
        )
        for row in rows.select_related("organization").order_by("address"):
            is_persons = row.practitioner_id is not None
            owner = row.practitioner_id if is_persons else row.organization_id
            found["person" if is_persons else "organization", owner].append(row)
    return found


def _once(face: lookup.Suggestion, rows: list[MailboxAddress]) -> tuple[MailboxAddress, ...]:
    """Each address once, the suggested one first: a structure's services are beneath it, the one that was found before."""
    once: dict[str, MailboxAddress] = {}
    for row in rows:
        once.setdefault(row.address, row)
    return tuple(sorted(once.values(), key=lambda row: row.address != face.address))
