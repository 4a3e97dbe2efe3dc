"""A sealed file of a backup: whole it opens, and in no other shape."""

import io
import itertools
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssweb import crypto
from mssweb.backup import envelope
from mssweb.backup.envelope import SEGMENT_BYTES, Cut, Digest

PAIR = crypto.new_keypair()


def sealed(*pieces: bytes, info: str = "backup:n:database") -> bytes:
    out = io.BytesIO()
    envelope.seal_to(PAIR.public, pieces, Digest(out), info)
    return out.getvalue()


def opened(data: bytes, info: str = "backup:n:database", private: bytes = PAIR.private) -> bytes:
    return b"".join(envelope.opened(private, io.BytesIO(data), info))


@pytest.mark.parametrize("edge", [-SEGMENT_BYTES, -1, 0, 1, SEGMENT_BYTES])
def test_what_is_sealed_piece_by_piece_opens_whole(edge):
    pieces = [b"", b"x" * 70_000, bytes(SEGMENT_BYTES + edge - 70_000 if edge >= -1 else 0), b""]
    assert opened(sealed(*pieces)) == b"".join(pieces)


def test_nothing_is_something():
    assert opened(sealed()) == b""


@pytest.fixture(scope="module")
def three() -> tuple[bytes, list[bytes]]:
    """(head, three segments) of one file."""
    data = sealed(os.urandom(2 * SEGMENT_BYTES + 5))
    at = 16 + 2 + int.from_bytes(data[16:18])
    head, segments = data[:at], []
    while at < len(data):
        end = at + 5 + int.from_bytes(data[at : at + 4])
        segments.append(data[at:end])
        at = end
    return head, segments


def test_segments_are_neither_left_out_nor_moved_nor_cut_off_nor_added(three):
    head, segments = three
    assert len(opened(head + b"".join(segments))) == 2 * SEGMENT_BYTES + 5
    for count in range(5):
        for order in itertools.product(segments, repeat=count):
            if list(order) != segments:
                with pytest.raises((crypto.Unreadable, Cut)):
                    opened(head + b"".join(order))
    claimed = segments[1][:4] + b"\x01" + segments[1][5:]  # the second says that it is the last
    with pytest.raises(crypto.Unreadable):
        opened(head + segments[0] + claimed)
    with pytest.raises(Cut):
        opened(head + b"".join(segments) + b"x")
    with pytest.raises(Cut):
        opened(head + b"\xff\xff\xff\xff\x00")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_or_a_cut_does_not_open(place, change):
    data = sealed(b"PGDMP" * 100)
    place %= len(data)
    for hostile in (data[:place], data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]):
        with pytest.raises((crypto.Unreadable, Cut)):
            opened(hostile)


def test_a_file_opens_for_its_key_its_backup_and_its_kind_only():
    data = sealed(b"x")
    for info, private in (("backup:n:keys", PAIR.private), ("backup:m:database", PAIR.private)):
        with pytest.raises(crypto.Unreadable):
            opened(data, info, private)
    with pytest.raises(crypto.Unreadable):
        opened(data, private=crypto.new_keypair().private)


def test_memory_is_a_few_segments_however_long_the_file(tmp_path):
    piece, count = os.urandom(1 << 18), 96  # 24 MB
    path = tmp_path / "x"
    tracemalloc.start()
    with path.open("wb") as out:
        envelope.seal_to(PAIR.public, itertools.repeat(piece, count), Digest(out), "x")
    with path.open("rb") as source:
        assert sum(map(len, envelope.opened(PAIR.private, source, "x"))) == count << 18
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * SEGMENT_BYTES
