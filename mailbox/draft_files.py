"""The files of a draft: joined, carried over from a forwarded message or another draft, taken out. Bytes and names sealed."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from mailbox import blobs
from mailbox.documents import facts
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.parse import decoded_body
from mailbox.models import Blob, Draft, DraftFile, Mailbox, Message
from mailbox.summary import open_summary
from mssweb import crypto

MAX_FILES = 40
MAX_BYTES = 25_000_000  # of files in one message: what the strictest peer takes (patients' operator, trust-space §5)


class TooLarge(Exception):
    """The files of this draft would exceed MAX_BYTES, or MAX_FILES."""


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file of a draft, as the screen names it. `part`: its number in the message it was carried from, or ''."""

    id: UUID
    name: str
    content_type: str
    size: int
    part: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that a forward can take along; `fits` when it does beside those before it."""

    number: str
    name: str
    size: int
    fits: bool


def attach(mailbox: Mailbox, draft: Draft, *, name: str, content_type: str, data: bytes, part: str = "") -> DraftFile:
    """Join a file: its bytes sealed as a blob, its name and type sealed beside."""
    held = list(DraftFile.objects.filter(draft=draft).values_list("size", flat=True))
    if len(held) >= MAX_FILES or sum(held) + len(data) > MAX_BYTES:
        raise TooLarge
    file_id = uuid7()
    note = json.dumps({"name": name[:150], "type": content_type[:100], "part": part}).encode()
    box = crypto.seal(mailbox.keys.summary, note, _context(mailbox.pk, file_id))
    with transaction.atomic():
        blob = blobs.put(mailbox, data)
        return DraftFile.objects.create(id=file_id, mailbox=mailbox, draft=draft, blob=blob, size=len(data), box=box)


def detach(file: DraftFile) -> None:
    with transaction.atomic():
        blob_id = file.blob_id
        file.delete()
        blobs.remove(Blob.objects.filter(pk=blob_id))


def of(draft: Draft, mailbox: Mailbox) -> list[FileNote]:
    return [_note(row, mailbox) for row in DraftFile.objects.filter(draft=draft)]


def outgoing(draft: Draft, mailbox: Mailbox) -> list[OutgoingFile]:
    """With their bytes."""
    rows = DraftFile.objects.filter(draft=draft).select_related("blob")
    opened = ((row, _note(row, mailbox)) for row in rows)
    return [OutgoingFile(note.name, note.content_type, blobs.read(row.blob, mailbox)) for row, note in opened]


def readable(draft: Draft, mailbox: Mailbox) -> tuple[list[OutgoingFile], int]:
    """The same of those that still open, and how many do not."""
    found, lost = list[OutgoingFile](), 0
    for row in DraftFile.objects.filter(draft=draft).select_related("blob"):
        try:
            note = _note(row, mailbox)
            found.append(OutgoingFile(note.name, note.content_type, blobs.read(row.blob, mailbox)))
        except crypto.Unreadable:
            lost += 1
    return found, lost


def offered(mailbox: Mailbox, source: Message) -> list[Offer]:
    """What a forward of `source` can take along, in its order."""
    offers, count, total = [], 0, 0
    for part in open_summary(source, mailbox.keys).files:
        fits = count < MAX_FILES and total + part.size <= MAX_BYTES
        count, total = count + fits, total + part.size * fits
        offers.append(Offer(part.number, _name(part.filename), part.size, fits))
    return offers


def carry(mailbox: Mailbox, draft: Draft, source: Message, numbers: Collection[str]) -> list[str]:
    """Hold exactly these files of `source`, beside the draft's own; the names of those that are not: no room, or a virus."""
    held = {note.part: note for note in of(draft, mailbox) if note.part}
    for row in DraftFile.objects.filter(draft=draft, pk__in=[n.id for p, n in held.items() if p not in numbers]):
        detach(row)
    left_out, apart = [], facts.infected(source, mailbox.keys)
    for part in open_summary(source, mailbox.keys).files:
        if part.number not in numbers or part.number in held:
            continue
        name = _name(part.filename)
        if part.number in apart:
            left_out.append(name)
            continue
        try:
            data = decoded_body(blobs.read_range(source.blob, mailbox, part.offset, part.length), part)
            attach(mailbox, draft, name=name, content_type=part.content_type, data=data, part=part.number)
        except TooLarge:
            left_out.append(name)
    return left_out


def infected(mailbox: Mailbox, draft: Draft, source: Message) -> list[str]:
    """The names of files carried from `source` before the antivirus recognised something in them."""
    apart = facts.infected(source, mailbox.keys)
    return [note.name for note in of(draft, mailbox) if note.part in apart] if apart else []


def copy(mailbox: Mailbox, draft: Draft, to: Draft) -> list[str]:
    """Join the files of a draft to another one too; the names of those for which there is no room."""
    left_out = []
    for row in DraftFile.objects.filter(draft=draft).select_related("blob"):
        note = _note(row, mailbox)
        try:
            data = blobs.read(row.blob, mailbox)
            attach(mailbox, to, name=note.name, content_type=note.content_type, data=data, part=note.part)
        except TooLarge:
            left_out.append(note.name)
    return left_out


def _name(filename: str) -> str:
    return filename or "piece"


def _note(row: DraftFile, mailbox: Mailbox) -> FileNote:
    plain = json.loads(crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk)))
    return FileNote(row.pk, plain["name"], plain["type"], row.size, plain.get("part", ""))


def _context(mailbox_id: UUID, row_id: UUID) -> str:
    return f"draft:{mailbox_id}:{row_id}:file"
