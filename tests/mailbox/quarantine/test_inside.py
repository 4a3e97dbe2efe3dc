"""What the quarantine makes of archives, documents and names: values, in this process; the files are ours."""

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from mailbox.quarantine.inside import archive, cda, markup, pages, pictures
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.sniff import claims, kind_of, refusal
from tests.depth import deep
from tests.mailbox.quarantine.made import CDA, INS, LOCKED, PDF, XDM, described, narrated, photo, zipped


def refused(act, *given) -> str:
    with pytest.raises(Refused) as caught:
        act(*given)
    return caught.value.code


def test_an_archive_is_checked_against_its_metadata_and_each_mismatch_is_named():
    [told] = archive.look(XDM).documents
    assert (told.title, told.code, told.problems) == ("Ordonnance de sortie", "57833-6", ())
    assert told.patient
    assert (told.patient.family, told.patient.given, told.patient.born) == ("PAT-TROIS", "Dominique", "19790305")
    assert (told.patient.ins, told.patient.oid) == (INS, "1.2.250.1.213.1.4.10")
    good = archive.look(described(("DOC0001.XML", CDA), ("DOC00001.PDF", PDF)))
    assert [(d.name, d.kind, d.problems) for d in good.documents] == [
        ("DOC0001.XML", "cda", ()), ("DOC00001.PDF", "pdf", ()),
    ]  # fmt: skip
    assert archive.look(described(("DOC0001.XML", CDA), hash_of=b"x")).documents[0].problems == ("hash",)
    assert archive.look(described(("DOC0001.XML", CDA), size=7)).documents[0].problems == ("size",)
    other = archive.look(described(("DOC0001.XML", CDA), ins="255069999999934"))
    assert (other.documents[0].problems, other.problems) == (("patient",), ("several_patients",))
    alone = archive.look(zipped(("IHE_XDM/SUBSET01/DOC0001.XML", CDA)))
    assert (alone.kind, alone.problems) == ("xdm", ("no_metadata",))
    assert archive.look(zipped(("IHE_XDM/SUBSET01/METADATA.XML", b"<a>"))).problems == ("bad_metadata",)


@pytest.mark.parametrize(
    ("members", "code"),
    [([("a.txt", b"0" * 45_000_000)], "bomb"), ([("a.txt", b"0" * 3_000_000)], "bomb"),
     ([("b.zip", zipped(("x", b"y")))], "nested"), ([("../../etc/cron.d/x", b"y")], "climbing"),
     ([("C:\\x", b"y")], "climbing"), ([(f"{i}", b"") for i in range(deep(301, 10_000))], "too_many")],
)  # fmt: skip
def test_a_bomb_a_nested_archive_a_climbing_name_a_crowd_are_refused_before_anything_is_unpacked(
    members, code, monkeypatch
):
    data = zipped(*members)
    monkeypatch.setattr(archive, "_read", None)
    assert refused(archive.look, data) == code


def test_a_nested_archive_under_another_name_and_a_program_inside_are_seen_by_their_bytes():
    assert refused(archive.look, zipped(("a.dat", zipped(("x", b"y"))))) == "nested"
    [told] = archive.look(zipped(("ordonnance.pdf", b"MZ" + b"x" * 50))).documents
    assert told.notice == "program"
    assert refused(archive.look, XDM[:-40]) == "damaged"


def test_names_and_bytes_that_disagree_are_told_and_those_that_agree_are_not():
    assert refusal(kind_of(PDF), "a.pdf", "application/pdf") == ""
    assert refusal(kind_of(PDF), "a.pdf", "application/octet-stream") == ""
    assert refusal(kind_of(photo()), "a.PNG", "image/jpeg") == "", "one picture for another harms nobody"
    assert refusal(kind_of(zipped(("x", b"y"))), "a.pdf", "application/pdf") == "disguised"
    assert refusal(kind_of(b"MZ\0\0"), "facture", "") == "program"
    assert refusal(kind_of(b"<html>"), "a.pdf", "") == "disguised"
    assert claims("a.docx", "application/zip") == {"zip"}
    assert kind_of(CDA) == kind_of(narrated("x")) == "xml"


