"""Reads the public extraction files of the Annuaire Santé: a header by its names, a line into values. Pure.

The files have no quoting and no escaping; columns come and go, so they are known by name and never by place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_LINE = 16_384  # characters; the longest published lines are under 1,000


class WrongHeader(ValueError):
    """Not one of our files, or a required column is missing: the sentence says which."""


class Rejected(ValueError):
    """This line cannot be loaded; the reason never quotes it."""


@dataclass(frozen=True, slots=True)
class Person:
    idnps: str
    rpps: str
    title: str
    last_name: str
    first_name: str
    is_checked: bool
    category_code: str
    profession_code: str
    profession: str
    speciality_code: str
    speciality: str


@dataclass(frozen=True, slots=True)
class Place:
    key: str
    name: str
    town: str
    postcode: str
    department: str
    address_line: str
    phone: str


@dataclass(frozen=True, slots=True)
class MailboxLine:
    kind: str  # PER, ORG, APP, CAB (TRE_R257), or what a later file invents
    address: str
    person: Person | None
    place: Place | None
    service: str


@dataclass(frozen=True, slots=True)
class ActivityLine:
    person: Person
    place: Place | None
    mode: str


_ALWAYS_PERSON = {
    "idnps": "Identification nationale PP",
    "last_name": "Nom d'exercice",
    "first_name": "Prénom d'exercice",
}

MAILBOX_REQUIRED = {
    "kind": "Type de BAL", "address": "Adresse BAL", "rpps": "Identifiant PP", "structure": "Identification Structure",
    "profession_code": "Code Profession", "profession": "Libellé Profession", **_ALWAYS_PERSON,
}  # fmt: skip
_MAILBOX_MORE = {
    "structure_type": "Type identifiant structure", "service": "Service de rattachement",
    "title": "Civilité d'exercice", "category_code": "Catégorie profession", "speciality_code": "Code savoir-faire",
    "speciality": "Libellé savoir-faire", "name": "Raison Sociale structure BAL",
    "sign": "Enseigne commerciale structure BAL", "number": "L4NUMEROVOIE structure BAL",
    "number_more": "L4COMPLEMENTNUMEROVOIE structure BAL", "street_type": "NL4TYPEVOIE structure BAL",
    "street": "L4LIBELLEVOIE structure BAL", "last_line": "L6LIGNEACHEMINEMENT structure BAL",
    "postcode": "Code postal structure BAL", "department": "Département structure BAL",
}  # fmt: skip
ACTIVITY_REQUIRED = {
    "rpps": "Identifiant PP", "profession_code": "Code profession", "profession": "Libellé profession",
    "structure": "Identifiant technique de la structure", "name": "Raison sociale site", **_ALWAYS_PERSON,
}  # fmt: skip
_ACTIVITY_MORE = {
    "title": "Libellé civilité d'exercice", "title_code": "Code civilité d'exercice",
    "category_code": "Code catégorie professionnelle", "speciality_code": "Code savoir-faire",
    "speciality": "Libellé savoir-faire", "mode": "Libellé mode exercice",
    "sign": "Enseigne commerciale site", "number": "Numéro Voie (coord. structure)",
    "number_more": "Indice répétition voie (coord. structure)",
    "street_type": "Libellé type de voie (coord. structure)", "street": "Libellé Voie (coord. structure)",
    "last_line": "Bureau cedex (coord. structure)", "postcode": "Code postal (coord. structure)",
    "town": "Libellé commune (coord. structure)", "department": "Libellé Département (structure)",
    "phone": "Téléphone (coord. structure)",
}  # fmt: skip
_SMALL = frozenset("sur sous de du des la le les en et aux lès d l".split())
_SHORT = " structure BAL"  # some vintages spell the last columns without it
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,189}$)[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_DOUBLED = {str(digit): digit * 2 - 9 * (digit > 4) for digit in range(10)}
_LAST_LINE = re.compile(r"^\s*(?:\d{5}\s+)?(.*?)(?:\s+cedex(?:\s+\d+)?)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """Which file this is (`mailboxes` or `activities`) and where each known column stands."""

    kind: str
    width: int
    places: Mapping[str, int]

    def fields(self, line: str) -> dict[str, str]:
        """The known columns of a line; an absent optional one reads empty."""
        if len(line) >= MAX_LINE:
            raise Rejected("ligne démesurée")
        values = line.rstrip("\r\n").split("|")
        if len(values) == self.width + 1 and not values[-1]:  # many vintages end each line with a pipe
            values.pop()
        if len(values) != self.width:
            raise Rejected(f"{len(values)} champs au lieu de {self.width}")
        if _CONTROL.search(line.rstrip("\r\n")):
            raise Rejected("caractère de contrôle")
        return {name: values[place].strip() for name, place in self.places.items()}


def read_header(line: str) -> Header:
    """Recognise the file by the names of its columns, BOM, blanks and trailing pipe forgiven.

    Each column we read must be there: without one the layout has changed, and half a directory would come into force.
    """
    names = [name.strip() for name in line.removeprefix("\ufeff").rstrip("\r\n").split("|")]
    if names and not names[-1]:
        names.pop()
    if "Adresse BAL" in names or "Type de BAL" in names:
        kind, required, more = "mailboxes", MAILBOX_REQUIRED, _MAILBOX_MORE
    elif "Identifiant technique de la structure" in names or "Code genre activité" in names:
        kind, required, more = "activities", ACTIVITY_REQUIRED, _ACTIVITY_MORE
    else:
        raise WrongHeader("ce n’est ni l’extraction des boîtes MSSanté ni celle des activités")
    found = {name: place for place, name in reversed(list(enumerate(names)))}
    if missing := [name for name in required.values() if name not in found]:
        raise WrongHeader(f"colonne absente : {missing[0]}")
    places = {field: found[name] for field, name in required.items()}
    for field, name in more.items():
        place = found.get(name, found.get(name.removesuffix(_SHORT)))
        if place is None:
            raise WrongHeader(f"colonne absente : {name}")
        places[field] = place
    return Header(kind, len(names), places)


def mailbox_line(header: Header, line: str) -> MailboxLine:
    """One mailbox with its person, its structure, or both. A type unknown to us loads: it says who it belongs to."""
    row = header.fields(line)
    kind, address = row["kind"].upper()[:8], row["address"].lower()
    if not _ADDRESS.fullmatch(address):
        raise Rejected("adresse mal formée")
    if not kind:
        raise Rejected("type de boîte absent")
    place = _place(row)
    if kind == "ORG" and place is None:
        raise Rejected("boîte organisationnelle sans structure")
    is_persons = kind != "ORG" and (kind == "PER" or place is None or bool(row["idnps"] or row["rpps"]))
    return MailboxLine(kind, address, _person(row) if is_persons else None, place, row.get("service", "")[:300])


def activity_line(header: Header, line: str) -> ActivityLine:
    """One activity of one person."""
    row = header.fields(line)
    return ActivityLine(_person(row), _place(row), row.get("mode", "")[:100])


def _person(row: Mapping[str, str]) -> Person:
    idnps = row["idnps"] or (f"8{row['rpps']}" if len(row["rpps"]) == 11 else "")
    if not (idnps.isascii() and idnps.isalnum() and len(idnps) <= 32):
        raise Rejected("identification nationale absente ou mal formée")
    if not row["last_name"]:
        raise Rejected("nom absent")
    rpps = row["rpps"][:32]
    return Person(
        idnps, rpps, _title(row.get("title", "") or row.get("title_code", "")), row["last_name"][:200], row["first_name"][:200],
        luhn(rpps) if len(rpps) == 11 else True, row.get("category_code", "")[:8], row["profession_code"][:16],
        row["profession"][:200], row.get("speciality_code", "")[:16], row.get("speciality", "")[:200],
    )  # fmt: skip


def luhn(digits: str) -> bool:
    """The key of RPPS, FINESS, SIREN and SIRET (annuaire.md §2.4). A faulty one is flagged, never rejected."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    return (sum(map(int, digits[-1::-2])) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def _place(row: Mapping[str, str]) -> Place | None:
    name = row.get("sign", "") or row.get("name", "")
    key = structure_key(row["structure"], row.get("structure_type", ""))
    if not key or not name:
        return None
    match = _LAST_LINE.match(row.get("last_line", ""))
    town = _town(row.get("town", "") or (match[1] if match else ""))
    return Place(
        key[:64], name[:300], town[:200], row.get("postcode", "")[:16], row.get("department", "")[:100],
        _street(row)[:400], _phone(row.get("phone", "")),
    )  # fmt: skip


