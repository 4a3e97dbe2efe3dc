"""Reads what the Annuaire Santé answers (FHIR R4, annuaire.md §3): a page of resources becomes frozen values. Pure.

Takes the shapes of v2 in production and of the guide 1.2.0: what one of them lacks may be missing. A telecom is a mailbox
only when its extension says MSSANTE; the red list is never read. Nothing that came is quoted in an exception.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from directory.extract import ADDRESS, CONTROL, structure_key
from directory.fhir import systems

MOST = 2_000  # resources of a page, included ones too
_MOST_PARTS = 200  # of one list inside a resource
_ADXP = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
_INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
_RPPS_RANKS = {systems.RPPS, systems.RPPS_RANK}  # annuaire.md §2.4: either is met
_IDENTIFIERS = ("IDNST", "FINEG", "FINEJ", "SIRET")  # of a structure, what the files call it first


class Unreadable(ValueError):
    """Not a page of FHIR: truncated, too deep, not UTF-8, or another thing."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    address: str  # lower-cased
    kind: str  # TRE_R257
    service: str
    is_paperless: bool | None  # `digitization`: gone in the guide 1.2.0
    rank: int | None  # 1 is the preferred one; new in the guide 1.2.0


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Closed, it has its identifiers only. `id` is the API's own, good for the references of one page and no longer."""

    id: str
    is_active: bool
    idnps: str
    rpps: str
    title: str = ""
    last_name: str = ""
    first_name: str = ""
    category_code: str = ""
    profession_code: str = ""
    profession: str = ""
    speciality_code: str = ""
    speciality: str = ""
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True)
class PractitionerRole:
    """Closed, it says neither whose it was nor where."""

    id: str
    is_active: bool
    practitioner_id: str
    organization_id: str
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    id: str
    is_active: bool
    keys: tuple[str, ...]  # `F`+FINESS, `C`+SIRET, `R`+RPPS and rank: each that it can be known by
    name: str = ""
    town: str = ""
    postcode: str = ""
    commune: str = ""  # INSEE
    number: str = ""
    street_type: str = ""
    street: str = ""
    phone: str = ""
    mailboxes: tuple[Mailbox, ...] = ()


type Resource = Practitioner | PractitionerRole | Organization


@dataclass(frozen=True, slots=True)
class Page:
    """`unread`: how many resources are neither of the three nor could be understood."""

    resources: tuple[Resource, ...]
    next: str  # opaque link, '' on the last page
    unread: int = 0


def page(body: bytes) -> Page:
    """One Bundle. What it holds besides people, roles and structures (an OperationOutcome) is counted, not read."""
    bundle = _parsed(body)
    if _text(bundle, "resourceType") != "Bundle":
        raise Unreadable("not a bundle")
    entries = _get(bundle, "entry")
    if isinstance(entries, list) and len(entries) > MOST:
        raise Unreadable("too many resources")
    read = [_resource(_get(entry, "resource")) for entry in _all(bundle, "entry", MOST)]
    links = (_get(link, "url") for link in _all(bundle, "link") if _get(link, "relation") == "next")
    following = next(links, "")
    return Page(
        tuple(one for one in read if one), following if isinstance(following, str) else "", sum(not one for one in read)
    )


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body.decode())
    except (ValueError, RecursionError):  # UnicodeDecodeError is one; a depth beyond the interpreter's is the other
        raise Unreadable("not JSON") from None
    return parsed


def _resource(told: object) -> Resource | None:
    match _text(told, "resourceType"):
        case "Practitioner":
            return _practitioner(told)
        case "PractitionerRole":
            return _role(told)
        case "Organization":
            return _organization(told)
    return None


def _practitioner(told: object) -> Practitioner | None:
    idnps = rpps = ""
    for identifier in _all(told, "identifier"):
        value, system = _text(identifier, "value", 32), _text(identifier, "system")
        if system == systems.IDNPS:
            idnps = idnps or value
        elif system == systems.RPPS and _identifier_type(identifier) in {"RPPS", ""}:
            rpps = rpps or value
    if not idnps and len(rpps) == 11:
        idnps = f"8{rpps}"
    if not idnps:
        return None
    name = next((one for one in _all(told, "name") if _text(one, "family")), None)
    category, profession, label, speciality, speciality_label = _trade(told)
    return Practitioner(
        _text(told, "id"), _is_active(told), idnps, rpps, _title(name), _text(name, "family", 200),
        " ".join(_texts(name, "given"))[:200], category, profession, label, speciality, speciality_label, _mailboxes(told),
    )  # fmt: skip


def _title(name: object) -> str:
    """The suffix is the title of practice (DR, PR), the prefix the civility."""
    return next(iter([*_texts(name, "suffix"), *_texts(name, "prefix")]), "")


def _trade(told: object) -> tuple[str, str, str, str, str]:
    """Category, profession and its label, discipline and its label: the first of each that has one; not the diplomas."""
    category, profession, speciality = "", ("", ""), ("", "")
    for qualification in _all(told, "qualification"):
        codings = {_text(one, "system"): one for one in _all(_get(qualification, "code"), "coding")}
        if systems.CATEGORY in codings or systems.PROFESSION in codings:
            category = category or _text(codings.pop(systems.CATEGORY, None), "code", 8)
            profession = profession if profession[0] else _coded(codings.values())
        elif codings.pop(systems.SKILL_TYPE, None) or systems.SPECIALITY in codings:
            speciality = speciality if speciality[0] else _coded(codings.values())
    return category, *profession, *speciality


