"""Put and open sealed bytes: in the database, or in an S3-compatible store through Django's storages.

A blob is a stream box under its mailbox's content key, bound to its row: one attachment is opened without the rest.
Refuses to hold or return clear bytes anywhere but in memory.
"""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from uuid_utils.compat import uuid7

from mailbox.models import Blob, Mailbox, MailboxKeys
from mssweb import crypto


def seal(mailbox_id: UUID, keys: MailboxKeys, data: bytes) -> Blob:
    """A blob ready to be inserted (see `insert`)."""
    blob_id = uuid7()
    box = crypto.seal_stream(keys.content, data, _context(mailbox_id, blob_id))
    return Blob(id=blob_id, mailbox_id=mailbox_id, size=len(data), box=box)


def insert(blobs: Iterable[Blob]) -> None:
    """Store sealed blobs in the caller's transaction. Objects go first: a rollback leaves an orphan, never a hole."""
    rows = list(blobs)
    if settings.BLOB_STORE != "db":
        for blob in rows:
            _store().save(_name(blob.pk), ContentFile(bytes(blob.box or b"")))
            blob.box = None
    Blob.objects.bulk_create(rows)


def put(mailbox: Mailbox, data: bytes) -> Blob:
    blob = seal(mailbox.pk, mailbox.keys, data)
    insert([blob])
    return blob


def read(blob: Blob, mailbox: Mailbox) -> bytes:
    """All of it; crypto.Unreadable when it was altered."""
    return crypto.unseal_stream(mailbox.keys.content, _box(blob), _context(mailbox.pk, blob.pk))


def read_range(blob: Blob, mailbox: Mailbox, start: int, length: int) -> bytes:
    """Bytes [start, start + length), opening only the 64 KiB chunks that hold them."""
    return crypto.unseal_range(mailbox.keys.content, _box(blob), _context(mailbox.pk, blob.pk), start, length)


def _box(blob: Blob) -> bytes:
    if blob.box is not None:
        return bytes(blob.box)
    with _store().open(_name(blob.pk)) as stored:
        content: bytes = stored.read()
        return content


def _store() -> Storage:
    return storages["blobs"]


def _name(blob_id: UUID) -> str:
    return f"{str(blob_id)[-2:]}/{blob_id}"


def _context(mailbox_id: UUID, blob_id: UUID) -> str:
    return f"blob:{mailbox_id}:{blob_id}"
