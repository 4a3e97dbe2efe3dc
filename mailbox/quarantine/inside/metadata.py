"""METADATA.XML of an IHE_XDM archive (ebRIM 3.0, reference §3.2): what it says of each document."""

from dataclasses import dataclass, field

from mailbox.quarantine.inside.markup import Element, at, children, local, root_of, value, words
from mailbox.quarantine.values import Person

_TYPE_CODE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_PATIENT_ID = ("urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446")
_UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_MAX_ENTRIES = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One ExtrinsicObject. `uri` is a file of the submission set, in the case it is written."""

    uri: str
    hash: str = ""
    size: str = ""
    title: str = ""
    code: str = ""
    code_label: str = ""
    made_at: str = ""
    author: str = ""
    unique_id: str = ""
    replaces: str = ""
    patient: Person = field(default_factory=Person)


def read(data: bytes) -> tuple[list[Entry], set[str]]:
    """The entries, and the INS of every patient that the whole names."""
    root = root_of(data)
    objects = [one for one in root.iter() if local(one) == "ExtrinsicObject"][:_MAX_ENTRIES]
    replaced = {
        value(one, "sourceObject"): value(one, "targetObject")
        for one in root.iter()
        if local(one) == "Association" and value(one, "associationType").endswith("RPLC")
    }
    whole = {
        _person_id(value(one, "value"))[0]
        for one in root.iter()
        if local(one) == "ExternalIdentifier" and value(one, "identificationScheme").lower() in _PATIENT_ID
    }
    entries = [_entry(one, replaced.get(value(one, "id"), "")) for one in objects]
    return entries, {ins for ins in (whole | {entry.patient.ins for entry in entries}) if ins}


def _entry(one: Element, replaces: str) -> Entry:
    slots = {value(slot, "name", 80): _values(slot) for slot in children(one, "Slot")}
    ids = {value(x, "identificationScheme", 80).lower(): value(x, "value") for x in children(one, "ExternalIdentifier")}
    kinds = {value(x, "classificationScheme", 80).lower(): x for x in children(one, "Classification")}
    kind = kinds.get(_TYPE_CODE)
    first = {name: values[0] for name, values in slots.items() if values}
    return Entry(
        uri=first.get("URI", "").rpartition("/")[2],
        hash=first.get("hash", ""),
        size=first.get("size", ""),
        title=value(at(one, "Name", "LocalizedString"), "value"),
        code=value(kind, "nodeRepresentation", 40),
        code_label=value(at(kind, "Name", "LocalizedString"), "value"),
        made_at=first.get("serviceStartTime", "") or first.get("creationTime", ""),
        author=_author(kinds.get(_AUTHOR)),
        unique_id=ids.get(_UNIQUE_ID, ""),
        replaces=replaces,
        patient=_person(
            ids.get(_PATIENT_ID[0], ""), slots.get("sourcePatientId", []), slots.get("sourcePatientInfo", [])
        ),
    )


def _values(slot: Element) -> list[str]:
    return [words(one) for one in children(at(slot, "ValueList"), "Value")][:50]


def _person_id(text: str) -> tuple[str, str]:
    """CX `<INS>^^^&<OID>&ISO^NH`: the INS and its OID; a local identity (PI) is no INS."""
    parts = text.split("^")
    authority = parts[3].split("&") if len(parts) > 3 else []
    is_ins = len(parts) > 4 and parts[4] == "NH"
    return (parts[0].strip(), authority[1] if len(authority) > 1 else "") if is_ins else ("", "")


def _person(given_id: str, sources: list[str], info: list[str]) -> Person:
    """PID-5 birth name (L), PID-7, PID-8; either identity may be the INS."""
    ins, oid = next((found for one in (given_id, *sources) if (found := _person_id(one))[0]), ("", ""))
    fields = [line.partition("|") for line in info]
    names = {
        (parts := text.split("^"))[6] if len(parts := text.split("^")) > 6 else "L": parts
        for name, _, text in fields
        if name == "PID-5"
    }
    birth, used = names.get("L", []), names.get("D", [])
    others = {name: text for name, _, text in fields}
    return Person(
        family=birth[0] if birth else "",
        used=used[0] if used else "",
        given=birth[1] if len(birth) > 1 else "",
        born=others.get("PID-7", "")[:8],
        sex=others.get("PID-8", "")[:4],
        ins=ins,
        oid=oid,
    )


def _author(kind: Element | None) -> str:
    """XCN `id^nom^prénom…`."""
    for slot in children(kind, "Slot"):
        if value(slot, "name") == "authorPerson" and (values := _values(slot)):
            parts = values[0].split("^")
            return " ".join(part for part in (parts[2:3] + parts[1:2]) if part)
    return ""
