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
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format

from mailbox import blobs, contacts, groups, unsent
from mailbox.cards import table
from mailbox.cards.values import Travelling
from mailbox.imports import mboxes
from mailbox.imports.values import Mark
from mailbox.mime import mbox
from mailbox.models import Blob, Folder, Mailbox, Membership, Message, Seen
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


def stream(mailbox: Mailbox, now: datetime, *, reader: Membership | None = None) -> Iterator[bytes]:
    """The archive in pieces, with the marks of messages; unread is what `reader` has not read.

    Temporary, from blobs, cuts it short: a ZIP without its end is none.
    """
    pipe, told = Pipe(), Told()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]
        for folder in Folder.objects.filter(mailbox=mailbox).exclude(role=Folder.Role.DRAFTS):
            yield from _folder(archive, pipe, mailbox, folder, told, reader)
        yield from _drafts(archive, pipe, mailbox, told)
        if cards := _contacts(mailbox):
            archive.writestr("Contacts.csv", cards)
        archive.writestr("LISEZ-MOI.txt", _about(mailbox, told, now))
        yield pipe.take()
    yield pipe.take()


def size_of(mailbox: Mailbox) -> tuple[int, int]:
    """How many messages, and about how many bytes."""
    return Message.objects.filter(mailbox=mailbox).count(), mailbox.used_bytes


def _folder(
    archive: zipfile.ZipFile, pipe: Pipe, mailbox: Mailbox, folder: Folder, told: Told, reader: Membership | None
) -> Iterator[bytes]:
    name = f"{folder.get_role_display() if folder.role else folder.pk}.mbox"
    count = 0
    with archive.open(name, "w", force_zip64=True) as file:
        for one in _messages(mailbox, folder, reader):
            raw = raw_of(mailbox, one.blob_id)
            if raw is None:
                told.unreadable += 1
                continue
            count += 1
            for piece in mbox.entry(raw, one.filed_at.astimezone(UTC), mboxes.told(one.marks)):
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


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message before its bytes are read."""

    filed_at: datetime
    blob_id: UUID
    marks: frozenset[Mark]


def _messages(mailbox: Mailbox, folder: Folder, reader: Membership | None) -> Iterator[Leaving]:
    """Each message in the order of filing, by pages of a key: a long download holds no cursor open.

    Ids only: rows kept for a page would keep their bytes.
    """
    last: tuple[int, UUID] | None = None
    while True:
        rows = Message.objects.filter(mailbox=mailbox, folder=folder).order_by("uid", "pk")
        if last:
            rows = rows.filter(Q(uid__gt=last[0]) | Q(uid=last[0], pk__gt=last[1]))
        page = leaving(rows, reader)
        yield from (one for _, one in page)
        if len(page) < _PAGE:
            return
        last = page[-1][0]
        close_old_connections()


def leaving(rows: QuerySet[Message], reader: Membership | None) -> list[tuple[tuple[int, UUID], Leaving]]:
    """One page of these rows, each with its key."""
    unread = Seen.objects.filter(mailbox=OuterRef("mailbox"), message=OuterRef("pk"), membership=reader, seen_at=None)
    told = rows.annotate(unread=Exists(unread)).values_list(
        "uid", "pk", "filed_at", "blob_id", "keywords", "direction", "unread"
    )
    return [
        ((uid, pk), Leaving(filed_at, blob_id, _marks(keywords, direction, is_unread=unread)))
        for uid, pk, filed_at, blob_id, keywords, direction, unread in told[:_PAGE]
    ]


_WORDS = {"$flagged": Mark.FLAGGED, "$answered": Mark.ANSWERED, "$forwarded": Mark.FORWARDED}


def _marks(keywords: list[str], direction: str, *, is_unread: bool) -> frozenset[Mark]:
    marks = {_WORDS[word] for word in keywords if word in _WORDS}
    marks |= set() if is_unread else {Mark.SEEN}
    return frozenset(marks | ({Mark.SENT} if direction == Message.Direction.OUT else set()))


def raw_of(mailbox: Mailbox, blob_id: UUID) -> bytes | None:
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
