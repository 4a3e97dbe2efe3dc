"""Some threads of a mailbox in one file that leaves: a ZIP of one `.eml` a message, or an mbox. Made as it is sent.

One message in memory at a time. Refuses more than MAX messages or MAX_BYTES: all of a mailbox is archive.py's.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Literal
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from mailbox import archive, summary
from mailbox.imports import mboxes
from mailbox.mime import mbox
from mailbox.mime.threads import visible_subject
from mailbox.models import Mailbox, Membership, Message
from mssweb import crypto

MAX, MAX_BYTES = 5_000, 2 * 1024**3
type Kind = Literal["zip", "mbox"]
_UNFIT = re.compile(r"[^\w ,.'’–-]+")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Leaving:
    """How much it is."""

    threads: int
    messages: int
    size: int  # bytes

    @property
    def is_too_much(self) -> bool:
        return self.messages > MAX or self.size > MAX_BYTES


def size_of(mailbox: Mailbox, thread_ids: Sequence[UUID]) -> Leaving:
    told = _messages(mailbox, thread_ids).aggregate(n=Count("pk"), t=Count("thread", distinct=True), size=Sum("size"))
    return Leaving(told["t"], told["n"], told["size"] or 0)


def stream(member: Membership, thread_ids: Sequence[UUID], kind: Kind) -> Iterator[bytes]:
    """The file in pieces. What does not open any more is told in it (ZIP), or left out (mbox)."""
    return _zipped(member, thread_ids) if kind == "zip" else _mbox(member, thread_ids)


def _mbox(member: Membership, thread_ids: Sequence[UUID]) -> Iterator[bytes]:
    mailbox = member.mailbox
    for rows in _pages(mailbox, thread_ids):
        for _, one in archive.leaving(rows, member):
            if (raw := archive.raw_of(mailbox, one.blob_id)) is not None:
                yield from mbox.entry(raw, one.filed_at.astimezone(UTC), mboxes.told(one.marks))


def _zipped(member: Membership, thread_ids: Sequence[UUID]) -> Iterator[bytes]:
    mailbox, pipe, number, lost = member.mailbox, archive.Pipe(), 0, 0
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:  # type: ignore[call-overload]
        for rows in _pages(mailbox, thread_ids):
            for message in rows:
                raw = archive.raw_of(mailbox, message.blob_id)
                if raw is None:
                    lost += 1
                    continue
                number += 1
                file.writestr(f"{number:04} {_name(message, mailbox)}.eml", raw)
                yield pipe.take()
        if lost:
            file.writestr("LISEZ-MOI.txt", f"{lost} message(s) ne s’ouvrent plus et ne sont pas dans ce fichier.\n")
        yield pipe.take()
    yield pipe.take()


def _name(message: Message, mailbox: Mailbox) -> str:
    """Day, who wrote, and the subject, as a file may be called."""
    try:
        told = summary.open_summary(message, mailbox.keys)
    except crypto.Unreadable:
        return f"{message.filed_at:%Y-%m-%d}"
    words = f"{told.author.display_name or told.author.addr_spec} – {visible_subject(told.subject)}"
    return f"{message.filed_at:%Y-%m-%d} {' '.join(_UNFIT.sub(' ', words).split())}"[:110].rstrip(" .")


def _messages(mailbox: Mailbox, thread_ids: Sequence[UUID]) -> QuerySet[Message]:
    return Message.objects.filter(mailbox=mailbox, thread_id__in=thread_ids)


def _pages(mailbox: Mailbox, thread_ids: Sequence[UUID]) -> Iterator[QuerySet[Message]]:
    """Rows by the hundred, oldest first: ids are few (MAX), rows hold their summaries."""
    ids = list(_messages(mailbox, thread_ids).order_by("filed_at", "pk").values_list("pk", flat=True)[:MAX])
    for at in range(0, len(ids), _PAGE):
        yield Message.objects.filter(mailbox=mailbox, pk__in=ids[at : at + _PAGE]).order_by("filed_at", "pk")
