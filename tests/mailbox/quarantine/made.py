"""Files for the quarantine, made here: archives, photos, documents, and hostile ones."""

import io
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha1

import pillow_heif
from PIL import Image

from mailbox.management.demo import papers

INS = "279035121518989"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PAPER = papers.Paper(
    "Ordonnance de sortie", "57833-6", "PAT-TROIS", "Dominique", date(1979, 3, 5), INS, "Traitement", "Amoxicilline"
)
CDA = papers.cda(PAPER, AT)
PDF = papers.pdf("Ordonnance", "Amoxicilline 1 g")
LOCKED = PDF.replace(
    b"/Root 1 0 R",
    b"/Root 1 0 R /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
    + b"41" * 32
    + b"> /U <"
    + b"42" * 32
    + b"> >>",
)  # nobody knows its password
XDM = papers.xdm(CDA, title=PAPER.title, code=PAPER.code, ins=INS)


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def described(
    *documents: tuple[str, bytes], ins: str = INS, hash_of: bytes | None = None, size: int | None = None
) -> bytes:
    """An IHE_XDM whose METADATA.XML says so of each document: another hash, another size, another patient."""
    entries = "".join(
        f'<ExtrinsicObject id="D{i}">{slot("hash", sha1(hash_of or data, usedforsecurity=False).hexdigest())}'
        f"{slot('size', str(size or len(data)))}{slot('URI', name)}"
        f'<ExternalIdentifier identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" '
        f'value="{ins}^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH"/></ExtrinsicObject>'
        for i, (name, data) in enumerate(documents)
    )
    metadata = (
        f'<SubmitObjectsRequest xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">{entries}</SubmitObjectsRequest>'
    )
    members = [(f"IHE_XDM/SUBSET01/{name}", data) for name, data in documents]
    return zipped(("README.TXT", b"lisez"), ("IHE_XDM/SUBSET01/METADATA.XML", metadata.encode()), *members)


def slot(name: str, value: str) -> str:
    return f'<Slot name="{name}"><ValueList><Value>{value}</Value></ValueList></Slot>'


def photo(*, turned: bool = True, size: tuple[int, int] = (40, 30), kind: str = "JPEG") -> bytes:
    """As a telephone takes it: lying on its side, with its place and its owner in it."""
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6 if turned else 1
    exif[0x013B] = "Proprietaire"
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    Image.effect_noise(size, 30).convert("RGB").save(out, kind, exif=exif.tobytes() if kind == "HEIF" else exif)
    return out.getvalue()


def narrated(text: str, more: str = "") -> bytes:
    """A CDA of one section with that narrative."""
    return (
        '\ufeff<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="https://x.example/cda.xsl"?>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="a"/><title>Compte rendu</title>'
        f'{more}<component><structuredBody><component><section ID="s"><title>Résultats</title><text>{text}</text>'
        "</section></component></structuredBody></component></ClinicalDocument>"
    ).encode()
