"""Boxes open with their key and for their row, and in no other way; vectors keep old boxes readable for ever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssweb import crypto

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "crypto.json").read_text())
KEY = crypto.Key(bytes(range(32)), generation=7)
OTHER_KEY = crypto.Key(bytes(range(1, 33)), generation=7)


@given(st.binary(max_size=3000), st.text(max_size=40))
def test_a_box_opens_for_its_row_and_for_no_other(plaintext, context):
    box = crypto.seal(KEY, plaintext, context)
    assert crypto.unseal(KEY, box, context) == plaintext
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(KEY, box, context + "x")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(OTHER_KEY, box, context)


@given(st.integers(0, 400), st.integers(0, 7))
def test_no_altered_bit_of_a_box_is_accepted(position, bit):
    box = bytearray(crypto.seal(KEY, b"x" * 400, "row"))
    box[position] ^= 1 << bit
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(KEY, bytes(box), "row")


@given(st.integers(0, 3 * crypto.CHUNK_BYTES), st.data())
def test_a_range_of_a_stream_is_that_range_of_the_plaintext(length, data):
    plaintext = (b"ordonnance " * (length // 11 + 1))[:length]
    box = crypto.seal_stream(KEY, plaintext, "row")
    start = data.draw(st.integers(0, length))
    size = data.draw(st.integers(0, length))
    assert crypto.unseal_range(KEY, box, "row", start, size) == plaintext[start : start + size]
    assert crypto.unseal_stream(KEY, box, "row") == plaintext


def test_a_stream_that_is_cut_reordered_or_of_another_row_does_not_open():
    size = crypto.CHUNK_BYTES
    box = crypto.seal_stream(KEY, b"a" * size + b"b" * size + b"c", "row")
    head, chunk = len(box) - (2 * size + 1) - 3 * 16, size + 16
    swapped = box[:head] + box[head + chunk : head + 2 * chunk] + box[head : head + chunk] + box[head + 2 * chunk :]
    shorter = crypto.seal_stream(KEY, b"a" * size, "row")
    for wrong in (swapped, box[:-1], box[:head] + shorter[head:], b"", box[:20]):
        with pytest.raises(crypto.Unreadable):
            crypto.unseal_stream(KEY, wrong, "row")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal_stream(KEY, box, "other row")


def test_who_holds_only_the_public_key_writes_and_cannot_read():
    pair, other = crypto.new_keypair(), crypto.new_keypair()
    box = crypto.seal_to(pair.public, b"INR 4,8", "arrival:1")
    assert crypto.unseal_with(pair.private, box, "arrival:1") == b"INR 4,8"
    for private, info in ((other.private, "arrival:1"), (pair.private, "arrival:2")):
        with pytest.raises(crypto.Unreadable):
            crypto.unseal_with(private, box, info)
    with pytest.raises(crypto.Unreadable):
        crypto.unseal_with(pair.private, box[:-1], "arrival:1")


def test_fixed_vectors_open_as_they_did_the_day_they_were_made():
    key = crypto.Key(bytes.fromhex(VECTORS["key"]), VECTORS["generation"])
    plaintext = VECTORS["plaintext"].encode()
    assert crypto.unseal(key, bytes.fromhex(VECTORS["box"]), VECTORS["context"]) == plaintext
    assert crypto.unseal_stream(key, bytes.fromhex(VECTORS["stream"]), VECTORS["context"]) == plaintext
    private = bytes.fromhex(VECTORS["private"])
    assert crypto.unseal_with(private, bytes.fromhex(VECTORS["sealed_to"]), VECTORS["context"]) == plaintext
    assert crypto.blind(key, VECTORS["plaintext"]) == VECTORS["blind"]
    assert crypto.subkey(key, "content").secret.hex() == VECTORS["subkey_content"]


def test_a_key_never_shows_itself():
    assert "00" not in repr(KEY)
    assert KEY.secret.hex() not in f"{KEY} {KEY!r}"
