"""The files of an import as they are kept until it is over: sealed pieces, read as one file. Nothing of them is clear at rest."""

from bisect import bisect_right
from io import SEEK_CUR, SEEK_END, BufferedReader, RawIOBase
from typing import Any

from django.db.models import Sum

from mailbox import blobs
from mailbox.models import Blob, Import, ImportPiece, Mailbox

_CHUNK = 1 << 18  # bytes opened at once
_LOT = 50  # pieces destroyed in one transaction


def reader(mailbox: Mailbox, row: Import, number: int) -> BufferedReader:
    """The file of that number. Reading raises crypto.Unreadable for what was altered, Temporary while its store is away."""
    return BufferedReader(Sealed(mailbox, row, number), _CHUNK)


def held(row: Import) -> dict[int, int]:
    """How many bytes of each file have come."""
    come = ImportPiece.objects.filter(mailbox=row.mailbox_id, owner=row).values("file").annotate(sum=Sum("size"))
    return dict(come.values_list("file", "sum"))


def drop(row: Import) -> bool:
    """Destroy one lot of pieces, in the caller's transaction; true when none is left."""
    found = ImportPiece.objects.filter(mailbox=row.mailbox_id, owner=row).values_list("pk", "blob_id")[:_LOT]
    pairs = list(found)
    ImportPiece.objects.filter(mailbox=row.mailbox_id, pk__in=[pk for pk, _ in pairs]).delete()
    blobs.remove(Blob.objects.filter(mailbox=row.mailbox_id, pk__in=[blob_id for _, blob_id in pairs]))
    return len(pairs) < _LOT


class Sealed(RawIOBase):
    """Holds one piece, sealed, and one chunk of it, open."""

    def __init__(self, mailbox: Mailbox, row: Import, number: int) -> None:
        self._mailbox = mailbox
        rows = ImportPiece.objects.filter(mailbox=mailbox, owner=row, file=number).order_by("start")
        self._pieces = list(rows.values_list("start", "size", "blob_id"))
        self._starts = [start for start, *_ in self._pieces]
        self._size = sum(size for _, size, _ in self._pieces)
        self._at, self._blob = 0, Blob()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {SEEK_CUR: self._at, SEEK_END: self._size}.get(whence, 0)
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        number = bisect_right(self._starts, self._at) - 1
        if number < 0 or self._at >= self._starts[number] + self._pieces[number][1]:
            return 0
        start, size, blob_id = self._pieces[number]
        if self._blob.pk != blob_id:
            self._blob = Blob.objects.get(mailbox=self._mailbox, pk=blob_id)
        inside = self._at - start
        data = blobs.read_range(self._blob, self._mailbox, inside, min(len(buffer), size - inside))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
