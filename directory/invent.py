"""Writes invented extraction files in the exact published layouts, dirt included: same seed, same bytes. Pure.

Nobody real: RPPS begin 999 (real ones 10), addresses end in .mssante.example, phones are of the fiction range.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from directory import names
from directory.fold import fold

MAILBOX_HEADER = (
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|"
    "Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|"
    "Catégorie profession|Libellé de catégorie profession|Code Profession|Libellé Profession|Code savoir-faire|"
    "Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|Enseigne commerciale structure BAL|"
    "L2COMPLEMENTLOCALISATION structure BAL|L3COMPLEMENTDISTRIBUTION structure BAL|L4NUMEROVOIE structure BAL|"
    "L4COMPLEMENTNUMEROVOIE structure BAL|NL4TYPEVOIE structure BAL|L4LIBELLEVOIE structure BAL|"
    "L5LIEUDITMENTION structure BAL|L6LIGNEACHEMINEMENT structure BAL|Code postal structure BAL|"
    "Département structure BAL|Pays structure BAL"
)
ACTIVITY_HEADER = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|Code profession|"
    "Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|"
    "Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|"
    "Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|"
    "Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|"
    "Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|Code type de voie (coord. structure)|"
    "Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Mention distribution (coord. structure)|"
    "Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|"
    "Libellé commune (coord. structure)|Code pays (coord. structure)|Libellé pays (coord. structure)|"
    "Téléphone (coord. structure)|Téléphone 2 (coord. structure)|Télécopie (coord. structure)|"
    "Adresse e-mail (coord. structure)|Code Département (structure)|Libellé Département (structure)|"
    "Ancien identifiant de la structure|Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|"
    "Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle|Code genre activité|"
    "Libellé genre activité"
)


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


def luhn_closed(digits: str) -> str:
    """The digits with their Luhn key appended."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def places(count: int, seed: int, domains: Sequence[str] = ()) -> list[Place]:
    """One structure in 25 is a hospital; half of them keep their mail in one of `domains`, when some are given."""
    chance = random.Random(f"places {seed}")  # noqa: S311
    found = []
    for number in range(count):
        town, postcode = chance.choice(names.TOWNS)
        own = chance.choice(
            ("du Marché", "de la Gare", "des Halles", "Saint-Roch", "du Parc", chance.choice(names.FAMILY))
        )
        hospital = number % 25 == 0
        name = f"Centre hospitalier de {town}" if hospital else chance.choice(names.PLACES).format(own)
        slug = _slug(f"{name} {town}")[:40].strip("-")
        domain = "hopital.mssante.example" if hospital else f"{slug}.mssante.example"
        if domains and not hospital and chance.random() < 0.5:
            domain = chance.choice(domains)
        street, finess = chance.choice(names.STREETS), luhn_closed(f"{postcode[:2]}{number:06d}")
        found.append(Place(finess, name, str(chance.randint(1, 180)), street, postcode, town, domain))
    return found


def people(count: int, seed: int, around: Sequence[Place]) -> Iterator[Person]:
    """Family names are drawn unevenly: there are homonyms, as there are in life (annuaire.md §6.2)."""
    chance = random.Random(f"people {seed}")  # noqa: S311
    taken: set[str] = set()
    weights = [trade[2] for trade in names.TRADES]
    for number in range(count):
        code, profession, _, specialities = chance.choices(names.TRADES, weights)[0]
        last = names.FAMILY[min(int(chance.expovariate(1 / 60)), len(names.FAMILY) - 1)]
        if chance.random() < 0.12:
            last = f"{last}-{chance.choice(names.FAMILY)}"
        first = chance.choice(names.FIRST)
        held = tuple(chance.sample(around, min(len(around), chance.choices((0, 1, 2, 3), (20, 60, 15, 5))[0])))
        title = "Dr" if code in {"10", "21", "40"} and chance.random() < 0.8 else ""
        domain = held[0].domain if held and chance.random() < 0.5 else "medecin.mssante.example"
        owned = 0 if chance.random() < 0.15 else chance.choices((1, 2, 3), (85, 11, 4))[0]
        addresses = tuple(_address(first, last, domain if n == 0 else f"site{n}.mssante.example", taken)
                          for n in range(owned))  # fmt: skip
        yield Person(luhn_closed(f"999{number + 100_000:07d}"), title, first, last, code, profession,
                     *chance.choice(specialities), held, addresses, is_student=chance.random() < 0.03)  # fmt: skip


def offices(around: Sequence[Place], seed: int) -> Iterator[Office]:
    """The mailboxes of structures: one each, and hospitals' services."""
    chance = random.Random(f"offices {seed}")  # noqa: S311
    taken: set[str] = set()
    for place in around:
        services = names.SERVICES if place.domain == "hopital.mssante.example" else ("",)
        for service in services if chance.random() < 0.9 else ():
            local = _slug(f"{service or 'secretariat'} {place.name} {place.town}")[:60].strip("-")
            if (address := f"{local}@{place.domain}") not in taken:
                taken.add(address)
                yield Office(address, place, service)


def _address(first: str, last: str, domain: str, taken: set[str]) -> str:
    local = f"{_slug(first)}.{_slug(last)}"[:50]
    address, number = f"{local}@{domain}", 2
    while address in taken:
        address, number = f"{local}{number}@{domain}", number + 1
    taken.add(address)
    return address


def _slug(text: str) -> str:
    return fold(text).replace(" ", "-")


def chosen(entry: Mapping[str, str], number: int) -> Person | Office:
    """One fixed person of a demonstration, from its JSON object; a structure when it has no `last_name`."""
    place, address = None, entry.get("address", "")
    if entry.get("organization"):
        postcode = entry.get("postcode", "")
        finess = entry.get("finess") or luhn_closed(f"{postcode[:2] or '75'}9{number:05d}")
        place = Place(finess, entry["organization"], entry.get("number", "1"), entry.get("street", names.STREETS[0]),
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
