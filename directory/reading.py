"""Reads the lines of an extraction: those that were known are passed over by their digests, the others become rows.

A first load knows none: two processes share the work of a large file, in blocks that keep the order of the file. A
process that may have no children (a worker of Celery) reads alone.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from io import BufferedReader
from itertools import batched
from multiprocessing import current_process, get_context

from directory.extract import MAX_LINE, Header
from directory.rows import Block, Encoder, digest

MAX_BYTES = MAX_LINE * 4
_BLOCK = 10_000  # lines
_READERS = 2
_AHEAD = 2 * _READERS  # blocks that wait: what bounds the memory
_FROM = 8_000_000  # bytes of a file that is worth two processes: starting them takes as long as reading half of it
type Numbered = tuple[int, bytes]


def lines(raw: BufferedReader) -> Iterator[Numbered]:
    """Each line that is not empty, without its end, numbered as an editor does. Of a line without measure, the beginning."""
    for number, line in enumerate(iter(partial(raw.readline, MAX_BYTES), b""), start=2):
        if len(line) >= MAX_BYTES and not line.endswith(b"\n"):
            while (rest := raw.readline(MAX_BYTES)) and not rest.endswith(b"\n"):
                pass
        if line := line.rstrip(b"\r\n"):
            yield number, line


def all_new(raw: BufferedReader, header: Header, put: Callable[[Block], None], *, size: int) -> None:
    """Every line becomes rows, handed to `put` block by block."""
    blocks = batched(lines(raw), _BLOCK)
    if size < _FROM or current_process().daemon:
        encoder = Encoder(header)
        for block in blocks:
            put(_encoded(encoder, block))
        return
    with ProcessPoolExecutor(_READERS, get_context("spawn"), _begin, (header,)) as pool:
        waiting: deque[Future[Block]] = deque()
        for block in blocks:
            waiting.append(pool.submit(_of_this_process, block))
            if len(waiting) > _AHEAD:
                put(waiting.popleft().result())
        while waiting:
            put(waiting.popleft().result())


def differences(raw: BufferedReader, header: Header, put: Callable[[Block], None], known: "array[int]") -> set[int]:
    """Lines that were not known become rows; those that are known (`known`, ascending) and no more there are returned."""
    encoder, unseen, fresh = Encoder(header), set(known), set[int]()
    for block in batched(lines(raw), _BLOCK):
        old = 0
        for number, line in block:
            line_id = digest(line)
            if line_id in unseen:
                unseen.discard(line_id)
                old += 1
            elif line_id in fresh or _is_in(known, line_id):
                old += 1  # a line that the file holds twice
            elif encoder.add(number, line, line_id):
                fresh.add(line_id)
        rows = encoder.taken()
        rows.kept += old
        put(rows)
    return unseen


def _encoded(encoder: Encoder, block: Sequence[Numbered]) -> Block:
    for number, line in block:
        encoder.add(number, line, digest(line))
    return encoder.taken()


_own: list[Encoder] = []  # of a reading process


def _begin(header: Header) -> None:
    _own[:] = [Encoder(header)]


def _of_this_process(block: Sequence[Numbered]) -> Block:
    return _encoded(_own[0], block)


def _is_in(ascending: "array[int]", line_id: int) -> bool:
    at = bisect_left(ascending, line_id)
    return at < len(ascending) and ascending[at] == line_id
