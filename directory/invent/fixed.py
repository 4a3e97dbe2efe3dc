"""People and structures given by hand, for a demonstration or a test, in the same published layouts."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from directory.fold import fold
from directory.invent.draws import luhn_closed
from directory.invent.headers import ACTIVITY_HEADER, MAILBOX_HEADER


@dataclass(frozen=True, slots=True)
class Place:
    finess: str
    name: str
    number: str
    street: str
    postcode: str
    town: str
    domain: str


@dataclass(frozen=True, slots=True)
class Person:
    rpps: str
    title: str
    first_name: str
    last_name: str
    profession_code: str
    profession: str
    speciality_code: str
    speciality: str
    places: tuple[Place, ...]
    addresses: tuple[str, ...]
    is_student: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """The mailbox of a structure, or of one of its services."""

    address: str
    place: Place
    service: str = ""


def chosen(entry: Mapping[str, str], number: int) -> Person | Office:
    """One fixed person of a demonstration, from its JSON object; a structure when it has no `last_name`."""
    place, address = None, entry.get("address", "")
    if entry.get("organization"):
        postcode = entry.get("postcode", "")
        finess = entry.get("finess") or luhn_closed(f"{postcode[:2] or '75'}9{number:05d}")
        place = Place(finess, entry["organization"], entry.get("number", "1"), entry.get("street", "RUE DE LA RÉPUBLIQUE"),
                      postcode, entry.get("town", ""), "")  # fmt: skip
    if place and not entry.get("last_name"):
        return Office(address, place, entry.get("service", ""))
    return Person(
        entry.get("rpps") or luhn_closed(f"999{number:07d}"), entry.get("title", ""), entry["first_name"],
        entry["last_name"], entry.get("profession_code", ""), entry.get("profession", ""),
        entry.get("speciality_code", ""), entry.get("speciality", ""), (place,) if place else (),
        (address,) if address else (),
    )  # fmt: skip


def mailbox_lines(
    everyone: Sequence[Person], around: Sequence[Office], seed: int, *, dirt: bool = True
) -> Iterator[str]:
    """A little dirt, as published: mixed case, missing accents and structures, the same line twice."""
    chance = random.Random(f"dirt {seed}")  # noqa: S311
    yield MAILBOX_HEADER
    for person in everyone:
        for number, address in enumerate(person.addresses):
            shown = address.upper() if dirt and chance.random() < 0.01 else address
            last = person.last_name.upper() if dirt and chance.random() < 0.5 else person.last_name
            if dirt and chance.random() < 0.1:
                last = fold(last).upper()
            place = person.places[number % len(person.places)] if person.places else None
            line = _mailbox("PER", shown, person, place if chance.random() < 0.6 or not dirt else None, last)
            yield line
            if dirt and chance.random() < 0.001:
                yield line
    for office in around:
        yield _mailbox("ORG", office.address, None, office.place, "", office.service)


def _mailbox(kind: str, address: str, person: Person | None, place: Place | None, last: str, service: str = "") -> str:
    who = ["", "", ""] if person is None else ["8", person.rpps, f"8{person.rpps}"]
    called = [""] * 9
    if person is not None:
        called = [person.title.upper(), last, person.first_name, *_category(person), person.profession_code,
                  person.profession, person.speciality_code, person.speciality]  # fmt: skip
    where, structure = [""] * 13, ["", ""]
    if place is not None:
        structure = ["1", f"1{place.finess}"]
        where = [place.name, "", "", "", place.number, "", "", place.street, "", f"{place.postcode} {place.town.upper()}",
                 place.postcode, place.postcode[:2], "France"]  # fmt: skip
    return "|".join([kind, address, *who, *structure, service, *called, "O", *where])


def _category(person: Person) -> tuple[str, str]:
    return ("E", "Etudiant") if person.is_student else ("C", "Civil")


_AT = {name: place for place, name in reversed(list(enumerate(ACTIVITY_HEADER.split("|"))))}


def activity_lines(everyone: Iterable[Person]) -> Iterator[str]:
    """One line per person and place, with the trailing pipe of many published vintages."""
    yield ACTIVITY_HEADER + "|"
    for number, person in enumerate(everyone):
        for place in person.places or (None,):
            values = [""] * len(_AT)
            for name, value in _activity(
                person, place, "0000" if number % 50 == 0 else f"01 99 00 {number % 10000:04d}"
            ):
                values[_AT[name]] = value
            yield "|".join(values) + "|"


def _activity(person: Person, place: Place | None, phone: str) -> Iterator[tuple[str, str]]:
    """Columns and what they hold; the others are empty."""
    category, category_label = _category(person)
    yield from {
        "Type d'identifiant PP": "8", "Identifiant PP": person.rpps, "Identification nationale PP": f"8{person.rpps}",
        "Code civilité d'exercice": person.title.upper(),
        "Libellé civilité d'exercice": "Docteur" if person.title == "Dr" else "",
        "Nom d'exercice": person.last_name, "Prénom d'exercice": person.first_name,
        "Code profession": person.profession_code, "Libellé profession": person.profession,
        "Code catégorie professionnelle": category, "Libellé catégorie professionnelle": category_label,
        "Code type savoir-faire": "S" if person.speciality else "", "Code savoir-faire": person.speciality_code,
        "Libellé savoir-faire": person.speciality, "Code mode exercice": "S", "Libellé mode exercice": "Salarié",
    }.items()  # fmt: skip
    if place is not None:
        yield from {
            "Numéro FINESS site": place.finess, "Identifiant technique de la structure": f"F{place.finess}",
            "Raison sociale site": place.name, "Numéro Voie (coord. structure)": place.number,
            "Libellé Voie (coord. structure)": place.street, "Code postal (coord. structure)": place.postcode,
            "Bureau cedex (coord. structure)": f"{place.postcode} {place.town.upper()}",
            "Libellé commune (coord. structure)": place.town, "Téléphone (coord. structure)": phone,
        }.items()  # fmt: skip
