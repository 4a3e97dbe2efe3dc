"""METADATA.XML of an archive: one submission set, an entry a document, who replaces whom (ebRIM 3.0, reference client §3.2).

Left out, their tables being unknown: classCode, contentTypeCode, healthcareFacilityTypeCode, practiceSettingCode; formatCode of a
structured body; the slot `urn:action:extraMetadataSlot` of the national tool, whose place is not told. An RPLC association names
the entryUUID of what it replaces, which we derive from the id of that document.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from xml.etree.ElementTree import Element

from mailbox.structured.cda import LOINC
from mailbox.structured.values import IDNPS, IDNST, Author, House, Sheet, entry_of, stamp
from mailbox.structured.xml import node, written

_LCM, _RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
_HAS_MEMBER, _RPLC = (
    "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
    "urn:ihe:iti:2007:AssociationType:RPLC",
)
_SET = {
    "node": "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
    "author": "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
    "patientId": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "sourceId": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    "uniqueId": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
}
_ENTRY = {
    "type": "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",
    "author": "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    "typeCode": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "confidentialityCode": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "formatCode": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "patientId": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
_PDF_FORMAT = ("urn:ihe:iti:xds-sd:pdf:2008", "1.2.250.1.213.1.1.4.12")
_SEPARATORS = str.maketrans("^&|~\\", "     ")  # of HL7 V2: a name that holds one would become another field


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """A document and its bytes, as they are zipped under `uri`."""

    sheet: Sheet
    data: bytes
    uri: str


def metadata(members: Sequence[Member], *, set_id: str) -> bytes:
    """Of one patient, one author, one structure: those of the first document. `set_id`: an OID of this sending."""
    first, package = members[0].sheet, entry_of(set_id)
    objects = [_package(first, package, set_id), *map(_entry, members)]
    objects.append(
        node(
            "Classification", _ids(f"{package} set") | {"classifiedObject": package, "classificationNode": _SET["node"]}
        )
    )
    objects += (_association(_HAS_MEMBER, package, one.sheet.entry, "Original") for one in members)
    objects += (
        _association(_RPLC, one.sheet.entry, entry_of(one.sheet.replaces)) for one in members if one.sheet.replaces
    )
    whole = node("RegistryObjectList", {"xmlns": _RIM}, *objects)
    return written(node("SubmitObjectsRequest", {"xmlns": _LCM}, whole))


def _package(sheet: Sheet, package: str, set_id: str) -> Element:
    return node(
        "RegistryPackage",
        {"id": package, "status": _APPROVED},
        slot("submissionTime", [stamp(sheet.made_at)]),
        _name(sheet.title),
        _classification(_SET["author"], package, "", None, *_authors(sheet)),
        _identifier(_SET["patientId"], package, "XDSSubmissionSet.patientId", patient_id(sheet)),
        _identifier(_SET["sourceId"], package, "XDSSubmissionSet.sourceId", sheet.house.oid),
        _identifier(_SET["uniqueId"], package, "XDSSubmissionSet.uniqueId", set_id),
    )


def _entry(member: Member) -> Element:
    sheet, own = member.sheet, member.sheet.entry
    format_code = _classification(_ENTRY["formatCode"], own, *_PDF_FORMAT, name="PDF") if sheet.has_pdf else None
    return node(
        "ExtrinsicObject",
        {"id": own, "lid": own, "mimeType": "text/xml", "objectType": _ENTRY["type"], "status": _APPROVED},
        slot("creationTime", [stamp(sheet.made_at)]),
        slot("languageCode", ["fr-FR"]),
        slot("serviceStartTime", [sheet.act_day]),
        slot("sourcePatientId", [_local_id(sheet) or patient_id(sheet)]),
        slot("sourcePatientInfo", list(_info(sheet))),
        slot("legalAuthenticator", [_xcn(sheet.author)]),
        # the very bytes zipped; upper case (reference §3.2)
        slot("hash", [sha1(member.data, usedforsecurity=False).hexdigest().upper()]),
        slot("size", [str(len(member.data))]),
        slot("URI", [member.uri]),
        _name(sheet.title),
        node("VersionInfo", {"versionName": str(sheet.version)}),
        _classification(_ENTRY["author"], own, "", None, *_authors(sheet)),
        _classification(_ENTRY["typeCode"], own, sheet.code, LOINC, name=sheet.label),
        _classification(_ENTRY["confidentialityCode"], own, "N", "2.16.840.1.113883.5.25", name="Normal"),
        format_code,
        _identifier(_ENTRY["patientId"], own, "XDSDocumentEntry.patientId", patient_id(sheet)),
        _identifier(_ENTRY["uniqueId"], own, "XDSDocumentEntry.uniqueId", sheet.unique_id),
    )


def patient_id(sheet: Sheet) -> str:
    """CX: the INS when it leaves, else the structure's own number (reference §3.2)."""
    person = sheet.patient
    return f"{person.ins}^^^&{person.oid}&ISO^NH" if person.ins else _local_id(sheet)


