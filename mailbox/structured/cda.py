"""A PDF as a CDA R2 level 1: the header that the reference knows, the PDF in nonXMLBody (ECO.2.1.1, reference client §3, §4).

Refuses to say more than is known: no templateId, whose values are in volumes that the reference does not have.
"""

import base64
from datetime import datetime
from xml.etree.ElementTree import Element

from mailbox.quarantine.values import Person
from mailbox.structured.values import IDNPS, IDNST, Author, House, Sheet, split_id
from mailbox.structured.xml import node, written

LOINC = "2.16.840.1.113883.6.1"
_CONFIDENTIALITY, _GENDER = "2.16.840.1.113883.5.25", "2.16.840.1.113883.5.1"  # code systems of HL7 V3


def level_1(sheet: Sheet, pdf: bytes) -> bytes:
    """The document; its PDF is byte for byte the one that travels beside it (ECO.2.1.5)."""
    root = node(
        "ClinicalDocument",
        {"xmlns": "urn:hl7-org:v3"},
        node("realmCode", {"code": "FR"}),
        node("typeId", {"root": "2.16.840.1.113883.1.3", "extension": "POCD_HD000040"}),  # CDA R2 §4.2.1.2
        _id("id", sheet.unique_id),
        node("code", {"code": sheet.code, "codeSystem": LOINC, "codeSystemName": "LOINC", "displayName": sheet.label}),
        node("title", {}, sheet.title),
        node("effectiveTime", {"value": _time(sheet.made_at)}),
        node("confidentialityCode", {"code": "N", "codeSystem": _CONFIDENTIALITY, "displayName": "Normal"}),
        node("languageCode", {"code": "fr-FR"}),
        _id("setId", sheet.set_id),
        node("versionNumber", {"value": str(sheet.version)}),
        _record_target(sheet),
        _author(sheet),
        node("custodian", {}, node("assignedCustodian", {}, _house("representedCustodianOrganization", sheet.house))),
        _authenticator(sheet),
        node("documentationOf", {}, node("serviceEvent", {}, _low(sheet.act_day))),
        _replaced(sheet),
        node("component", {}, node("nonXMLBody", {}, _pdf(pdf))),
    )
    return written(root)


def _id(tag: str, text: str) -> Element:
    root, extension = split_id(text)
    return node(tag, {"root": root, **({"extension": extension} if extension else {})})


def _time(at: datetime) -> str:
    """TS of HL7 V3, with its offset."""
    return f"{at:%Y%m%d%H%M%S%z}"


def _low(day: str) -> Element:
    return node("effectiveTime", {}, node("low", {"value": day}))


def _pdf(pdf: bytes) -> Element:
    return node("text", {"mediaType": "application/pdf", "representation": "B64"}, base64.b64encode(pdf).decode())


def _record_target(sheet: Sheet) -> Element:
    person = sheet.patient
    ins = node("id", {"root": person.oid, "extension": person.ins}) if person.ins else None
    local = node("id", {"root": sheet.house.oid, "extension": person.local}) if person.local else None
    is_told = person.sex in {"M", "F"}
    sex = {"code": person.sex, "codeSystem": _GENDER} if is_told else {"nullFlavor": "UNK"}
    born = node("birthTime", {"value": person.born} if person.born else {"nullFlavor": "UNK"})
    patient = node("patient", {}, _names(person), node("administrativeGenderCode", sex), born)
    return node("recordTarget", {}, node("patientRole", {}, ins, local, patient))


def _names(person: Person) -> Element:
    """Reference §4: every first name of birth, then the first of them alone; birth name, used name."""
    used = node("family", {"qualifier": "CL"}, person.used) if person.used else None
    first = person.given.replace(",", " ").split()[:1]
    return node(
        "name",
        {},
        node("given", {}, person.given),
        *(node("given", {"qualifier": "BR"}, one) for one in first),
        node("family", {"qualifier": "BR"}, person.family),
        used,
    )


def _author(sheet: Sheet) -> Element:
    assigned = node(
        "assignedAuthor", {}, *_person(sheet.author), _house("representedOrganization", sheet.house),
    )  # fmt: skip
    return node("author", {}, node("time", {"value": _time(sheet.made_at)}), assigned)


def _authenticator(sheet: Sheet) -> Element:
    """Who sends answers for it."""
    entity = node("assignedEntity", {}, *_person(sheet.author), _house("representedOrganization", sheet.house))
    time = node("time", {"value": _time(sheet.made_at)})
    return node("legalAuthenticator", {}, time, node("signatureCode", {"code": "S"}), entity)


def _person(author: Author) -> tuple[Element, Element]:
    known = {"root": IDNPS, "extension": f"8{author.rpps}"} if author.rpps else {"nullFlavor": "NI"}
    name = node("name", {}, node("given", {}, author.given), node("family", {}, author.family))
    return node("id", known), node("assignedPerson", {}, name)


def _house(tag: str, house: House) -> Element:
    known = {"root": IDNST, "extension": f"1{house.finess}"} if house.finess else {"root": house.oid}
    return node(tag, {}, node("id", known), node("name", {}, house.name))


def _replaced(sheet: Sheet) -> Element | None:
    """Reference §3.5: the version that this one takes the place of."""
    if not sheet.replaces:
        return None
    before = node("parentDocument", {}, _id("id", sheet.replaces), _id("setId", sheet.set_id))
    before.append(node("versionNumber", {"value": str(max(1, sheet.version - 1))}))
    return node("relatedDocument", {"typeCode": "RPLC"}, before)