def structure_key(identifier: str, kind: str = "") -> str:
    """One spelling for the ways a structure is named: `F`+FINESS, `C`+SIRET, `R`+RPPS and rank; others as they are."""
    text, sort = identifier.replace(" ", "").upper(), kind.upper()
    if len(text) == 9 and "SIREN" not in sort:
        return f"F{text}"
    if len(text) == 10 and text[0] == "1":
        return f"F{text[1:]}"
    if len(text) == 14:
        return f"{'R' if 'RPPS' in sort or sort in {'4', '6'} else 'C'}{text}"
    if len(text) == 15 and text[0] in "34":
        return f"{'C' if text[0] == '3' else 'R'}{text[1:]}"
    return text


def _title(text: str) -> str:
    return {"docteur": "Dr", "dr": "Dr", "professeur": "Pr", "pr": "Pr"}.get(text.lower().rstrip("."), "")


def _street(row: Mapping[str, str]) -> str:
    """Number and street; the street often holds its own type already."""
    street, sort = row.get("street", ""), row.get("street_type", "")
    if sort and not street.lower().startswith(sort.lower()):
        street = f"{sort} {street}"
    return " ".join(part for part in (row.get("number", ""), row.get("number_more", ""), street) if part)


def _town(text: str) -> str:
    """`LA ROCHE-SUR-YON` → `La Roche-sur-Yon`; a town already in lower case is left as it is."""
    if not text.isupper():
        return text
    words = re.split(r"([ '’-])", text.lower())
    return "".join(word if at and word in _SMALL else word.capitalize() for at, word in enumerate(words))


def _phone(text: str) -> str:
    digits = re.sub(r"[^\d+]", "", text)
    return digits[:20] if len(digits) >= 9 else ""
