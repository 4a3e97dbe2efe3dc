"""The documents of the demonstration: a small valid PDF, a synthetic CDA, an IHE_XDM.zip (client-and-documents §3)."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha1

from mailbox.mime.compose import OutgoingFile

_README = "Archive IHE_XDM de démonstration, produite par mssweb. Ouvrir INDEX.HTM.\r\n"
_INDEX = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" '
    '"http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head>'
    '<title>IHE_XDM</title></head><body><p>Hôpital de démonstration</p><p><a href="README.TXT">README</a></p></body></html>'
)


@dataclass(frozen=True)
class Paper:
    """A structured document about one patient: the subject and every file of its letter are made from it."""

    title: str
    code: str  # LOINC
    family: str
    given: str
    born: date
    ins: str  # of the test range, with its key
    heading: str
    words: str

    @property
    def subject(self) -> str:
        """ECO.3.1.3"""
        return f"XDM/1.0/DDM+{self.title} {self.family} {self.given} {self.born:%d/%m/%Y}"

    @property
    def headers(self) -> dict[str, str]:
        """The identity is not said qualified."""
        return {"X-MSS-CODECDA": self.code, "X-MSS-INS": "N"}

    def files(self, author: str, at: datetime) -> tuple[OutgoingFile, ...]:
        """IHE_XDM.zip, and the same for people."""
        patient = f"{self.family} {self.given}, {self.born:%d/%m/%Y}"
        page = pdf(author, "", self.title, patient, "", self.heading, self.words)
        archive = xdm(cda(self, at), title=self.title, code=self.code, ins=self.ins)
        name = f"{at:%Y%m%d}_{self.title}_{self.family}_{self.given}.pdf"
        return (
            OutgoingFile("IHE_XDM.zip", "application/zip", archive),
            OutgoingFile(name, "application/pdf", page),
        )


def pdf(*lines: str) -> bytes:
    """One A4 page of text, PDF 1.4, in Helvetica."""
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    text = "".join(f"({line}) Tj T*\n" for line in escaped)
    content = f"BT /F1 12 Tf 16 TL 60 780 Td\n{text}ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def cda(paper: Paper, at: datetime) -> bytes:
    """A CDA R2 of our own, level 3, under the test OID of the INS (client-and-documents §4)."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
        f'<id root="1.2.250.1.213.1.1.9" extension="demo-{paper.ins[-6:]}"/>'
        f'<code code="{paper.code}" displayName="{paper.title}"/><title>{paper.title}</title>'
        f'<effectiveTime value="{at:%Y%m%d%H%M%S%z}"/><recordTarget><patientRole>'
        f'<id root="1.2.250.1.213.1.4.10" extension="{paper.ins}"/><patient><name><given>{paper.given}</given>'
        f'<family qualifier="BR">{paper.family}</family></name><birthTime value="{paper.born:%Y%m%d}"/></patient>'
        f"</patientRole></recordTarget><component><structuredBody><component><section><title>{paper.heading}</title>"
        f"<text>{paper.words}</text></section></component></structuredBody></component></ClinicalDocument>"
    ).encode()


def xdm(document: bytes, *, title: str, code: str, ins: str) -> bytes:
    """The archive: README, INDEX, METADATA (hash and size of the very bytes zipped) and the document."""
    digest = sha1(document, usedforsecurity=False).hexdigest().upper()  # XDS metadata: SHA-1, upper-case hexadecimal
    metadata = (
        '<?xml version="1.0" encoding="UTF-8"?><SubmitObjectsRequest xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        '<RegistryObjectList xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">'
        '<ExtrinsicObject id="DOC0001" mimeType="text/xml" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">'
        + _slot("hash", digest)
        + _slot("size", str(len(document)))
        + _slot("URI", "DOC0001.XML")
        + _slot("sourcePatientId", f"{ins}^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH")
        + f'<Name><LocalizedString value="{title}"/></Name>'
        + f'<Classification classificationScheme="urn:uuid:f0306f51-975f-434e-a61c-c59651d33983" nodeRepresentation="{code}"/>'
        + "</ExtrinsicObject></RegistryObjectList></SubmitObjectsRequest>"
    )
    files: dict[str, str | bytes] = {
        "README.TXT": _README,
        "INDEX.HTM": _INDEX,
        "IHE_XDM/SUBSET01/METADATA.XML": metadata,
        "IHE_XDM/SUBSET01/DOC0001.XML": document,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _slot(name: str, value: str) -> str:
    return f'<Slot name="{name}"><ValueList><Value>{value}</Value></ValueList></Slot>'