def _coded(codings: Iterable[object]) -> tuple[str, str]:
    """Code and label of the first; the API gives codes mostly."""
    first = next(iter(codings), None)
    return _text(first, "code", 16), _text(first, "display", 200)


def _role(told: object) -> PractitionerRole:
    who, where = (_reference(told, name) for name in ("practitioner", "organization"))
    return PractitionerRole(_text(told, "id"), _is_active(told), who, where, _mailboxes(told))


def _reference(told: object, name: str) -> str:
    """`Practitioner/003-1` → `003-1`, with a version or an origin around it too."""
    return _text(_get(told, name), "reference", 256).partition("/_history/")[0].rpartition("/")[2]


def _organization(told: object) -> Organization | None:
    if not (keys := _keys(told)):
        return None
    address = next(iter(_all(told, "address")), None)
    lines = _all(address, "_line")
    parts = {_text(part, "url").removeprefix(_ADXP): part for line in lines for part in _all(line, "extension")}
    number, street_type, street = (
        _text(parts.get(name), "valueString", 200) for name in ("houseNumber", "streetNameType", "streetNameBase")
    )
    insee = (_get(one, "valueCoding") for one in _all(address, "extension") if _text(one, "url") == _INSEE)
    phones = (_text(one, "value", 32) for one in _all(told, "telecom") if _text(one, "system") == "phone")
    return Organization(
        _text(told, "id"), _is_active(told), keys, _text(told, "name", 300), _text(address, "city", 200),
        _text(address, "postalCode", 16), _text(next(insee, None), "code", 5), number, street_type,
        street or next(iter(_texts(address, "line")), ""), next(phones, ""), _mailboxes(told),
    )  # fmt: skip


def _keys(told: object) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for identifier in _all(told, "identifier"):
        value, kind = _text(identifier, "value", 64), _identifier_type(identifier)
        system = _text(identifier, "system")
        if kind in _IDENTIFIERS:
            found.setdefault(kind, structure_key(value))
        elif system == systems.IDNST:
            found.setdefault("IDNST", structure_key(value))
        elif system in _RPPS_RANKS:
            found.setdefault("RPPSRG", structure_key(value, "RPPS"))
    return tuple(dict.fromkeys(found[kind] for kind in (*_IDENTIFIERS, "RPPSRG") if found.get(kind)))


def _mailboxes(told: object) -> tuple[Mailbox, ...]:
    read = (_mailbox(telecom) for telecom in _all(told, "telecom"))
    return tuple({one.address: one for one in read if one}.values())


def _mailbox(telecom: object) -> Mailbox | None:
    """None: a phone, an ordinary e-mail, an address that is none, or one of the red list."""
    extensions = {_text(one, "url"): one for one in _all(telecom, "extension")}
    told = {_text(one, "url"): one for one in _all(extensions.get(systems.MAILBOX_METADATA), "extension")}
    if not _says_mssante(extensions) or _get(told.get("listeRouge"), "valueBoolean") is True:
        return None
    address = _text(telecom, "value", 254).lower()
    if not ADDRESS.fullmatch(address):
        return None
    kinds = _all(_get(told.get("type"), "valueCodeableConcept"), "coding")
    kind = next((_text(one, "code", 8).upper() for one in kinds if _text(one, "system") == systems.MAILBOX_TYPE), "")
    paperless, rank = _get(told.get("digitization"), "valueBoolean"), _get(telecom, "rank")
    return Mailbox(
        address, kind, _text(told.get("service"), "valueString", 300), paperless if isinstance(paperless, bool) else None,
        rank if isinstance(rank, int) and not isinstance(rank, bool) and 0 < rank < 1000 else None,
    )  # fmt: skip


def _says_mssante(extensions: dict[str, object]) -> bool:
    """Its type says so; without a type, the metadata that only such a mailbox has (examples of the guide 1.2.0)."""
    if systems.EMAIL_TYPE in extensions:
        return _text(_get(extensions[systems.EMAIL_TYPE], "valueCoding"), "code") == "MSSANTE"
    return systems.MAILBOX_METADATA in extensions


def _identifier_type(identifier: object) -> str:
    codings = _all(_get(identifier, "type"), "coding")
    return next((_text(one, "code", 16) for one in codings), "")


def _is_active(told: object) -> bool:
    return _get(told, "active") is not False


def _get(told: object, name: str) -> object:
    return told.get(name) if isinstance(told, dict) else None


def _all(told: object, name: str, most: int = _MOST_PARTS) -> list[object]:
    found = _get(told, name)
    return found[:most] if isinstance(found, list) else []


def _text(told: object, name: str, most: int = 256) -> str:
    return _clean(_get(told, name), most)


def _texts(told: object, name: str) -> list[str]:
    return [text for one in _all(told, name) if (text := _clean(one, 200))]


def _clean(value: object, most: int) -> str:
    """Empty when it cannot be shown: control characters, or the marks of a text decoded wrongly (annuaire.md §3.4)."""
    if not isinstance(value, str):
        return ""
    text = value.strip()[:most]
    return "" if CONTROL.search(text) or "??" in text else text
