"""The entries of a tar, plain or gzipped, one at a time, of which nothing is ever written to a disk nor named there. Pure.

Our own reader: the standard library keeps every entry it met, and reads extended headers whole, whatever size they claim
(POSIX.1-2001 ustar and pax, GNU long names). Links, devices and sparse files are passed over.
"""

import zlib
from collections.abc import Iterator
from io import BufferedIOBase, BufferedReader, RawIOBase
from typing import Any

from mailbox.imports.values import MAX_ENTRIES, MAX_NAME, MAX_RATIO, PIECE, Fault, Unreadable

BLOCK = 512
_EXTENDED = 1 << 16  # bytes of an extended header
_FREE = 1 << 20
_FILES = b"0\0"


class Gunzipped(RawIOBase):
    """What a gzip file unfolds to (RFC 1952), its members one after the other. Unreadable for a bomb or what is broken."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file, self._inflate = file, zlib.decompressobj(31)
        self._taken = self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            fed = self._inflate.unconsumed_tail
            if self._inflate.eof:
                fed = self._inflate.unused_data or self._next()
                if not fed or not fed.strip(b"\0"):
                    return 0
                self._inflate = zlib.decompressobj(31)
            fed = fed or self._next()
            if not fed:
                raise Unreadable(Fault.BROKEN)
            try:
                data = self._inflate.decompress(fed, len(buffer))
            except zlib.error:
                raise Unreadable(Fault.BROKEN) from None
        self._given += len(data)
        if self._given > _FREE + MAX_RATIO * self._taken:
            raise Unreadable(Fault.BOMB)
        buffer[: len(data)] = data
        return len(data)

    def _next(self) -> bytes:
        data = self._file.read(PIECE)
        self._taken += len(data)
        return data


class Content(RawIOBase):
    """The bytes of one entry; `finish` passes over what was not read, and what fills its last block."""

    def __init__(self, file: BufferedIOBase, size: int) -> None:
        self._file, self._left, self._fill = file, size, -size % BLOCK

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        if self._left and not data:
            raise Unreadable(Fault.BROKEN)
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def finish(self) -> None:
        left, self._left, self._fill = self._left + self._fill, 0, 0
        while left:
            data = self._file.read(min(left, PIECE))
            if not data:
                raise Unreadable(Fault.BROKEN)
            left -= len(data)


def entries(file: BufferedIOBase) -> Iterator[tuple[int, str, int, BufferedReader]]:
    """The files in order: number, name, size, content. Each content ends when the next one is asked for. Unreadable."""
    number, name, size = 0, "", 0
    long_name, long_size = "", -1
    while (head := _header(file)) is not None:
        name, size, kind = head
        content = Content(file, size)
        if kind in {b"L", b"x"}:
            told = content.read(size) or b"" if size <= _EXTENDED else b""
            if kind == b"L":
                long_name = told.rstrip(b"\0")[:MAX_NAME].decode("utf-8", "replace")
            else:
                long_name, long_size = _pax(told, long_name, long_size)
        elif kind in {b"0", b"\0", b"7"}:
            if long_size >= 0:
                content = Content(file, size := long_size)
            yield number, long_name or name, size, BufferedReader(content)
            number, long_name, long_size = number + 1, "", -1
            if number > MAX_ENTRIES:
                raise Unreadable(Fault.TOO_LARGE)
        elif kind != b"g":
            long_name, long_size = "", -1
        content.finish()


def _header(file: BufferedIOBase) -> tuple[str, int, bytes] | None:
    """Name, size, kind; None at the end."""
    block = file.read(BLOCK)
    if len(block) < BLOCK or not block.strip(b"\0"):
        return None
    if _number(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * 32:
        raise Unreadable(Fault.BROKEN)
    name, prefix = block[:100].split(b"\0")[0], b""
    if block[257:262] == b"ustar" and block[263:265] == b"00":
        prefix = block[345:500].split(b"\0")[0]
    whole = prefix + b"/" + name if prefix else name
    return whole.decode("utf-8", "replace"), _number(block[124:136]), block[156:157]


def _number(field: bytes) -> int:
    """Octal, or binary when its first bit is set (GNU)."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    else:
        digits = field.split(b"\0")[0].strip()
        if digits.translate(None, b"01234567"):
            raise Unreadable(Fault.BROKEN)
        value = int(digits or b"0", 8)
    if value > 1 << 50:
        raise Unreadable(Fault.BROKEN)
    return value


def _pax(told: bytes, name: str, size: int) -> tuple[str, int]:
    """«length key=value» lines."""
    at = 0
    while at < len(told):
        digits = told[at : at + 7].split(b" ")[0]
        if not digits.isdigit() or int(digits) < len(digits) + 2:
            break
        key, _, value = told[at + len(digits) + 1 : at + int(digits) - 1].partition(b"=")
        if key == b"path":
            name = value[:MAX_NAME].decode("utf-8", "replace")
        elif key == b"size" and value.isdigit() and len(value) < 16:
            size = int(value)
        at += int(digits)
    return name, size