def test_the_header_the_sections_tables_lists_and_references_of_a_cda_are_told():
    table = (
        '<table><caption>NFS</caption><thead><tr><th>Analyse</th><th colspan="2">Valeur</th></tr></thead>'
        '<tbody><tr><td ID="r1"><content styleCode="Bold">TSH</content> basse</td><td>0,2</td><td>mUI/L</td></tr></tbody></table>'
    )
    lists = '<list listType="ordered"><item>un<list><item>deux</item></list></item></list>'
    link = (
        '<paragraph>Voir <linkHtml href="#r1">ici</linkHtml> <linkHtml href="javascript:x()">non</linkHtml></paragraph>'
    )
    who = (
        "<author><assignedAuthor><assignedPerson><name><prefix>Dr</prefix><given>Anne</given><family>LEMAIRE</family></name>"
        "</assignedPerson><representedOrganization><name>Hôpital</name></representedOrganization></assignedAuthor></author>"
        '<legalAuthenticator><time value="20261120"/><assignedEntity><assignedPerson><name>Dr B</name></assignedPerson>'
        "</assignedEntity></legalAuthenticator>"
        '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="z"/></parentDocument></relatedDocument>'
        '<setId root="9.9"/><versionNumber value="2"/>'
    )
    told, words = cda.read(narrated(table + lists + link, who), name="a.xml")
    head = told.head
    assert (head.title, head.author, head.organisation, told.authenticator) == (
        "Compte rendu",
        "Dr Anne LEMAIRE",
        "Hôpital",
        "Dr B",
    )
    assert (head.unique_id, head.set_id, head.version, head.replaces) == ("1.2.3^a", "9.9", "2", "1.2.3^z")
    [section] = told.sections
    nfs, ordered, paragraph = section.blocks
    assert (nfs.caption, [[c.columns for c in row] for row in nfs.rows]) == ("NFS", [[1, 2], [1, 1, 1]])
    assert nfs.rows[1][0].blocks[0].spans[0].style == "b"
    assert (ordered.kind, ordered.items[0][1].kind) == ("ol", "ul")
    assert [(s.text, s.link) for s in paragraph.spans if s.link or s.text == "non"] == [("ici", "#r1"), ("non", "")]
    assert "TSH" in words


def test_nothing_of_a_cda_is_left_out_in_silence_and_links_lead_to_what_is_there():
    pdf = base64.b64encode(PDF).decode()
    told, _ = cda.read(
        narrated(
            '<paragraph styleCode="Bold">Dose <content revised="delete" styleCode="Italics">5 mg</content> '
            '<content ID="c">10 mg</content><footnote ID="n">au repas</footnote> <footnoteRef IDREF="n"/> '
            '<linkHtml href="#c">dose</linkHtml> <linkHtml href="#s">partie</linkHtml> <linkHtml href="#z">rien</linkHtml>'
            '</paragraph><table><tr ID="r"><td>a</td></tr></table><paragraph><linkHtml href="#r">ligne</linkHtml></paragraph>'
            '<renderMultiMedia referencedObject="zone"><caption>Copie</caption></renderMultiMedia></text><entry>'
            '<regionOfInterest ID="zone"><observationMedia ID="m"><value mediaType="application/pdf">'
            f'{pdf}</value></observationMedia></regionOfInterest><observation><interpretationCode code="HH"/></observation>'
            "</entry><component><section><title>Codes</title><entry/></section></component><text>"
        ),
        name="a.xml",
    )
    [section] = told.sections
    first, table, _, picture = section.blocks
    assert [(one.text, one.style) for one in first.spans[:3]] == [("Dose ", "b"), ("5 mg", "s"), (" ", "b")]
    links = {one.text: one.link for one in first.spans if one.text in {"dose", "partie", "rien", "[voir la note]"}}
    assert links == {"dose": "#c", "partie": "#s", "rien": "", "[voir la note]": "#n"}
    assert {one.anchor for one in first.spans} == {"", "c", "n"} and (section.anchor, table.rows[0][0].anchor) == (
        "s",
        "r",
    )
    assert "[Note : au repas]" in "".join(one.text for one in first.spans)
    assert (picture.caption, picture.picture[:23]) == ("Copie", "data:image/webp;base64,"), (
        "a page of the PDF in the text"
    )
    assert "données codées" in section.sections[0].blocks[0].spans[0].text
    assert told.head.alerts == ("HH",), "BIO/va1.01"


