"""Values of the directory -> resources of FHIR R4, in the shapes of the national API (annuaire.md §3.3). Pure.

What the extractions do not hold is left out, never guessed: no profile is claimed, FINESS is of no stated level. Who left
the directory is `active: false` with identifiers only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from directory.extract import Trade
from directory.fhir import systems
from directory.fold import fold

type Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A published MSSanté address in force."""

    address: str
    kind: str  # TRE_R257
    service: str = ""
    is_paperless: bool | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """`mailboxes`: those tied to none of the places of exercise."""

    ref: str
    idnps: str
    rpps: str
    title: str
    last_name: str
    first_name: str
    updated_at: datetime
    is_active: bool
    trades: Sequence[Trade] = ()
    mailboxes: Sequence[Mailbox] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """A person at a place, whatever the number of lines of the file that say so."""

    person: str
    place: str
    updated_at: datetime
    modes: Sequence[str] = ()  # labels of TRE_R23
    functions: Sequence[str] = ()  # labels of TRE_R21
    mailboxes: Sequence[Mailbox] = ()

    @property
    def ref(self) -> str:
        return f"{self.person}-{self.place}"


@dataclass(frozen=True, slots=True)
class Structure:
    """`key`: `F`+FINESS, `C`+SIRET, `R`+RPPS and rank. `mailboxes`: those of nobody in particular."""

    ref: str
    key: str
    name: str
    address_line: str
    postcode: str
    town: str
    commune: str
    phone: str
    updated_at: datetime
    is_active: bool
    mailboxes: Sequence[Mailbox] = ()


def practitioner(one: Person) -> Resource:
    found: Resource = {
        **_head("Practitioner", one.ref, one.updated_at),
        "active": one.is_active,
        "identifier": _person_identifiers(one),
    }
    if not one.is_active:
        return found
    name = {"use": "usual", "family": one.last_name, "given": [one.first_name] if one.first_name else None,
            "suffix": [one.title.upper()] if one.title else None}  # fmt: skip
    return found | _told(
        name=[_told(**name)],
        telecom=[_mailbox(box) for box in one.mailboxes],
        qualification=[{"code": code} for code in _qualifications(one.trades)],
    )


def practitioner_role(one: Exercise) -> Resource:
    codes = [_mode(label) for label in one.modes] + [{"text": label} for label in one.functions]
    return {
        **_head("PractitionerRole", one.ref, one.updated_at),
        "active": True,
        "practitioner": {"reference": f"Practitioner/{one.person}"},
        "organization": {"reference": f"Organization/{one.place}"},
        **_told(code=codes, telecom=[_mailbox(box) for box in one.mailboxes]),
    }


def organization(one: Structure) -> Resource:
    found = {
        **_head("Organization", one.ref, one.updated_at),
        "active": one.is_active,
        "identifier": _structure_identifiers(one.key),
        "name": one.name,  # kept of a closed structure too, as the national API does
    }
    if not one.is_active:
        return found
    phone = [{"system": "phone", "value": one.phone}] if one.phone else []
    return found | _told(telecom=phone + [_mailbox(box) for box in one.mailboxes], address=_addresses(one))


def _head(kind: str, ref: str, updated_at: datetime) -> Resource:
    meta = {"lastUpdated": instant(updated_at), "source": systems.SOURCE}
    return {"resourceType": kind, "id": ref, "meta": meta, "language": "fr"}


def instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _told(**elements: Any) -> Resource:
    """FHIR has no empty element."""
    return {name: value for name, value in elements.items() if value}


def _identifier(value: str, system: str = "", sort: str = "") -> Resource:
    coding = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": sort}]} if sort else None
    return {"use": "official", **_told(type=coding, system=system), "value": value}


def _person_identifiers(one: Person) -> list[Resource]:
    found = [_identifier(one.idnps, systems.IDNPS, "IDNPS")]
    return [*found, _identifier(one.rpps, systems.RPPS, "RPPS")] if one.rpps else found


def _structure_identifiers(key: str) -> list[Resource]:
    """The FINESS of the files may be a place's or a legal body's: its type is not told."""
    sort, value = key[:1], key[1:]
    if sort == "F" and len(key) == 10:
        return [_identifier(f"1{value}", systems.IDNST, "IDNST"), _identifier(value, systems.FINESS)]
    if sort == "C" and len(key) == 15:
        return [_identifier(f"3{value}", systems.IDNST, "IDNST"), _identifier(value, sort="SIRET")]
    if sort == "R" and len(key) == 15:
        return [_identifier(f"4{value}", systems.IDNST, "IDNST"), _identifier(value, systems.RPPS_RANK, "RPPSRG")]
    return [_identifier(key)]


def _mailbox(box: Mailbox) -> Resource:
    """Marked MSSANTE, to be told from ordinary e-mail; red-list mailboxes are in no extraction."""
    facts: list[Resource] = [{"url": "type", "valueCodeableConcept": _concept((systems.MAILBOX_TYPE, box.kind, ""))}]
    if box.service:
        facts.append({"url": "service", "valueString": box.service})
    facts.append({"url": "listeRouge", "valueBoolean": False})
    if box.is_paperless is not None:
        facts.append({"url": "digitization", "valueBoolean": box.is_paperless})
    return {
        "system": "email",
        "value": box.address,
        "extension": [
            {"url": systems.EMAIL_TYPE, "valueCoding": {"system": systems.MAIL_TYPE, "code": "MSSANTE"}},
            {"url": systems.MAILBOX_METADATA, "extension": facts},
        ],
    }


def _concept(*codings: tuple[str, str, str]) -> Resource:
    """Of (system, code, label)."""
    return {"coding": [_told(system=system, code=code, display=label) for system, code, label in codings if code]}


def _mode(label: str) -> Resource:
    code = systems.mode(fold(label))
    return _concept((systems.MODE, code, label)) if code else {"text": label}


def _qualifications(trades: Iterable[Trade]) -> list[Resource]:
    """A profession with its category, a savoir-faire with its type: each once."""
    found: dict[str, Resource] = {}
    for trade in trades:
        if trade.profession_code or trade.profession:
            found.setdefault(f"{trade.category_code}|{trade.profession_code}|{trade.profession}", _profession(trade))
        if trade.speciality_code or trade.speciality:
            found.setdefault(f"{trade.speciality_code}|{trade.speciality}", _speciality(trade))
    return list(found.values())


def _profession(trade: Trade) -> Resource:
    if not trade.profession_code:
        return {"text": trade.profession}
    return _concept(
        (systems.PROFESSION, trade.profession_code, trade.profession), (systems.CATEGORY, trade.category_code, "")
    )


def _speciality(trade: Trade) -> Resource:
    if not trade.speciality_code:
        return {"text": trade.speciality}
    system, sort = systems.skill(trade.speciality_code)
    return _concept((system, trade.speciality_code, trade.speciality), (systems.SKILL_TYPE, sort, ""))


def _addresses(one: Structure) -> list[Resource]:
    commune = [{"url": systems.INSEE_CODE, "valueCoding": {"code": one.commune}}] if one.commune else []
    lines = [one.address_line] if one.address_line else []
    found = _told(extension=commune, line=lines, city=one.town, postalCode=one.postcode)
    return [found] if found else []
