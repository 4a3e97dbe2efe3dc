"""A ZIP and its members, bounded before anything is unpacked; an IHE_XDM with its METADATA.XML checked (reference §3).

Nothing is unpacked to a disk: a name is a name. Refuses bombs, nested archives, names that climb, encrypted members.
"""

import io
import zipfile
import zlib
from dataclasses import replace
from hashlib import sha1

from mailbox.quarantine.inside import cda, metadata
from mailbox.quarantine.inside.metadata import Entry
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.sniff import claims, kind_of, refusal
from mailbox.quarantine.values import Document, Found

MAX_MEMBERS = 300
MAX_MEMBER, MAX_TOTAL = 30_000_000, 80_000_000  # bytes, unpacked
_MAX_RATIO = 200  # of a member larger than a megabyte
_SIDE = ("readme.txt", "index.htm", "index.html", "metadata.xml")


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Its directory, judged."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, OverflowError):
        raise Refused("damaged") from None
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise Refused("too_many")
    if sum(one.file_size for one in members) > MAX_TOTAL or any(_is_bomb(one) for one in members):
        raise Refused("bomb")
    if any(_climbs(one.filename) for one in members):
        raise Refused("climbing")
    if any(one.flag_bits & 0x1 for one in members):
        raise Refused("encrypted_archive")
    if any(
        kind in {"zip", "archive"}
        for one in members
        for kind in claims(one.filename, "")
        if not _is_office(one.filename)
    ):
        raise Refused("nested")
    return archive


def _is_office(name: str) -> bool:
    return name.lower().endswith((".docx", ".xlsx", ".odt", ".ods", ".pptx"))


def _is_bomb(one: zipfile.ZipInfo) -> bool:
    return one.file_size > MAX_MEMBER or (
        one.file_size > 1_000_000 and one.file_size > _MAX_RATIO * max(one.compress_size, 1)
    )


def _climbs(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]


def files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Its members that are files: their place in this list names them."""
    return [one for one in archive.infolist() if not one.is_dir()]


def bytes_of(archive: zipfile.ZipFile, place: int) -> bytes:
    """A member, at most what its header says and MAX_MEMBER."""
    members = files(archive)
    if not 0 <= place < len(members):
        raise Refused("absent")
    return _read(archive, members[place])


def _read(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(one) as stream:
            data = stream.read(min(one.file_size, MAX_MEMBER) + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        raise Refused("damaged") from None
    if len(data) > one.file_size:
        raise Refused("bomb")
    if kind_of(data) in {"zip", "archive"} and not _is_office(one.filename):
        raise Refused("nested")
    return data


def look(data: bytes) -> Found:
    archive = open_archive(data)
    members = files(archive)
    described = next((one for one in members if one.filename.upper().endswith("/METADATA.XML")), None)
    is_xdm = described is not None or any(one.filename.upper().startswith("IHE_XDM/") for one in members)
    problems: list[str] = []
    entries: list[Entry] = []
    patients: set[str] = set()
    if described is not None:
        try:
            entries, patients = metadata.read(_read(archive, described))
        except Refused as error:
            problems.append("bad_metadata" if error.code == "damaged" else error.code)
    elif is_xdm:
        problems.append("no_metadata")
    documents, texts = _documents(archive, members, entries, is_xdm=is_xdm)
    named = {_file_name(one.filename) for one in members}
    problems += ["absent"] * any(entry.uri.upper() not in named for entry in entries)
    patients |= {d.patient.ins for d in documents if d.patient and d.patient.ins}
    problems += ["several_patients"] * (len({p for p in patients if p}) > 1)  # ECO.2.1.1: one patient a message
    return Found(
        "xdm" if is_xdm else "zip",
        documents=tuple(documents),
        problems=tuple(dict.fromkeys(problems)),
        text="\n".join(texts),
    )


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].upper()


def _documents(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], entries: list[Entry], *, is_xdm: bool
) -> tuple[list[Document], list[str]]:
    found, texts = [], []
    by_uri = {entry.uri.upper(): entry for entry in entries}
    for place, one in enumerate(members):
        name = one.filename.replace("\\", "/").rpartition("/")[2]
        if is_xdm and name.lower() in _SIDE:  # README, INDEX: for software that cannot read the archive
            continue
        try:
            data = _read(archive, one)
            document, text = _document(data, name, place)
        except Refused as error:
            if error.code == "nested":
                raise
            data, document, text = b"", Document(place, name, "", one.file_size, notice=error.code), ""
        entry = by_uri.get(name.upper())
        if entry:
            document = _checked(document, entry, data)
        elif is_xdm and entries:
            document = replace(document, problems=(*document.problems, "undeclared"))
        found.append(document)
        texts.append(text)
    return found, texts


def _document(data: bytes, name: str, place: int) -> tuple[Document, str]:
    kind = kind_of(data)
    if said := refusal(kind, name, ""):
        return Document(place, name, kind, len(data), notice=said), ""
    if kind == "xml" and cda.is_cda(data):
        told, text = cda.read(data, name=name, member=place, draws=False)
        return told.head, text
    return Document(place, name, kind, len(data)), ""


def _checked(document: Document, entry: Entry, data: bytes) -> Document:
    """What METADATA.XML says of it against the bytes (reference §3.2): SHA-1 of any case, size, patient."""
    problems = list(document.problems)
    if data and entry.hash and sha1(data, usedforsecurity=False).hexdigest() != entry.hash.lower():
        problems.append("hash")
    if data and entry.size and entry.size != str(len(data)):
        problems.append("size")
    told = document.patient
    if told and told.ins and entry.patient.ins and told.ins != entry.patient.ins:
        problems.append("patient")
    if told and told.born and entry.patient.born and told.born[:8] != entry.patient.born[:8]:
        problems.append("patient_traits")
    return replace(
        document,
        title=document.title or entry.title,
        code=document.code or entry.code,
        code_label=document.code_label or entry.code_label,
        made_at=document.made_at or entry.made_at,
        author=document.author or entry.author,
        patient=told or (entry.patient if entry.patient.ins or entry.patient.family else None),
        unique_id=document.unique_id or entry.unique_id,
        replaces=document.replaces or entry.replaces,
        problems=tuple(dict.fromkeys(problems)),
    )
