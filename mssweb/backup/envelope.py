"""A file of any length sealed to a public key as it is written, and opened as it is read: a segment in memory at a time.

A random key is sealed to the public key (HPKE), segments are stream boxes under it, each bound to the file, to its place
and to whether it is the last: none can be left out, moved, or taken from another file, and no end can be cut off. Whoever
holds the public key can make such a file, a false one too: what is believed is the digest of a manifest (SECURITY).
"""

import struct
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import IO

from mssweb import crypto

SEGMENT_BYTES = 1 << 20  # plaintext bytes
_MAGIC = b"mssweb backup 1\n"
_HEAD = struct.Struct(">IB")  # bytes of the box that follows, 1 for the last
_KEY_BOX = struct.Struct(">H")
_BOX_MOST = SEGMENT_BYTES + 1024  # a box adds 26 bytes, and 16 a chunk


class Cut(Exception):
    """A file that ends before its end, or is none of ours."""


class Digest:
    """Writes on, counting bytes and their SHA-256."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._hash, self.size = out, sha256(), 0

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def seal_to(public: bytes, pieces: Iterable[bytes], out: Digest, info: str) -> None:
    """Write `pieces`, sealed; `info` names the backup and the file."""
    key = crypto.new_key()
    wrapped = crypto.seal_to(public, key.secret, info)
    out.write(_MAGIC + _KEY_BOX.pack(len(wrapped)) + wrapped)
    for number, (segment, is_last) in enumerate(_segments(pieces)):
        box = crypto.seal_stream(key, segment, _context(info, number, is_last))
        out.write(_HEAD.pack(len(box), is_last) + box)


def opened(private: bytes, source: IO[bytes], info: str) -> Iterator[bytes]:
    """The pieces of what was sealed; crypto.Unreadable or Cut, as soon as the place is met."""
    if source.read(len(_MAGIC)) != _MAGIC:
        raise Cut("not a sealed file of a backup")
    (length,) = _KEY_BOX.unpack(_exactly(source, _KEY_BOX.size))
    key = crypto.Key(crypto.unseal_with(private, _exactly(source, length), info))
    number, is_last = 0, 0
    while not is_last:
        length, is_last = _HEAD.unpack(_exactly(source, _HEAD.size))
        if length > _BOX_MOST or is_last > 1:
            raise Cut("a segment is longer than any of ours")
        yield crypto.unseal_stream(key, _exactly(source, length), _context(info, number, is_last))
        number += 1
    if source.read(1):
        raise Cut("something follows the last segment")


def pieces_of(source: IO[bytes]) -> Iterator[bytes]:
    """What a file holds, as it is."""
    while piece := source.read(SEGMENT_BYTES):
        yield piece


def fingerprint(public: bytes) -> str:
    """Which key: 16 characters, for people and manifests."""
    return sha256(public).hexdigest()[:16]


def _segments(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """(bytes, is it the last), each but the last of SEGMENT_BYTES; one empty segment when there is nothing."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > SEGMENT_BYTES:
            yield bytes(waiting[:SEGMENT_BYTES]), False
            del waiting[:SEGMENT_BYTES]
    yield bytes(waiting), True


def _context(info: str, number: int, is_last: int) -> str:
    return f"{info}:{number}:{'last' if is_last else 'more'}"


def _exactly(source: IO[bytes], length: int) -> bytes:
    read = source.read(length)
    if len(read) != length:
        raise Cut("the file ends before its end")
    return read
