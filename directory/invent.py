"""Writes invented extraction files in the exact published layouts, dirt included: same seed, same bytes. Pure.

Nobody real: RPPS begin 999 (real ones 10), addresses end in .mssante.example, phones are of the fiction range.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
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
    speciality: str
    place: Place | None
    addresses: tuple[str, ...]


def luhn_closed(digits: str) -> str:
    """The digits with their Luhn key appended."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def places(count: int, seed: int) -> list[Place]:
    chance = random.Random(f"places {seed}")  # noqa: S311
    found = []
    for number in range(count):
        town, postcode = chance.choice(names.TOWNS)
        hospital = number % 25 == 0
        own = chance.choice(
            ("du Marché", "de la Gare", "des Halles", "Saint-Roch", "du Parc", chance.choice(names.FAMILY))
        )
        name = f"Centre hospitalier de {town}" if hospital else chance.choice(names.PLACES).format(own)
        slug = fold(f"{name} {town}").replace(" ", "-")
        domain = "hopital.mssante.example" if hospital else f"{slug[:40].strip('-')}.mssante.example"
        street = chance.choice(names.STREETS)
        finess = luhn_closed(f"{postcode[:2]}{number:06d}")
        found.append(Place(finess, name, str(chance.randint(1, 180)), street, postcode, town, domain))
    return found


def people(count: int, seed: int, around: Sequence[Place]) -> Iterator[Person]:
    """Family names are drawn unevenly: there are homonyms, as there are in life."""
    chance = random.Random(f"people {seed}")  # noqa: S311
    taken: set[str] = set()
    weights = [trade[2] for trade in names.TRADES]
    for number in range(count):
        code, profession, _, specialities = chance.choices(names.TRADES, weights)[0]
        last = names.FAMILY[min(int(chance.expovariate(1 / 60)), len(names.FAMILY) - 1)]
        if chance.random() < 0.12:
            last = f"{last}-{chance.choice(names.FAMILY)}"
        first = chance.choice(names.FIRST)
        place = chance.choice(around) if around and chance.random() < 0.8 else None
        title = "Dr" if code in {"10", "21", "40"} and chance.random() < 0.8 else ""
        domain = place.domain if place and chance.random() < 0.5 else "medecin.mssante.example"
        owned = 0 if chance.random() < 0.15 else chance.choices((1, 2, 3), (85, 11, 4))[0]
        addresses = tuple(_address(first, last, domain if n == 0 else f"site{n}.mssante.example", taken)
                          for n in range(owned))  # fmt: skip
        yield Person(luhn_closed(f"999{number + 100_000:07d}"), title, first, last, code, profession,
                     chance.choice(specialities), place, addresses)  # fmt: skip


def _address(first: str, last: str, domain: str, taken: set[str]) -> str:
    local = f"{fold(first)}.{fold(last)}".replace(" ", "-")[:50]
    address, number = f"{local}@{domain}", 2
    while address in taken:
        address, number = f"{local}{number}@{domain}", number + 1
    taken.add(address)
    return address


def chosen(entry: Mapping[str, str], number: int) -> Person:
    """One fixed person of a demonstration, from its JSON object."""
    place = None
    if entry.get("organization"):
        postcode = entry.get("postcode", "")
        place = Place(luhn_closed(f"{postcode[:2] or '75'}9{number:05d}"), entry["organization"], "1", names.STREETS[0],
                      postcode, entry.get("town", ""), "")  # fmt: skip
    address = entry.get("address", "")
    return Person(luhn_closed(f"999{number:07d}"), entry.get("title", ""), entry["first_name"], entry["last_name"],
                  entry.get("profession_code", ""), entry.get("profession", ""), entry.get("speciality", ""), place,
                  (address,) if address else ())  # fmt: skip


def mailbox_lines(
    everyone: Sequence[Person], around: Sequence[Place], seed: int, *, dirt: bool = True
) -> Iterator[str]:
    chance = random.Random(f"dirt {seed}")  # noqa: S311
    yield MAILBOX_HEADER
    for person in everyone:
        for address in person.addresses:
            shown = address.upper() if dirt and chance.random() < 0.01 else address
            last = person.last_name.upper() if dirt and chance.random() < 0.5 else person.last_name
            line = _mailbox("PER", shown, person, person.place if chance.random() < 0.6 or not dirt else None, last)
            yield line
            if dirt and chance.random() < 0.001:
                yield line
    seen: set[str] = set()
    for place in around:
        address = (
            f"secretariat.{fold(place.name)}.{fold(place.town)}".replace(" ", "-")[:60].rstrip(".-")
            + f"@{place.domain}"
        )
        if address not in seen:
            seen.add(address)
            yield _mailbox("ORG", address, None, place, "")


def _mailbox(kind: str, address: str, person: Person | None, place: Place | None, last: str) -> str:
    who = ["", "", ""] if person is None else ["8", person.rpps, f"8{person.rpps}"]
    called = ["", "", "", "", "", "", "", "", ""]
    if person is not None:
        called = [person.title.upper(), last, person.first_name, "C", "Civil", person.profession_code,
                  person.profession, "", person.speciality]  # fmt: skip
    where = [""] * 13
    structure = ["", ""]
    if place is not None:
        structure = ["1", f"1{place.finess}"]
        where = [place.name, "", "", "", place.number, "", "", place.street, "", f"{place.postcode} {place.town.upper()}",
                 place.postcode, place.postcode[:2], "France"]  # fmt: skip
    return "|".join([kind, address, *who, *structure, "", *called, "O", *where])


def activity_lines(everyone: Sequence[Person]) -> Iterator[str]:
    """With the trailing pipe of many published vintages."""
    yield ACTIVITY_HEADER + "|"
    columns = {name: place for place, name in reversed(list(enumerate(ACTIVITY_HEADER.split("|"))))}
    for number, person in enumerate(everyone):
        place = person.place
        facts = {
            "Type d'identifiant PP": "8", "Identifiant PP": person.rpps, "Identification nationale PP": f"8{person.rpps}",
            "Code civilité d'exercice": person.title.upper(),
            "Libellé civilité d'exercice": "Docteur" if person.title == "Dr" else "",
            "Nom d'exercice": person.last_name, "Prénom d'exercice": person.first_name,
            "Code profession": person.profession_code, "Libellé profession": person.profession,
            "Code catégorie professionnelle": "C", "Libellé catégorie professionnelle": "Civil",
            "Code type savoir-faire": "S" if person.speciality else "", "Libellé savoir-faire": person.speciality,
            "Code mode exercice": "S", "Libellé mode exercice": "Salarié",
        }  # fmt: skip
        if place is not None:
            facts |= {
                "Numéro FINESS site": place.finess, "Identifiant technique de la structure": f"F{place.finess}",
                "Raison sociale site": place.name, "Numéro Voie (coord. structure)": place.number,
                "Libellé Voie (coord. structure)": place.street, "Code postal (coord. structure)": place.postcode,
                "Bureau cedex (coord. structure)": f"{place.postcode} {place.town.upper()}",
                "Libellé commune (coord. structure)": place.town,
                "Téléphone (coord. structure)": "0000" if number % 50 == 0 else f"01 99 00 {number % 10000:04d}",
            }  # fmt: skip
        values = [""] * len(columns)
        for name, value in facts.items():
            values[columns[name]] = value
        yield "|".join(values) + "|"