def test_a_self_presenting_cda_is_read_and_its_stylesheet_is_not_run():
    inner = CDA[CDA.index(b"<ClinicalDocument") :]
    sheet = b'<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><d:c xmlns:d="urn:x">'
    evil = (
        b'</d:c><xsl:template match="/"><script>document("https://x.example/")</script></xsl:template></xsl:stylesheet>'
    )
    told, words = cda.read(sheet + inner + evil, name="a.xml")
    assert (told.head.code, told.head.patient.ins) == ("57833-6", INS)
    assert "x.example" not in words
    assert refused(cda.document_of, sheet + evil) == "unsupported"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b'<!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument>&a;</ClinicalDocument>', "entities"),
     ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><ClinicalDocument/>'.encode("utf-16"), "entities"),
     (b"<ClinicalDocument>" + b"<a>" * 200 + b"</a>" * 200 + b"</ClinicalDocument>", "too_deep"),
     (b"<ClinicalDocument>" + b"<a/>" * 250_000 + b"</ClinicalDocument>", "too_deep"),
     (b"<ClinicalDocument>&x;</ClinicalDocument>", "damaged"), (CDA[:300], "damaged")],
)  # fmt: skip
def test_xml_with_entities_too_deep_or_cut_is_refused(data, code):
    assert refused(markup.root_of, data) == code


def test_a_photo_is_turned_and_loses_what_its_camera_wrote_and_a_bomb_is_not_decoded():
    data = photo(size=(40, 30))
    assert pictures.look(data).pages == ((30, 40),)
    with Image.open(io.BytesIO(pictures.clean(data))) as upright:
        assert (upright.size, dict(upright.getexif()), upright.format) == ((30, 40), {}, "JPEG")
    with Image.open(io.BytesIO(pictures.draw(data, 0, 20))) as drawn:
        assert (drawn.size, drawn.format, dict(drawn.getexif())) == ((20, 27), "WEBP", {})
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    head = b"IHDR" + struct.pack("!II", 20_000, 20_000) + out.getvalue()[24:29]
    bomb = out.getvalue()[:12] + head + struct.pack("!I", zlib.crc32(head)) + out.getvalue()[33:]
    assert refused(pictures.look, bomb) == "bomb"


def test_a_pdf_with_a_password_one_that_is_cut_and_one_that_is_none_are_told_apart():
    assert pages.look(PDF).page_count == 1
    assert refused(pages.look, LOCKED) == "encrypted"
    assert refused(pages.look, PDF[:200]) == "damaged"
    assert refused(pages.look, b"%PDF-1.7 rien") == "damaged"
    data = base64.b64encode(PDF).decode()
    inside = (
        CDA[: CDA.index(b"<component>")]
        + (
            '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">'
            f"{data}</text></nonXMLBody></component>"
            "</ClinicalDocument>"
        ).encode()
    )
    told, _ = cda.read(inside, name="a.xml")
    assert told.head.has_pdf
    assert cda.pdf_inside(inside) == PDF, "VISU.03"
    assert refused(cda.pdf_inside, CDA) == "damaged"
