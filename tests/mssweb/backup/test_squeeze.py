"""A dump passes shorter, and comes out as it was."""

import gzip
import random

import pytest

from mssweb.backup.squeeze import Garbled, squeezed, whole

HEX, WORDS = random.Random(7).randbytes(100_000).hex().encode(), b"Dr LEMAIRE Florence\t75\tCardiologie\n" * 9_000


def test_what_was_squeezed_is_whole_again_and_half_as_long():
    pieces = [HEX, WORDS, b"", HEX]
    made = b"".join(squeezed(pieces))
    assert b"".join(whole([made[:7], made[7:300_000], made[300_000:]])) == b"".join(pieces) == gzip.decompress(made)
    assert len(b"".join(squeezed([HEX]))) < 0.52 * len(HEX)
    assert len(b"".join(squeezed([WORDS]))) < 0.05 * len(WORDS)


def test_what_is_cut_altered_or_no_dump_is_said_so():
    made = b"".join(squeezed([HEX, WORDS]))
    altered = (made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :] for at in (0, 50, 5_000, len(made) - 5))
    for hostile in (made[:-1], b"PGDMP", made + b"x", b"", made[:9], *altered):
        with pytest.raises(Garbled):
            list(whole([hostile]))


def test_a_small_file_that_would_fill_the_memory_comes_a_megabyte_at_a_time():
    bomb = gzip.compress(bytes(6 << 20))
    assert max(map(len, whole([bomb]))) <= 1 << 20
