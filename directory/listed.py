"""What the annuaire says of people and structures that somebody keeps by their pages: the second door beside lookup.

For lists of one's own (a pharmacy's favourites): who is gone from the annuaire is told as gone, and keeps a name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from directory import identity
from directory.lookup import Suggestion
from directory.models import DirectoryLoad, MailboxAddress, Organization, Practitioner, PractitionerRole

_REF = re.compile(r"[ps]:[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """What the annuaire says of a person or a structure that somebody keeps by its page (`by_ref`)."""

    face: Suggestion  # with the first of its addresses
    addresses: tuple[str, ...]  # in force
    where: str
    phone: str
    is_gone: bool


def is_ref(text: str) -> bool:
    """Does it name a page: `p:` of a person or `s:` of a structure, and its ref?"""
    return bool(_REF.fullmatch(text))


def by_ref(refs: Iterable[str]) -> dict[str, Listed]:
    """By `p:` or `s:` and the ref of the page, those that the annuaire knows or has known. Four statements at most."""
    ids: dict[str, list[int]] = {"p": [], "s": []}
    for ref in {ref for ref in refs if is_ref(ref)}:
        ids[ref[0]].append(identity.row_id(ref[2:]))
    held: dict[str, list[str]] = defaultdict(list)
    if ids["p"] or ids["s"]:
        owned = Q(practitioner__in=ids["p"]) | Q(organization__in=ids["s"], practitioner=None)
        rows = MailboxAddress.objects.filter(owned, vanished_at=None, is_hidden=False).order_by("address")
        for who, place, address in rows.values_list("practitioner_id", "organization_id", "address"):
            held[f"s:{identity.ref(place)}" if who is None else f"p:{identity.ref(who)}"].append(address)
    people = Practitioner.objects.filter(pk__in=ids["p"]).select_related("qualification") if ids["p"] else ()
    places = Organization.objects.filter(pk__in=ids["s"]) if ids["s"] else ()
    at = _first_places(ids["p"])
    known = {f"p:{one.ref}": _listed_person(one, at.get(one.pk), held[f"p:{one.ref}"]) for one in people}
    return known | {f"s:{one.ref}": _listed_place(one, held[f"s:{one.ref}"]) for one in places}


def _first_places(people: Sequence[int]) -> dict[int, Organization]:
    """Where each of these people practises, by the first line that says so."""
    if not people:
        return {}
    roles = PractitionerRole.objects.filter(practitioner__in=people, organization__isnull=False).order_by("-line")
    placed = roles.select_related("organization")
    return {role.practitioner_id: role.organization for role in placed if role.organization}


def _listed_person(person: Practitioner, place: Organization | None, addresses: list[str]) -> Listed:
    trade = person.qualification
    face = Suggestion(
        kind="person", title=person.title, first_name=person.first_name, last_name=person.last_name,
        profession=trade.profession if trade else "", speciality=trade.speciality if trade else "",
        town=place.town if place else "", organization=place.name if place else "", address=(addresses or [""])[0],
        rpps_tail=person.rpps[-4:], identity=person.pk, category_code=trade.category_code if trade else "",
    )  # fmt: skip
    gone = person.vanished_at is not None
    return Listed(face, tuple(dict.fromkeys(addresses)), _where(place), place.phone if place else "", gone)


def _listed_place(place: Organization, addresses: list[str]) -> Listed:
    face = Suggestion(
        kind="organization", title="", first_name="", last_name="", profession="", speciality="", town=place.town,
        organization=place.name, address=(addresses or [""])[0], rpps_tail="", identity=place.pk,
    )  # fmt: skip
    gone = place.vanished_at is not None
    return Listed(face, tuple(dict.fromkeys(addresses)), _where(place), place.phone, gone)


def _where(place: Organization | None) -> str:
    if place is None:
        return ""
    return ", ".join(part for part in (place.address_line, f"{place.postcode} {place.town}".strip()) if part)


def day_of_data() -> datetime | None:
    """Of the extraction in force."""
    load = DirectoryLoad.objects.in_force()
    return load.day if load else None
