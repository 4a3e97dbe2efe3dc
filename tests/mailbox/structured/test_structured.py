"""From what was chosen to the bytes of an archive: values alone, read back by the parsers of the quarantine."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha1
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from mailbox.documents import leaving
from mailbox.documents.leaving import Sender
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.threads import visible_subject
from mailbox.mime.xdm import parse_subject
from mailbox.quarantine.inside import archive as opened
from mailbox.quarantine.inside import cda as read_cda
from mailbox.quarantine.inside import metadata as read_metadata
from mailbox.quarantine.values import Person
from mailbox.structured import archive, choice, naming, pdfa
from mailbox.structured.cda import level_1
from mailbox.structured.choice import Choice
from mailbox.structured.values import Author, House, Sheet, entry_of, oid_of
from tests.depth import deep, variant
from tests.mailbox.quarantine.made import CDA, INS, PDF

TODAY = date(2026, 11, 27)
AT = datetime(2026, 11, 27, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
TEST_OID = "1.2.250.1.213.1.4.10"
CHOICE = Choice(
    code="57833-6", act="2026-11-20", family="Pat-Trois", given="Dominique Anne", born="1979-03-05", sex="F", ins=INS,
    oid=TEST_OID, qualified="1",
)  # fmt: skip
HOUSE = House("Pharmacie Dupont", oid_of(UUID(int=7)), "750000002", "Paris")
ANNE = Author("Dupont", "Anne", "99900000011")


def sheet(person: Person = CHOICE.person, **more: object) -> Sheet:
    fields = {"unique_id": "2.25.11", "set_id": "2.25.12", "version": 1, "replaces": ""} | more
    return Sheet(
        code="57833-6", label="Ordonnance", act_day="20261120", made_at=AT, patient=person, author=ANNE, house=HOUSE, **fields
    )  # type: ignore[arg-type]  # fmt: skip


def packed(*sheets: Sheet) -> bytes:
    return archive.archive([(one, level_1(one, PDF)) for one in sheets], set_id="2.25.99", product="mssweb (DEV1)")


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_an_archive_has_its_files_and_our_reader_finds_no_mismatch():  # ECO.2.1.1
    one = sheet(set_id="2.25.12", version=2, replaces="2.25.10")
    files = members(packed(one, sheet(unique_id="2.25.13")))
    assert list(files) == [
        "README.TXT", "INDEX.HTM", "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC0001.XML",
        "IHE_XDM/SUBSET01/DOC0002.XML",
    ]  # fmt: skip
    found = opened.look(packed(one))
    assert (found.kind, found.problems) == ("xdm", ())
    [document] = found.documents
    assert (document.problems, document.patient) == ((), CHOICE.person)
    told = (document.code, document.code_label, document.act_at, document.author, document.organisation)
    assert told == ("57833-6", "Ordonnance", "20261120", "Anne Dupont", "Pharmacie Dupont")
    assert (document.unique_id, document.set_id, document.version) == ("2.25.11", "2.25.12", "2")
    assert document.replaces == "2.25.10"
    assert read_cda.pdf_inside(files["IHE_XDM/SUBSET01/DOC0001.XML"]) == PDF, "byte for byte (ECO.2.1.5)"
    assert b"FINESS 750000002" in files["README.TXT"] and b"DEV1" in files["README.TXT"]


def test_metadata_says_what_the_reference_requires():
    one = sheet(version=2, replaces="2.25.10")
    files = members(packed(one))
    data, document = files["IHE_XDM/SUBSET01/METADATA.XML"], files["IHE_XDM/SUBSET01/DOC0001.XML"]
    text = data.decode()
    assert sha1(document, usedforsecurity=False).hexdigest().upper() in text
    assert f"<Value>{len(document)}</Value>" in text and "<Value>DOC0001.XML</Value>" in text
    assert f"{INS}^^^&amp;{TEST_OID}&amp;ISO^NH" in text
    assert "899900000011^Dupont^Anne^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS" in text
    assert "Pharmacie Dupont^^^^^&amp;1.2.250.1.71.4.2.2&amp;ISO^IDNST^^^1750000002" in text
    assert "PID-5|Pat-Trois^Dominique^Dominique Anne^^^^L" in text and "PID-8|F" in text
    assert "<Value>20261127093000</Value>" in text, "in UTC"
    assert "urn:ihe:iti:xds-sd:pdf:2008" in text and "SubmissionSetStatus" in text
    [entry], people = read_metadata.read(data)
    assert people == {INS}
    assert (entry.unique_id, entry.replaces) == ("2.25.11", entry_of("2.25.10")), "RPLC"
    ids = [node.get("id") for node in etree.fromstring(data).iter() if node.get("id")]
    assert len(ids) == len(set(ids))


# Reference client §3.2, «Required fields», by what stands for each in ebRIM; those whose tables it does not have are left out
ENTRY = {
    "author": "93606bcf-9494-43ec-9b4e-a7748d1a838d", "typeCode": "f0306f51-975f-434e-a61c-c59651d33983",
    "confidentialityCode": "f4f85eac-e6cb-4883-b524-f2705394840f", "patientId": "58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}  # fmt: skip
ENTRY_SLOTS = {
    "creationTime", "hash", "languageCode", "legalAuthenticator", "serviceStartTime", "size", "sourcePatientId", "URI",
    "sourcePatientInfo",
}  # fmt: skip
SET = {
    "author": "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", "patientId": "6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "sourceId": "554ac39e-e3fe-47fe-b233-965d2a147832", "uniqueId": "96fdda7c-d067-4183-912e-bf5ee74998a8",
}  # fmt: skip
UNKNOWN = {  # classCode, healthcareFacilityTypeCode, practiceSettingCode; contentTypeCode
    "41a5887f-8865-4c09-adf7-e362475b143a", "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "cccf5598-8b07-4b77-a05e-ae952c785ead", "aa543740-bdda-424e-8c96-df4873be8500",
}  # fmt: skip
RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}


@pytest.mark.parametrize("brought", [False, variant(True)])
def test_what_leaves_is_what_the_reference_says_to_a_reader_that_is_not_ours(brought):
    files = [OutgoingFile("a.pdf", "application/pdf", PDF)] + [OutgoingFile("d.xml", "text/xml", CDA)] * brought
    built = leaving.prepare(files, CHOICE, Sender(ANNE, HOUSE, "mssweb", UUID(int=1)), now=AT)
    packed_as, beside = built.files
    assert (packed_as.name, beside.data) == ("IHE_XDM.zip", PDF), "PDF outside the archive (§3.1)"
    found = members(packed_as.data)
    assert all(re.fullmatch(r"(?:[A-Z0-9_]{1,8}/)*[A-Z0-9_]{1,8}\.[A-Z]{3}", name) for name in found), (
        "ISO 9660 level 1"
    )
    document = found["IHE_XDM/SUBSET01/DOC0001.XML"]
    assert (document == CDA) == brought
    root = etree.fromstring(found["IHE_XDM/SUBSET01/METADATA.XML"])
    [entry], [package] = root.findall(".//r:ExtrinsicObject", RIM), root.findall(".//r:RegistryPackage", RIM)
    for node, asked in ((entry, ENTRY), (package, SET)):
        told = {n.get("classificationScheme") or n.get("identificationScheme") for n in node}
        assert {f"urn:uuid:{one}" for one in asked.values()} <= told and not {
            f"urn:uuid:{one}" for one in UNKNOWN
        } & told
        assert node.get("status") == "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    slots = {slot.get("name"): [v.text for v in slot.iter("{*}Value")] for slot in entry.findall("r:Slot", RIM)}
    assert set(slots) >= ENTRY_SLOTS and entry.get("lid") and entry.get("mimeType") == "text/xml"
    assert slots["hash"] == [sha1(document, usedforsecurity=False).hexdigest().upper()]
    assert (slots["size"], slots["URI"]) == ([str(len(document))], ["DOC0001.XML"])
    [member] = [
        one for one in root.findall(".//r:Association", RIM) if one.get("associationType").endswith("HasMember")
    ]
    assert (member.get("sourceObject"), member.get("targetObject")) == (package.get("id"), entry.get("id"))
    inside = etree.fromstring(document)
    assert inside.findtext("{*}title") and inside.find("{*}code").get("code") == "57833-6"
    [looked] = opened.look(packed_as.data).documents
    assert (looked.problems, looked.patient.ins, opened.look(packed_as.data).problems) == ((), INS, ())


def test_an_ins_that_is_not_qualified_never_leaves():  # INS/va1.53, ECO.2.4.2
    person = Choice(
        **{name: getattr(CHOICE, name) for name in CHOICE.__slots__} | {"qualified": "", "local": "D42"}
    ).person
    found = b"".join(members(packed(sheet(person))).values())
    assert INS.encode() not in found and TEST_OID.encode() not in found
    assert f"D42^^^&amp;{HOUSE.oid}&amp;ISO^PI".encode() in found
    assert naming.fields(["57833-6"], is_qualified=False) == {"X-MSS-CODECDA": "57833-6", "X-MSS-INS": "N"}
    assert INS.encode() in b"".join(members(packed(sheet())).values())
    assert naming.fields(["57833-6", "11502-2"], is_qualified=True)["X-MSS-INS"] == "O"


def test_names_are_those_of_the_reference():  # ECO.2.1.3, ECO.2.1.6
    person = CHOICE.person
    assert naming.subject("Ordonnance", person) == "XDM/1.0/DDM+Ordonnance PAT-TROIS Dominique 05/03/1979"
    read = parse_subject(naming.subject("CR d’imagerie", person, replaces=True))
    assert read and (read.name, read.first_name, read.birth_date) == ("PAT-TROIS", "Dominique", "05/03/1979")
    assert visible_subject(naming.subject("Ordonnance", person, replaces=True)).startswith("[Annule et remplace] Ord")
    assert naming.pdf_name("Ordonnance", person, "20261120") == "20261120_Ordonnance_PAT-TROIS_Dominique.pdf"
    hostile = Person(family="../a\\b_c\n\u202e", given="x/y")
    assert naming.pdf_name("T" * 99, hostile, "20261120", "2") == f"20261120_{'T' * 40}_.. A B C_x y_2.pdf"


def test_a_choice_says_field_by_field_why_it_cannot_leave():
    assert choice.faults(CHOICE, today=TODAY) == {}
    assert choice.read(choice.kept(CHOICE)) == CHOICE
    assert choice.read("") is choice.read("[1") is choice.read("[]") is None
    assert set(choice.faults(Choice(), today=TODAY)) == {"code", "act", "family", "given", "born", "sex"}

    def but(**fields: str) -> set[str]:
        return set(choice.faults(Choice(**{n: getattr(CHOICE, n) for n in CHOICE.__slots__} | fields), today=TODAY))

    assert but(ins=INS[:-1] + "0") == {"ins"} and but(ins="") == {"ins"}
    assert but(ins=INS[:-1] + "0", qualified="") == set(), "it does not leave: nobody waits for it"
    assert but(sex="U") == {"sex"} and but(oid="1.2.3") == {"oid"}
    assert but(act="2026-11-28") == {"act"} and but(born="1799-01-01") == {"born"} and but(code="SYNTH") == {"code"}


def test_files_that_are_no_document_are_told_before_any_is_opened_with_what_else_lacks():
    sender = Sender(ANNE, HOUSE, "mssweb", UUID(int=1))
    for name, data, why in (
        ("a.txt", b"bonjour", "ni l’un ni l’autre"),
        ("a.pdf", b"MZ" + b"x" * 99, "C’est un programme"),
        ("a.pdf", b"%PDF-1.4" + bytes(leaving.MAX_PDF), "dépasse 8 Mo"),
        ("", b"", "Joignez le document"),
    ):
        given = [OutgoingFile(name, "", data)] if name else []
        with pytest.raises(leaving.Unfit) as told:
            leaving.prepare(given, Choice(code="x"), sender, now=AT)
        assert why in told.value.reasons["files"] and "family" in told.value.reasons


def test_a_cda_is_of_the_chosen_patient_and_its_ins_leaves_when_it_is_said_qualified():  # ECO.2.1.1
    [head] = [read_cda.read(CDA, name="a.xml")[0].head]
    assert leaving.completed(CHOICE, head).person.ins == INS
    assert leaving.completed(Choice(qualified="1"), head).family == "PAT-TROIS", "what was left blank is as it says"
    for chosen, place in (
        (Choice(family="Autre", given="Dominique", born="1979-03-05", qualified="1"), "files"),
        (Choice(), "qualified"),
    ):
        with pytest.raises(leaving.Unfit) as told:
            leaving.completed(chosen, head)
        assert set(told.value.reasons) == {place}


def test_a_later_version_names_the_one_it_replaces():
    [before] = opened.look(packed(sheet())).documents
    chosen = leaving.replacing(before)
    assert (chosen.replaces, chosen.set_id, chosen.number, chosen.code) == ("2.25.11", "2.25.12", 2, "57833-6")
    assert (chosen.person, chosen.act) == (CHOICE.person, "2026-11-20")
    assert chosen.subject == "[Annule et remplace] Ordonnance PAT-TROIS Dominique 05/03/1979"


def test_a_pdf_is_of_the_archives_when_it_says_so():
    assert not pdfa.declares(PDF)
    assert pdfa.declares(b"%PDF-1.4 <pdfaid:part>1</pdfaid:part>") and pdfa.declares(b"pdfaid:part='1'")
    assert not pdfa.declares(b"<pdfaid:part>2</pdfaid:part>")


# every control character and letter of Latin-1, and what would be a token elsewhere
words = st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")) | st.sampled_from(
    ["]]>", "&lt;", "^&|~", "\r\nX: y", "\u202e\ufffe", "\U0001f48a"]
)


@settings(max_examples=deep(10, 2_000))
@given(words, words, words)
@example("a\0b\x0b\ufffe", "]]>", "<&\x1f")
def test_no_name_breaks_xml_metadata_or_a_file_name(family: str, given_name: str, house: str):
    typed = Choice(
        family=choice.typed(family), given=choice.typed(given_name), local=choice.typed(house), born="1979-03-05"
    )
    one = Sheet("2.25.1", "2.25.2", 1, "57833-6", "Ordonnance", "20261120", AT.astimezone(UTC), typed.person,
                Author(family, given_name), House(house, "2.25.3"))  # fmt: skip
    found = opened.look(packed(one))
    assert found.problems == () and found.documents[0].problems == ()
    assert found.documents[0].patient and found.documents[0].patient.born == "19790305"
    name = naming.pdf_name("Ordonnance", typed.person, "20261120")
    assert name.startswith("20261120_Ordonnance") and not set(name) & set('/\\\r\n\0:"<>|')
    assert not set(naming.subject("Ordonnance", typed.person)) & set("\r\n\0")
