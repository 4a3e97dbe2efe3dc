"""All of a mailbox in one file that it leaves with: a ZIP of one mbox for each folder, drafts, contacts, and what it is.

Made as it is sent: one message at a time in memory, whatever the mailbox holds; files over 4 GiB are ZIP64. Between two pages
of rows the connection goes back to its pool. What does not open any more is counted, never left out in silence.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import close_old_connections
from django.db.models import Q
from django.utils.formats import date_format

from mailbox import blobs, contacts, groups, unsent
from mailbox.cards import table
from mailbox.cards.values import Travelling
from mailbox.mime import mbox
from mailbox.models import Blob, Folder, Mailbox, Message
from mssweb import crypto

_PAGE = 500  # of ids; bytes are read one by one
_LEVEL = 1  # of deflate: letters are base64 for the most part, the network is what one waits for


class Pipe:
    """What the ZIP writes, until it is taken; it cannot go back, and says so by having no `seek`."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        data = b"".join(self._held)
        self._held.clear()
        return data


@dataclass(slots=True)
class Told:
    """What was written, for the file that says it."""

    lines: list[str] = field(default_factory=list)
    unreadable: int = 0
    lost_files: int = 0  # of drafts


def stream(mailbox: Mailbox, now: datetime) -> Iterator[bytes]:
    """The archive in pieces. Temporary, from blobs, cuts it short: a ZIP without its end is none."""
    pipe, told = Pipe(), Told()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]
        for folder in Folder.objects.filter(mailbox=mailbox).exclude(role=Folder.Role.DRAFTS):
            yield from _folder(archive, pipe, mailbox, folder, told)
        yield from _drafts(archive, pipe, mailbox, told)
        if cards := _contacts(mailbox):
            archive.writestr("Contacts.csv", cards)
        archive.writestr("LISEZ-MOI.txt", _about(mailbox, told, now))
        yield pipe.take()
    yield pipe.take()


def size_of(mailbox: Mailbox) -> tuple[int, int]:
    """How many messages, and about how many bytes."""
    return Message.objects.filter(mailbox=mailbox).count(), mailbox.used_bytes


def _folder(archive: zipfile.ZipFile, pipe: Pipe, mailbox: Mailbox, folder: Folder, told: Told) -> Iterator[bytes]:
    name = f"{folder.get_role_display() if folder.role else folder.pk}.mbox"
    count = 0
    with archive.open(name, "w", force_zip64=True) as file:
        for filed_at, blob_id in _messages(mailbox, folder):
            raw = _raw(mailbox, blob_id)
            if raw is None:
                told.unreadable += 1
                continue
            count += 1
            for piece in mbox.entry(raw, filed_at.astimezone(UTC)):
                file.write(piece)
                yield pipe.take()
    told.lines.append(f"{name} : {count} message{'s' if count > 1 else ''}")


def _drafts(archive: zipfile.ZipFile, pipe: Pipe, mailbox: Mailbox, told: Told) -> Iterator[bytes]:
    """A file each: programs take no draft from an mbox, and there are few."""
    name, count = str(Folder.Role.DRAFTS.label), 0
    for one in unsent.letters(mailbox):
        told.lost_files += one.lost_files
        if one.raw is None:
            told.unreadable += 1
            continue
        count += 1
        archive.writestr(f"{name}/{one.name}", one.raw)
        yield pipe.take()
    told.lines.append(f"{name} : {count} brouillon{'s' if count > 1 else ''}")


def _messages(mailbox: Mailbox, folder: Folder) -> Iterator[tuple[datetime, UUID]]:
    """When each was filed and its blob, in that order, by pages of a key: a long download holds no cursor open.

    Ids only: rows kept for a page would keep their bytes.
    """
    last: tuple[int, UUID] | None = None
    while True:
        rows = Message.objects.filter(mailbox=mailbox, folder=folder).order_by("uid", "pk")
        if last:
            rows = rows.filter(Q(uid__gt=last[0]) | Q(uid=last[0], pk__gt=last[1]))
        page = list(rows.values_list("uid", "pk", "filed_at", "blob_id")[:_PAGE])
        yield from ((filed_at, blob_id) for _, _, filed_at, blob_id in page)
        if len(page) < _PAGE:
            return
        last = page[-1][:2]
        close_old_connections()


def _raw(mailbox: Mailbox, blob_id: UUID) -> bytes | None:
    """None when it does not open any more, or was destroyed since its page was read."""
    blob = Blob.objects.filter(mailbox=mailbox, pk=blob_id).first()
    try:
        return blobs.read(blob, mailbox) if blob else None
    except crypto.Unreadable:
        return None


def _contacts(mailbox: Mailbox) -> bytes:
    held, names = contacts.all_of(mailbox), dict[UUID, list[str]]()
    for group in groups.all_of(mailbox).values():
        for pk in group.members:
            names.setdefault(pk, []).append(group.name)
    cards = [
        Travelling(
            name=card.name, detail=card.detail, address=card.address, phone=card.phone, note=card.note,
            source=card.source, groups=tuple(names.get(pk, ())), is_favourite=card.is_favourite,
        )
        for pk, card in held.items()
        if card.is_readable
    ]  # fmt: skip
    return table.write(cards, with_notes=True) if cards else b""


def _about(mailbox: Mailbox, told: Told, now: datetime) -> str:
    lost = f"\n{told.unreadable} message(s) ne s’ouvrent plus et n’y sont pas.\n" if told.unreadable else ""
    if told.lost_files:
        lost += f"\n{told.lost_files} pièce(s) jointe(s) de brouillons ne s’ouvrent plus et n’y sont pas.\n"
    return (
        f"Boîte aux lettres {mailbox.address}, exportée le {date_format(now, 'j F Y à H:i')}.\n\n"
        + "\n".join(told.lines)
        + f"\n{lost}\nLes fichiers .mbox, et les brouillons (.eml), s’ouvrent avec un logiciel de messagerie (Thunderbird, Apple"
        " Mail). Ils ne sont plus chiffrés : ils contiennent des données de santé, gardez-les comme telles.\n"
    )
