"""Put and open sealed bytes: in the database, or in an S3-compatible store through Django's storages.

A blob is a stream box under its mailbox's content key, bound to its row: one attachment is opened without the rest.
Refuses to hold or return clear bytes anywhere but in memory.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg.pq import Format
from uuid_utils.compat import uuid7

from mailbox.models import Blob, Mailbox, MailboxKeys
from mailbox.reply import Temporary
from mssweb import crypto

log = logging.getLogger(__name__)

_PIECE = 4 * crypto.CHUNK_BYTES
# %b, binary: as text, which bulk_create sends, 20 kB of a list of bytes are 95
_INSERT = """
INSERT INTO mailbox_blob (id, mailbox_id, size, stored_at, box)
SELECT x.id, x.mailbox, x.size, now(), x.box
  FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %b::bytea[]) AS x (id, mailbox, size, box)
"""


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
            with _reachable():
                _store().save(_name(blob.pk), ContentFile(bytes(blob.box or b"")))
            blob.box = None
    columns: list[list[Any]] = [
        [b.pk for b in rows],
        [b.mailbox_id for b in rows],
        [b.size for b in rows],
        [b.box for b in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)


def put(mailbox: Mailbox, data: bytes) -> Blob:
    blob = seal(mailbox.pk, mailbox.keys, data)
    insert([blob])
    return blob


def remove(rows: QuerySet[Blob]) -> None:
    """Destroy bytes: rows in the caller's transaction, objects once it is committed (a store that is away keeps them)."""
    kept_outside = [] if settings.BLOB_STORE == "db" else list(rows.filter(box=None).values_list("pk", flat=True))
    rows.delete()
    if kept_outside:
        transaction.on_commit(partial(_drop, kept_outside))


def _drop(blob_ids: Sequence[UUID]) -> None:
    for blob_id in blob_ids:
        try:
            _store().delete(_name(blob_id))
        except _away() as error:  # an orphan, sealed: what asked for its destruction is done all the same
            log.warning("object %s not deleted: %s", blob_id, type(error).__name__)


def fetch(blob_id: UUID) -> Blob | None:
    """That row with what the database holds of its bytes, for who read it without them; None when it is gone.

    By hand: the ORM takes as long to ask for one column as the database to answer, and as text bytes are twice as long.
    """
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        cursor.execute("SELECT box FROM mailbox_blob WHERE id = %s", [blob_id])
        row = cursor.fetchone()
    return Blob(id=blob_id, box=row[0]) if row else None


def read(blob: Blob, mailbox: Mailbox) -> bytes:
    """All of it; crypto.Unreadable when it was altered or is not there, Temporary when the store is away."""
    return crypto.unseal_stream(mailbox.keys.content, _box(blob), _context(mailbox.pk, blob.pk))


def read_range(blob: Blob, mailbox: Mailbox, start: int, length: int) -> bytes:
    """Bytes [start, start + length), opening only the 64 KiB chunks that hold them."""
    return crypto.unseal_range(mailbox.keys.content, _box(blob), _context(mailbox.pk, blob.pk), start, length)


def pieces(blob: Blob, mailbox: Mailbox, length: int) -> Iterator[bytes]:
    """Its first `length` bytes, some chunks at a time; a store outside is asked once."""
    box, context = _box(blob), _context(mailbox.pk, blob.pk)
    for start in range(0, length, _PIECE):
        yield crypto.unseal_range(mailbox.keys.content, box, context, start, min(_PIECE, length - start))


def _box(blob: Blob) -> bytes:
    return bytes(blob.box) if blob.box is not None else object_of(blob.pk)


def object_of(blob_id: UUID) -> bytes:
    """Sealed bytes as the external store holds them; crypto.Unreadable when it has none, Temporary when it is away."""
    with _reachable():
        try:
            with _store().open(_name(blob_id)) as stored:
                content: bytes = stored.read()
                return content
        except _away() as error:
            if _is_hole(error):
                raise crypto.Unreadable("the store has no such object") from None
            raise


def put_back(blob_id: UUID, box: bytes) -> None:
    """An object that was there before: sealed already, and no row is written."""
    with _reachable():
        _store().save(_name(blob_id), ContentFile(box))


def is_stored(blob_id: UUID) -> bool:
    with _reachable():
        return _store().exists(_name(blob_id))


def _store() -> Storage:
    return storages["blobs"]


@contextmanager
def _reachable() -> Iterator[None]:
    """Temporary when the store is away: never the fault of what it holds."""
    try:
        yield
    except _away():
        raise Temporary from None


@cache
def _away() -> tuple[type[Exception], ...]:
    """What a store raises then; S3's client has families of its own."""
    if find_spec("botocore") is None:
        return (OSError,)
    from botocore.exceptions import BotoCoreError, ClientError  # of the group «s3»

    return (OSError, BotoCoreError, ClientError)


def _is_hole(error: Exception) -> bool:
    """The store answers, and has no such object: nothing to wait for. S3's client gives words of the answer."""
    answer = getattr(error, "response", {})
    return isinstance(error, FileNotFoundError) or answer.get("Error", {}).get("Code") == "NoSuchKey"


def _name(blob_id: UUID) -> str:
    return f"{str(blob_id)[-2:]}/{blob_id}"


def _context(mailbox_id: UUID, blob_id: UUID) -> str:
    return f"blob:{mailbox_id}:{blob_id}"