def _local_id(sheet: Sheet) -> str:
    return f"{_plain(sheet.patient.local)}^^^&{sheet.house.oid}&ISO^PI" if sheet.patient.local else ""


def _info(sheet: Sheet) -> Iterable[str]:
    """PID-5 of birth (L) and used (D), PID-7, PID-8 (reference §3.2)."""
    person = sheet.patient
    given = _plain(person.given)
    first = (given.replace(",", " ").split() or [""])[0]
    yield f"PID-5|{_plain(person.family)}^{first}^{given}^^^^L"
    if person.used:
        yield f"PID-5|{_plain(person.used)}^{first}^^^^^D"
    yield f"PID-7|{person.born}"
    yield f"PID-8|{person.sex or 'U'}"


def _authors(sheet: Sheet) -> tuple[Element, Element]:
    return slot("authorPerson", [_xcn(sheet.author)]), slot("authorInstitution", [_xon(sheet.house)])


def _xcn(author: Author) -> str:
    """`id^nom^prénom^^^^^^&<root>&ISO^D^^^IDNPS`; of who has no national number, the name alone."""
    names = f"{_plain(author.family)}^{_plain(author.given)}"
    return f"8{author.rpps}^{names}^^^^^^&{IDNPS}&ISO^D^^^IDNPS" if author.rpps else f"^{names}^^^^^^^D"


def _xon(house: House) -> str:
    """`nom^^^^^&<root>&ISO^IDNST^^^<id>`"""
    name = _plain(house.name)
    return f"{name}^^^^^&{IDNST}&ISO^IDNST^^^1{house.finess}" if house.finess else name


def _plain(text: str) -> str:
    return " ".join(text.translate(_SEPARATORS).split())


def _ids(seed: str) -> dict[str, str]:
    return {"id": entry_of(seed)}


def slot(name: str, values: Sequence[str]) -> Element:
    return node("Slot", {"name": name}, node("ValueList", {}, *(node("Value", {}, one) for one in values)))


def _name(text: str) -> Element:
    return node("Name", {}, node("LocalizedString", {"value": text}))


def _classification(
    scheme: str, of: str, code: str, system: str | None, *slots: Element, name: str = ""
) -> Element:  # fmt: skip
    coded = slot("codingScheme", [system]) if system else None
    given = {"classificationScheme": scheme, "classifiedObject": of, "nodeRepresentation": code}
    return node("Classification", _ids(f"{of} {scheme}") | given, coded, *slots, _name(name) if name else None)


def _identifier(scheme: str, of: str, name: str, value: str) -> Element:
    given = {"registryObject": of, "identificationScheme": scheme, "value": value}
    return node("ExternalIdentifier", _ids(f"{of} {scheme}") | given, _name(name))


def _association(kind: str, source: str, target: str, status: str = "") -> Element:
    given = {"associationType": kind, "sourceObject": source, "targetObject": target}
    told = slot("SubmissionSetStatus", [status]) if status else None
    return node("Association", _ids(f"{kind} {source} {target}") | given, told)
