"""FHIR PATCH bodies for one mailbox, and what a resource says of it (trust-space §8.2; AS Mailbox MSS profile). Pure.

The draft contradicts itself: its examples give the type as a code, or in the system of R256. The profile is followed:
`emailType` MSSANTE, and the type as a CodeableConcept of TRE_R257. An update replaces the whole contact point: a path to
an attribute that is not there yet would match nothing.
"""

from collections.abc import Mapping, Sequence

from directory.fhir import systems
from mailbox.publication.entry import Carrier, Entry

type Json = Mapping[str, Json] | Sequence[Json] | str | int | bool | None

_STRINGS = ("description", "service", "responsible")


def insert(entry: Entry) -> Json:
    parts = [_part("index", "valueInteger", 0), _part("value", "valueContactPoint", contact_point(entry))]
    return _operation("insert", f"{entry.carrier.resource}.telecom", *parts)


def replace(entry: Entry) -> Json:
    value = _part("value", "valueContactPoint", contact_point(entry))
    return _operation("replace", _of(entry.carrier, entry.address), value)


def delete(carrier: Carrier, address: str) -> Json:
    return _operation("delete", _of(carrier, address))


def contact_point(entry: Entry) -> Json:
    kind = {"coding": [{"system": systems.MAILBOX_TYPE, "code": entry.kind}]}
    metadata: list[Json] = [{"url": "type", "valueCodeableConcept": kind}, {"url": "listeRouge", "valueBoolean": False}]
    metadata += [{"url": name, "valueString": text} for name in _STRINGS if (text := getattr(entry, name))]
    if entry.is_paperless is not None:
        metadata.append({"url": "digitization", "valueBoolean": entry.is_paperless})
    email_type = {"system": systems.MAIL_TYPE, "code": "MSSANTE"}
    rank = {} if entry.rank is None else {"rank": entry.rank}
    return {
        "extension": [
            {"url": systems.EMAIL_TYPE, "valueCoding": email_type},
            {"url": systems.MAILBOX_METADATA, "extension": metadata},
        ],
        "system": "email",
        "value": entry.address,
        **rank,
    }


def standing(resource: object, carrier: Carrier, address: str) -> int | None:
    """How many times this resource bears the address; None when it is no such resource."""
    if not isinstance(resource, Mapping) or resource.get("resourceType") != carrier.resource:
        return None
    points = resource.get("telecom", [])
    if not isinstance(points, list):
        return None
    values = [point.get("value") for point in points if isinstance(point, Mapping)]
    return sum(isinstance(value, str) and value.lower() == address for value in values)


def _of(carrier: Carrier, address: str) -> str:
    quoted = address.replace("\\", "\\\\").replace("'", "\\'")  # a local part may hold an apostrophe
    return f"{carrier.resource}.telecom.where(value = '{quoted}')"


def _operation(kind: str, path: str, *parts: Json) -> Json:
    said = [_part("type", "valueCode", kind), _part("path", "valueString", path), *parts]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": said}]}


def _part(name: str, field: str, value: Json) -> Json:
    return {"name": name, field: value}
