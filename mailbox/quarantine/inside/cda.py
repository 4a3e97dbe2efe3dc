"""A CDA R2 as values: bytes of XML -> its header, its sections, the PDF inside (HL7 CDA R2; VISU.01, VISU.03).

Own rendering, no stylesheet of the sender's. What it does not know is shown as its words, never left out in silence.
"""

import base64
import binascii

from mailbox.quarantine.inside import narrative
from mailbox.quarantine.inside.markup import Element, at, children, local, root_of, value, words
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.values import Block, Cda, Document, Person, Section, Span

_MAX_SECTIONS = 300
_CRITICAL = ("AA", "HH", "LL")  # HL7 flags: critically abnormal, high, low (client §1.4, BIO/va1.01)
_CODED = "Cette partie ne contient que des données codées, sans texte à lire."
_INS_OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11",
             "1.2.250.1.213.1.4.2")  # fmt: skip


def is_cda(data: bytes) -> bool:
    return b"ClinicalDocument" in data[:20_000].replace(b"\0", b"")


def document_of(data: bytes) -> Element:
    """The ClinicalDocument: the root, or what a self-presenting one holds; its stylesheet never runs."""
    root = root_of(data)
    if local(root) in {"stylesheet", "transform"}:
        root = next((one for one in root.iter() if local(one) == "ClinicalDocument"), root)
    if local(root) != "ClinicalDocument":
        raise Refused("unsupported")
    return root


def read(data: bytes, *, name: str, member: int = -1, draws: bool = True) -> tuple[Cda, str]:
    """The document for reading, and its words for the index. `draws`: its pictures too."""
    root = document_of(data)
    head = header(root, name=name, member=member, size=len(data))
    told = narrative.Telling(narrative.pictures_of(root), narrative.targets_of(root), draws)
    body = at(root, "component", "structuredBody")
    sections = _sections(body, told) if body is not None else ()
    authenticator = at(root, "legalAuthenticator")
    cda = Cda(
        head=head,
        custodian=words(at(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "name")),
        authenticator=_who(at(authenticator, "assignedEntity", "assignedPerson", "name")),
        authenticated_at=_date(at(authenticator, "time")),
        sections=sections,
        is_cut=told.is_cut,
    )
    return cda, " ".join(" ".join(map(str, body.itertext())).split())[:200_000] if body is not None else ""


def header(root: Element, *, name: str, member: int, size: int) -> Document:
    code, author = at(root, "code"), _author(root)
    set_id = at(root, "setId")
    entity = at(author, "assignedAuthor")
    return Document(
        member=member,
        name=name,
        kind="cda",
        size=size,
        title=words(at(root, "title")) or value(code, "displayName"),
        code=value(code, "code", 40),
        code_label=value(code, "displayName"),
        made_at=_date(at(root, "effectiveTime")),
        author=_who(at(entity, "assignedPerson", "name"))
        or words(at(entity, "assignedAuthoringDevice", "softwareName")),
        organisation=words(at(entity, "representedOrganization", "name")),
        patient=_patient(root),
        unique_id=_id(at(root, "id")),
        set_id=_id(set_id),
        version=value(at(root, "versionNumber"), "value", 20),
        replaces=_replaced(root),
        act_at=_date(at(root, "documentationOf", "serviceEvent", "effectiveTime")),
        has_pdf=_pdf_text(root) is not None,
        alerts=_alerts(root),
    )


def _alerts(root: Element) -> tuple[str, ...]:
    flags = {value(one, "code", 4) for one in root.iter() if local(one) == "interpretationCode"}
    return tuple(flag for flag in _CRITICAL if flag in flags)


def _author(root: Element) -> Element | None:
    """The first who is a person, else the first."""
    authors = children(root, "author")
    persons = (a for a in authors if at(a, "assignedAuthor", "assignedPerson") is not None)
    return next(persons, authors[0] if authors else None)


def _patient(root: Element) -> Person | None:
    role = at(root, "recordTarget", "patientRole")
    if role is None:
        return None
    ids = {value(one, "root", 60): value(one, "extension", 60) for one in children(role, "id")}
    oid = next((oid for oid in _INS_OIDS if ids.get(oid)), "")
    patient = at(role, "patient")
    name = at(patient, "name")
    families = children(name, "family")
    birth = next((f for f in families if f.get("qualifier") == "BR"), families[0] if families else None)  # reference §4
    used = next((f for f in families if f.get("qualifier") in {"CL", "SP"}), None)
    givens = children(name, "given")
    given = next((g for g in givens if g.get("qualifier") is None), givens[0] if givens else None)
    return Person(
        family=words(birth, 100),
        used=words(used, 100),
        given=words(given, 100),
        born=value(at(patient, "birthTime"), "value", 8),
        sex=value(at(patient, "administrativeGenderCode"), "code", 4),
        ins=ids.get(oid, ""),
        oid=oid,
        local=next((one for root, one in ids.items() if root not in _INS_OIDS), ""),
    )


def _replaced(root: Element) -> str:
    for one in children(root, "relatedDocument"):
        if one.get("typeCode") == "RPLC":
            return _id(at(one, "parentDocument", "id")) or _id(at(one, "parentDocument", "setId"))
    return ""


def _id(element: Element | None) -> str:
    oid, extension = value(element, "root", 120), value(element, "extension", 120)
    return f"{oid}^{extension}" if extension else oid


def _who(name: Element | None) -> str:
    """«Dr Anne DUPONT»: its parts in that order, or the words as they are."""
    if name is None:
        return ""
    parts = [words(one, 80) for kind in ("prefix", "given", "family", "suffix") for one in children(name, kind)]
    return " ".join(part for part in parts if part) or words(name, 160)


def _date(element: Element | None) -> str:
    low = at(element, "low")
    return value(element, "value", 30) or value(low, "value", 30)


def _pdf_text(root: Element) -> Element | None:
    text = at(root, "component", "nonXMLBody", "text")
    if text is not None and text.get("mediaType", "application/pdf") == "application/pdf" and text.text:
        return text
    return None


def pdf_inside(data: bytes) -> bytes:
    """The PDF that a CDA level 1 carries (VISU.03)."""
    text = _pdf_text(document_of(data))
    if text is None:
        raise Refused("damaged")
    try:
        return base64.b64decode("".join((text.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("damaged") from None


def _sections(body: Element, told: narrative.Telling, depth: int = 0) -> tuple[Section, ...]:
    found: list[Section] = []
    for component in children(body, "component"):
        section = at(component, "section")
        if section is None:
            continue
        told.sections += 1
        if told.sections > _MAX_SECTIONS or depth > 10:
            told.is_cut = True
            break
        title, text = words(at(section, "title")), at(section, "text")
        blocks = narrative.blocks(text, told) if text is not None else ()
        if not blocks and children(section, "entry"):
            blocks = (Block("p", (Span(_CODED, "i"),)),)
        inner = _sections(section, told, depth + 1)
        found.append(Section(title or value(at(section, "code"), "displayName"), blocks, inner, told.anchor(section)))
    return tuple(found)
