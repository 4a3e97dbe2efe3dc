"""The entries of a ZIP, one at a time, of which nothing is ever written to a disk nor named there. Pure.

Our own reader: the standard library holds the whole directory in memory, whatever a file says its size is. This one holds one
record and one chunk (APPNOTE 6.3.10 §4.3). What unfolds beyond MAX_RATIO is a bomb, and ends the reading of the archive.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase
from struct import error, unpack_from
from typing import Any

from mailbox.imports.values import MAX_ENTRIES, MAX_NAME, MAX_RATIO, PIECE, Fault, Unreadable

_END, _END64, _LOCATOR, _RECORD, _LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
_FREE = 1 << 20  # bytes of an entry before its ratio counts
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One record of the directory. `name` is only ever compared and shown."""

    name: str
    method: int
    is_encrypted: bool
    packed: int  # bytes
    offset: int  # of its local header
    crc: int

    @property
    def fault(self) -> Fault | None:
        """Why it is not read."""
        if self.is_encrypted:
            return Fault.ENCRYPTED
        return None if self.method in {_STORED, _DEFLATED} else Fault.METHOD


def entries(file: BufferedIOBase, size: int, *, start: int = 0) -> Iterator[tuple[int, Entry]]:
    """The entries from number `start` on, with their numbers; folders are none. Unreadable."""
    try:
        count, at = _directory(file, size)
        for number in range(count):
            file.seek(at)
            record = file.read(46 + MAX_NAME)
            if record[:4] != _RECORD:
                raise Unreadable(Fault.BROKEN)
            entry, length = _entry(record)
            at += length
            if number >= start and not entry.name.endswith("/"):
                yield number, entry
    except (error, IndexError, ValueError):
        raise Unreadable(Fault.BROKEN) from None


def _directory(file: BufferedIOBase, size: int) -> tuple[int, int]:
    """How many records, and where the first one is."""
    tail_at = max(0, size - 65_557)
    file.seek(tail_at)
    tail = file.read(65_557)
    end = tail.rfind(_END)
    if end < 0:
        raise Unreadable(Fault.BROKEN)
    count, _, at = unpack_from("<HII", tail, end + 10)
    locator = end - 20
    if (count == 0xFFFF or at == 0xFFFFFFFF) and locator >= 0 and tail[locator : locator + 4] == _LOCATOR:
        (where,) = unpack_from("<Q", tail, locator + 8)
        file.seek(min(where, size))
        record = file.read(56)
        if record[:4] != _END64:
            raise Unreadable(Fault.BROKEN)
        count, _, at = unpack_from("<QQQ", record, 32)
    if count > MAX_ENTRIES or at > size:
        raise Unreadable(Fault.TOO_LARGE)
    return count, at


def _entry(record: bytes) -> tuple[Entry, int]:
    flags, method = unpack_from("<HH", record, 8)
    crc, packed, unfolded, named, extra, comment = unpack_from("<IIIHHH", record, 16)
    (offset,) = unpack_from("<I", record, 42)
    if named > MAX_NAME:
        raise Unreadable(Fault.BROKEN)
    name = record[46 : 46 + named]
    fields = record[46 + named : 46 + named + extra]
    wide = _wide(fields)
    for at, value in enumerate((unfolded, packed, offset)):  # those that do not fit, in this order (§4.5.3)
        if value == 0xFFFFFFFF and at == 0:
            wide.pop(0)
        elif value == 0xFFFFFFFF:
            packed, offset = (wide.pop(0), offset) if at == 1 else (packed, wide.pop(0))
    told = name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
    return Entry(told, method, bool(flags & 0x41), packed, offset, crc), 46 + named + extra + comment


def _wide(fields: bytes) -> list[int]:
    """The numbers of the ZIP64 field (APPNOTE §4.5.3)."""
    at = 0
    while at + 4 <= len(fields):
        kind, length = unpack_from("<HH", fields, at)
        if kind == 1:
            count = min(length, len(fields) - at - 4) // 8
            return list(unpack_from(f"<{count}Q", fields, at + 4))
        at += 4 + length
    return []


class Content(RawIOBase):
    """What an entry unfolds to, from its beginning. Unreadable for a bomb, or what is broken or cut."""

    def __init__(self, file: BufferedIOBase, entry: Entry) -> None:
        file.seek(entry.offset)
        head = file.read(30)
        if head[:4] != _LOCAL or len(head) < 30:
            raise Unreadable(Fault.BROKEN)
        named, extra = unpack_from("<HH", head, 26)
        self._file, self._entry, self._at = file, entry, entry.offset + 30 + named + extra
        self._left, self._given, self._crc, self._ready = entry.packed, 0, 0, b""
        self._inflate: Any = zlib.decompressobj(-15) if entry.method == _DEFLATED else None
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._is_over:
            self._ready = self._more(len(buffer))
        piece = self._ready[: len(buffer)]
        self._ready = self._ready[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _more(self, most: int) -> bytes:
        try:
            data = self._unfolded(max(most, 1))
        except zlib.error:
            raise Unreadable(Fault.BROKEN) from None
        self._given += len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._given > _FREE + MAX_RATIO * (self._entry.packed - self._left + 1):
            raise Unreadable(Fault.BOMB)
        if self._is_over and self._crc != self._entry.crc:
            raise Unreadable(Fault.BROKEN)
        return data

    def _unfolded(self, most: int) -> bytes:
        if self._inflate is None:
            data = self._packed()
            self._is_over = not self._left
            return data
        fed = self._inflate.unconsumed_tail or self._packed()
        unfolded: bytes = self._inflate.decompress(fed, max(most, PIECE))
        if self._inflate.eof:
            self._is_over = True
        elif not unfolded and not fed:
            raise Unreadable(Fault.BROKEN)
        return unfolded

    def _packed(self) -> bytes:
        if not self._left:
            return b""
        self._file.seek(self._at)
        data = self._file.read(min(PIECE, self._left))
        if not data:
            raise Unreadable(Fault.BROKEN)
        self._at, self._left = self._at + len(data), self._left - len(data)
        return data
