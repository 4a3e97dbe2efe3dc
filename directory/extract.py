"""Reads the public extraction files of the Annuaire Santé: a header by its names, a line into values. Pure.

The files have no quoting and no escaping; columns come and go, so they are known by name and never by place.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from directory.geography import department_of
from directory.luhn import luhn

MAX_LINE = 16_384  # characters; the longest published lines are under 1,000


class WrongHeader(ValueError):
    """Not one of our files, or a required column is missing: the sentence says which."""


class Rejected(ValueError):
    """This line cannot be loaded; the reason never quotes it."""


class Person(NamedTuple):
    idnps: str
    rpps: str
    title: str
    last_name: str
    first_name: str
    is_checked: bool  # the key of its RPPS is right


class Trade(NamedTuple):
    """A profession with a discipline, as the file codes and labels them."""

    category_code: str
    profession_code: str
    profession: str
    speciality_code: str
    speciality: str


class Place(NamedTuple):
    key: str
    name: str
    town: str
    postcode: str
    commune: str  # INSEE
    department: str
    address_line: str
    phone: str
    sector: str  # label of TRE_R02; the file of activities has it


class MailboxLine(NamedTuple):
    kind: str  # PER, ORG, APP, CAB (TRE_R257), or what a later file invents
    address: str
    service: str
    is_paperless: bool | None
    person: Person | None
    trade: Trade | None
    place: Place | None


class ActivityLine(NamedTuple):
    person: Person
    trade: Trade
    place: Place | None
    mode: str
    function: str


class SkillLine(NamedTuple):
    person: Person
    trade: Trade


type Line = MailboxLine | ActivityLine | SkillLine

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
_MAILBOX_MAYBE = {"paperless": "Dématérialisation"}
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
_ACTIVITY_MAYBE = {
    "commune": "Code commune (coord. structure)", "function": "Libellé rôle", "sector": "Libellé secteur d'activité",
}  # fmt: skip
SKILL_REQUIRED = {
    "rpps": "Identifiant PP", "category_code": "Code catégorie professionnelle", "profession_code": "Code profession",
    "profession": "Libellé profession", "speciality_code": "Code savoir-faire", "speciality": "Libellé savoir-faire",
    **_ALWAYS_PERSON,
}  # fmt: skip
_LAYOUTS = {
    "mailboxes": (MAILBOX_REQUIRED, _MAILBOX_MORE, _MAILBOX_MAYBE),
    "activities": (ACTIVITY_REQUIRED, _ACTIVITY_MORE, _ACTIVITY_MAYBE),
    "skills": (SKILL_REQUIRED, {}, {}),
}
_PERSON = ("idnps", "rpps", "title", "title_code", "last_name", "first_name")
_TRADE = ("category_code", "profession_code", "profession", "speciality_code", "speciality")
_PLACE = (
    "structure", "structure_type", "sign", "name", "town", "last_line", "postcode", "commune", "number",
    "number_more", "street_type", "street", "phone", "sector",
)  # fmt: skip
_REST = {
    "mailboxes": ("kind", "address", "service", "paperless"),
    "activities": ("mode", "function"),
    "skills": ("rpps", "rpps"),  # nothing more; itemgetter gives a tuple from two on
}
_SMALL = frozenset("sur sous de du des la le les en et aux lès d l".split())
_SHORT = " structure BAL"  # some vintages spell the last columns without it
ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,189}$)[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd\ud800-\udfff]")  # halves of a character, which JSON may hold, too
_LAST_LINE = re.compile(r"^\s*(?:\d{5}\s+)?(.*?)(?:\s+cedex(?:\s+\d+)?)?\s*$", re.IGNORECASE)
_YES, _NO = frozenset({"o", "oui", "true", "1", "vrai"}), frozenset({"n", "non", "false", "0", "faux"})
_SEEN_OFTEN = 4_096  # distinct people, trades and places remembered: a file names each several times


@dataclass(frozen=True, slots=True)
class Header:
    """Which file this is (`mailboxes`, `activities`, `skills`) and where each known column stands.

    A column that may be absent stands at `width`, where `split` puts an empty value.
    """

    kind: str
    width: int
    places: Mapping[str, int]

    def split(self, line: str) -> list[str]:
        """The values of a line without its end, blanks around them taken off, and one empty value after them."""
        if len(line) >= MAX_LINE:
            raise Rejected("ligne démesurée")
        values = line.split("|")
        if len(values) == self.width:
            values.append("")
        if len(values) != self.width + 1 or values[-1]:  # many vintages end each line with a pipe
            raise Rejected(f"{len(values) - (not values[-1])} champs au lieu de {self.width}")
        if not line.isprintable() and CONTROL.search(line):
            raise Rejected("caractère de contrôle")
        return [value.strip() for value in values] if " |" in line or "| " in line else values

    def columns(self, names: Iterable[str]) -> "itemgetter[tuple[str, ...]]":
        places = [self.places.get(name, self.width) for name in names]
        return itemgetter(*places)  # type: ignore[arg-type]  # its stubs know one place at a time


def read_header(line: str) -> Header:
    """Recognise the file by the names of its columns, BOM, blanks and trailing pipe forgiven.

    Each column we read must be there: without one the layout has changed, and half a directory would come into force.
    """
    names = [name.strip() for name in line.removeprefix("\ufeff").rstrip("\r\n").split("|")]
    if names and not names[-1]:
        names.pop()
    kind = _kind_of(set(names))
    required, more, maybe = _LAYOUTS[kind]
    found = {name: place for place, name in reversed(list(enumerate(names)))}
    if missing := [name for name in required.values() if name not in found]:
        raise WrongHeader(f"colonne absente : {missing[0]}")
    places = {field: found[name] for field, name in required.items()}
    for field, name in more.items():
        place = found.get(name, found.get(name.removesuffix(_SHORT)))
        if place is None:
            raise WrongHeader(f"colonne absente : {name}")
        places[field] = place
    places |= {field: found[name] for field, name in maybe.items() if name in found}
    return Header(kind, len(names), places)


def _kind_of(names: set[str]) -> str:
    if names & {"Adresse BAL", "Type de BAL"}:
        return "mailboxes"
    if names & {"Identifiant technique de la structure", "Code genre activité"}:
        return "activities"
    if "Code type savoir-faire" in names and "Code type diplôme obtenu" not in names:
        return "skills"
    raise WrongHeader("ce n’est aucune des extractions connues : activités, savoir-faire, boîtes MSSanté")


def reader(header: Header) -> Callable[[str], Line]:
    """What reads the lines below that header, one by one, or raises Rejected."""
    person, trade = header.columns(_PERSON), header.columns(_TRADE)
    place, rest = header.columns(_PLACE), header.columns(_REST[header.kind])

    def activity(line: str) -> ActivityLine:
        values = header.split(line)
        mode, function = rest(values)
        return ActivityLine(
            person_of(*person(values)), trade_of(*trade(values)), place_of(*place(values)), mode[:100], function[:100]
        )

    def skill(line: str) -> SkillLine:
        values = header.split(line)
        if not trade(values)[3]:
            raise Rejected("code du savoir-faire absent")
        return SkillLine(person_of(*person(values)), trade_of(*trade(values)))

    def mailbox(line: str) -> MailboxLine:
        values = header.split(line)
        return _mailbox(rest(values), person(values), trade(values), place(values))

    readers: dict[str, Callable[[str], Line]] = {"activities": activity, "skills": skill, "mailboxes": mailbox}
    return readers[header.kind]


def _mailbox(rest: Sequence[str], person: Sequence[str], trade: Sequence[str], place: Sequence[str]) -> MailboxLine:
    """One mailbox with its person, its structure, or both. A type unknown to us loads: it says who it belongs to."""
    kind, address = rest[0].upper()[:8], rest[1].lower()
    if not ADDRESS.fullmatch(address):
        raise Rejected("adresse mal formée")
    if not kind:
        raise Rejected("type de boîte absent")
    where = place_of(*place)
    if kind == "ORG" and where is None:
        raise Rejected("boîte organisationnelle sans structure")
    is_persons = kind != "ORG" and (kind == "PER" or where is None or bool(person[0] or person[1]))
    said = rest[3].lower()
    is_paperless = True if said in _YES else False if said in _NO else None
    who, what = (person_of(*person), trade_of(*trade)) if is_persons else (None, None)
    return MailboxLine(kind, address, rest[2][:300], is_paperless, who, what, where)


@lru_cache(_SEEN_OFTEN)
def person_of(idnps: str, rpps: str, title: str, title_code: str, last_name: str, first_name: str) -> Person:
    idnps = idnps or (f"8{rpps}" if len(rpps) == 11 else "")
    if not (idnps.isascii() and idnps.isalnum() and len(idnps) <= 32):
        raise Rejected("identification nationale absente ou mal formée")
    if not last_name:
        raise Rejected("nom absent")
    is_checked = luhn(rpps) if len(rpps) == 11 else True
    return Person(idnps, rpps[:32], _title(title or title_code), last_name[:200], first_name[:200], is_checked)


@lru_cache(_SEEN_OFTEN)
def trade_of(category: str, profession_code: str, profession: str, speciality_code: str, speciality: str) -> Trade:
    return Trade(category[:8], profession_code[:16], profession[:200], speciality_code[:16], speciality[:200])


@lru_cache(_SEEN_OFTEN)
def place_of(
    structure: str, structure_type: str, sign: str, name: str, town: str, last_line: str, postcode: str, commune: str,
    number: str, number_more: str, street_type: str, street: str, phone: str, sector: str,
) -> Place | None:  # fmt: skip
    key, name = structure_key(structure, structure_type), sign or name
    if not key or not name:
        return None
    if not town and (match := _LAST_LINE.match(last_line)):
        town = match[1]
    if street_type and not street.lower().startswith(street_type.lower()):  # it often holds its own type already
        street = f"{street_type} {street}"
    where = " ".join(part for part in (number, number_more, street) if part)
    return Place(
        key[:64], name[:300], _town(town)[:200], postcode[:16], commune[:5], department_of(postcode, commune), where[:400],
        _phone(phone), sector[:200],
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


@lru_cache(64)
def _title(text: str) -> str:
    return {"docteur": "Dr", "dr": "Dr", "professeur": "Pr", "pr": "Pr"}.get(text.lower().rstrip("."), "")


@lru_cache(_SEEN_OFTEN)
def _town(text: str) -> str:
    """`LA ROCHE-SUR-YON` → `La Roche-sur-Yon`; a town already in lower case is left as it is."""
    if not text.isupper():
        return text
    words = re.split(r"([ '’-])", text.lower())
    return "".join(word if at and word in _SMALL else word.capitalize() for at, word in enumerate(words))


def _phone(text: str) -> str:
    digits = re.sub(r"[^\d+]", "", text) if text else ""
    return digits[:20] if len(digits) >= 9 else ""
