"""Sealed bytes that an external store holds: told with their digests, and copied when that is asked.

An object never changes once it is written: what the backup before has told is believed, and only what is new is read. Copies
are as they lie in the store, sealed under their mailbox's key, and shared by all backups of the folder.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from mailbox import blobs
from mailbox.models import Blob
from mssweb import crypto
from mssweb.backup import folder
from mssweb.backup.manifest import Unfit

_LINE_MOST = 200
_GONE = "-"  # the store has none: mostly destroyed after the instant of the backup, before it was read


@dataclass
class PutBack:
    """What became of the objects that a backup tells of."""

    there: int = 0
    restored: int = 0
    missing: int = 0


def lines(former: Path | None, copies: Path | None) -> Iterator[bytes]:
    """One a line: blob, SHA-256 of the object; in the order of blobs. `former` is the list of the backup before."""
    known = _read(former) if former else iter(())
    last = next(known, None)
    for blob_id in Blob.objects.filter(box=None).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000):
        while last and last[0] < blob_id:
            last = next(known, None)
        told = last[1] if last and last[0] == blob_id and last[1] != _GONE else ""
        if not told or (copies and not _place(copies, blob_id).exists()):
            told = _look(blob_id, copies)
        yield f"{blob_id}\t{told}\n".encode()


def _look(blob_id: UUID, copies: Path | None) -> str:
    try:
        box = blobs.object_of(blob_id)
    except crypto.Unreadable:
        return _GONE
    if copies:
        _keep(_place(copies, blob_id), box)
    return sha256(box).hexdigest()


def _keep(place: Path, box: bytes) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}")
    aside.unlink(missing_ok=True)
    with folder.private(aside) as out:
        out.write(box)
        out.flush()
        os.fsync(out.fileno())
    aside.rename(place)


def put_back(listed: Path, copies: Path) -> PutBack:
    """What the store lacks is put there again from the copies, each checked against its digest."""
    found = PutBack()
    for blob_id, told in _read(listed):
        place = _place(copies, blob_id)
        if blobs.is_stored(blob_id):
            found.there += 1
        elif told != _GONE and place.exists():
            box = place.read_bytes()
            if sha256(box).hexdigest() != told:
                raise Unfit(f"the copy of object {blob_id} is not what the backup says")
            blobs.put_back(blob_id, box)
            found.restored += 1
        else:
            found.missing += 1
    return found


def _read(listed: Path) -> Iterator[tuple[UUID, str]]:
    with listed.open("rb") as source:
        while line := source.readline(_LINE_MOST):
            try:
                blob_id, _, told = line.decode().rstrip("\n").partition("\t")
                yield UUID(blob_id), told
            except ValueError:
                raise Unfit("objects: the list does not read") from None


def _place(copies: Path, blob_id: UUID) -> Path:
    return copies / str(blob_id)[-2:] / str(blob_id)
