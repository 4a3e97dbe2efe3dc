"""The wrapped keys of all mailboxes, as a file of their own: written, checked against the master keys, put back.

They are never in the dump of the database: a key that was destroyed is destroyed everywhere once these files are (30 days).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from mailbox.models import MailboxKey
from mailbox.models.mailbox import key_context
from mssweb import crypto, keys
from mssweb.backup.manifest import Unfit

COLUMNS = ("mailbox_id", "master_id", "box", "wrapped_at")
_LINE_MOST = 4096  # bytes: an identifier, a name, a box of less than 200 bytes and an instant
_COPY = "COPY {} (mailbox_id, master_id, box, wrapped_at) FROM STDIN"
_ASIDE = "CREATE TEMPORARY TABLE wrapped (LIKE mailbox_mailboxkey) ON COMMIT DROP"
_TAKE = (
    "INSERT INTO mailbox_mailboxkey (mailbox_id, master_id, box, wrapped_at)"
    " SELECT mailbox_id, master_id, box, wrapped_at FROM wrapped WHERE mailbox_id IN (SELECT id FROM mailbox_mailbox)"
)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A line of the file: as the row is, still wrapped."""

    mailbox_id: UUID
    master_id: str
    box: bytes
    wrapped_at: datetime


def lines() -> Iterator[bytes]:
    """All of them, as the caller's transaction sees them."""
    rows = MailboxKey.objects.order_by("pk").values_list(*COLUMNS)
    for mailbox_id, master_id, box, wrapped_at in rows.iterator(chunk_size=1000):
        yield f"{mailbox_id}\t{master_id}\t{bytes(box).hex()}\t{wrapped_at.isoformat()}\n".encode()


def read(pieces: Iterable[bytes]) -> Iterator[Wrapped]:
    """Unfit at the first line that is none of ours."""
    waiting = b""
    for piece in pieces:
        *whole, waiting = (waiting + piece).split(b"\n")
        if len(waiting) > _LINE_MOST:
            break
        yield from map(_line, whole)
    if waiting:
        raise Unfit("keys: the file does not read")


def _line(line: bytes) -> Wrapped:
    try:
        mailbox_id, master_id, box, wrapped_at = line.decode().split("\t")
        return Wrapped(UUID(mailbox_id), master_id, bytes.fromhex(box), datetime.fromisoformat(wrapped_at))
    except ValueError:
        raise Unfit("keys: the file does not read") from None


def check(found: Iterable[Wrapped]) -> int:
    """How many there are; Unfit unless the master keys of this process open every one."""
    count = 0
    for count, one in enumerate(found, 1):  # noqa: B007  (how many is what is asked)
        try:
            keys.unwrap(one.master_id, one.box, key_context(one.mailbox_id))
        except keys.NoMasterKey as missing:
            raise Unfit(f"{missing}: the backup asks for it") from None
        except crypto.Unreadable:
            raise Unfit(f"the key of mailbox {one.mailbox_id} does not open with master key {one.master_id}") from None
    return count


def put_back(found: Iterable[Wrapped]) -> int:
    """How many mailboxes have their key again. Keys of mailboxes that are not there (of a later day) are left out."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ASIDE)
        with cursor.copy(_COPY.format("wrapped")) as copy:
            for one in found:
                copy.write_row((one.mailbox_id, one.master_id, one.box, one.wrapped_at))
        cursor.execute(_TAKE)
        return int(cursor.rowcount)
