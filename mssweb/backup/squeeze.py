"""A dump made shorter as it passes: sealed bytes are written in it as hexadecimal, twice as long as they are.

Each piece is a gzip member of its own (RFC 1952 §2.2), so that several are made at once, and `gunzip` reads all of them.
Pieces of hexadecimal are only coded by frequency (RFC 1951 §3.2.7, no repeats are searched: there are none), which takes
half of the time and gives half of the size; words are compressed as usual. Not every pg_dump has a quick method of its own.
"""

import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

_GZIP = 16 + zlib.MAX_WBITS
_THREADS = min(4, os.cpu_count() or 1)  # zlib lets others run; more would wait for the database
_SAMPLE = 4096
_DIGITS = b"0123456789abcdef"
_STEP = 1 << 20  # bytes made at once, however much a hostile piece would make


class Garbled(Exception):
    """Not what `squeezed` made, or not all of it."""


def squeezed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip members, in the order of their pieces; a few pieces in memory."""
    with ThreadPoolExecutor(_THREADS, "squeeze") as threads:
        waiting: deque[Future[bytes]] = deque()
        for piece in pieces:
            waiting.append(threads.submit(_member, piece))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What was squeezed, at most a megabyte at a time; Garbled when it is cut or altered."""
    reading = zlib.decompressobj(_GZIP)
    for piece in pieces:
        rest, made = piece, b""
        while rest or len(made) == _STEP:  # what filled the step may have more behind it
            if reading.eof and rest:
                reading = zlib.decompressobj(_GZIP)
            try:
                made = reading.decompress(rest, _STEP)
            except zlib.error:
                raise Garbled("the dump is not as it was written") from None
            rest = reading.unconsumed_tail or reading.unused_data
            if made:
                yield made
    if not reading.eof:
        raise Garbled("the dump ends before its end")


def _member(piece: bytes) -> bytes:
    sample = piece[:_SAMPLE]
    is_hexadecimal = 10 * len(sample.translate(None, _DIGITS)) < len(sample)
    strategy = zlib.Z_HUFFMAN_ONLY if is_hexadecimal else zlib.Z_DEFAULT_STRATEGY
    making = zlib.compressobj(1, zlib.DEFLATED, _GZIP, 9, strategy)
    return making.compress(piece) + making.flush()
