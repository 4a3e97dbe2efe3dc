"""BDAT (RFC 3030), what becomes of line ends, and letters that go round: the pure machine."""

import pytest

from mailbox.inbound.content import MAX_BY_US, MAX_RECEIVED, is_looping
from tests.mailbox.inbound.test_protocol import ENVELOPE, HELLO, Peer, codes, secure

TAKEN, CHUNK = "250 2.0.0", "250 2.0.0"
ENVELOPE_OK = ["250 2.1.0", "250 2.1.5"]


def after_envelope(*sent: bytes) -> tuple[Peer, list[str]]:
    peer = secure()
    assert codes(peer.send(ENVELOPE)) == ENVELOPE_OK
    return peer, codes(peer.send(*sent))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([b"BDAT 9 LAST\r\nBonjour\r\n"], b"Bonjour\r\n"),
        ([b"BDAT 4\r\nBonjBDAT 5 LAST\r\nour\r\n"], b"Bonjour\r\n"),
        ([b"BDAT 9\r\nBonjour\r\n", b"BDAT 0 LAST\r\n"], b"Bonjour\r\n"),
        ([b"BDAT 0\r\n", b"bdat 2 last\r\n", b"a", b"b"], b"ab"),
        ([b"BDAT 0 LAST\r\n"], b""),
        ([b"BDAT 11 LAST\r\na\r\n.\r\nb\nc\rd"], b"a\r\n.\r\nb\nc\rd"),
        ([b"BDAT 6 LAST\r\n..\0\xff\r\n"], b"..\0\xff\r\n"),
        ([b"BDAT 6 LAST\r\nQUIT\r\n"], b"QUIT\r\n"),
    ],
)
def test_counted_octets_are_kept_as_they_are_whatever_is_in_them(sent, kept):
    """A lone dot, a bare LF, a command, no last CRLF: content. Nothing is unstuffed, for nothing was stuffed."""
    peer, _ = after_envelope(*sent)
    assert [message.data for message in peer.accepted] == [kept]
    assert codes(peer.send(b"NOOP\r\n")) == [TAKEN]


def test_each_chunk_has_its_answer_and_the_next_message_its_own_chunks():
    peer, said = after_envelope(b"BDAT 2\r\nabBDAT 3\r\ncdeBDAT 1 LAST\r\nf" + ENVELOPE + b"BDAT 1 LAST\r\ngNOOP\r\n")
    assert said == [CHUNK, CHUNK, TAKEN, *ENVELOPE_OK, TAKEN, "250 2.0.0"]
    assert [message.data for message in peer.accepted] == [b"abcdef", b"g"]


_TWICE = ["552 5.3.4", "503 5.5.1"]
REFUSED = {
    "before MAIL": (b"", b"BDAT 6 LAST\r\nQUIT\r\n", ["503 5.5.1"]),
    "without a recipient": (b"MAIL FROM:<a@b.fr>\r\n", b"BDAT 6\r\nQUIT\r\n", ["554 5.5.1"]),
    "after DATA has taken the message": (ENVELOPE, b"DATA\r\n.\r\nBDAT 6 LAST\r\nQUIT\r\n", ["354", TAKEN, "503 5.5.1"]),
    "MAIL between chunks": (ENVELOPE, b"BDAT 1\r\naMAIL FROM:<a@b.fr>\r\n", [CHUNK, "503 5.5.1"]),
    "RCPT between chunks": (ENVELOPE, b"BDAT 1\r\naRCPT TO:<c@d.fr>\r\n", [CHUNK, "503 5.5.1"]),
    "DATA between chunks": (ENVELOPE, b"BDAT 1\r\naDATA\r\n", [CHUNK, "503 5.5.1"]),
    "a chunk after RSET": (ENVELOPE, b"BDAT 1\r\naRSET\r\nBDAT 6 LAST\r\nQUIT\r\n", [CHUNK, "250 2.0.0", "503 5.5.1"]),
    "a chunk after EHLO": (ENVELOPE, b"BDAT 1\r\na" + HELLO + b"BDAT 6 LAST\r\nQUIT\r\n", [CHUNK, "250", "503 5.5.1"]),
    "too large": (ENVELOPE, b"BDAT 10001 LAST\r\n" + b"x" * 10_001, ["552 5.3.4"]),
    "too large together": (ENVELOPE, b"BDAT 9999\r\n%bBDAT 2\r\nxx" % (b"x" * 9_999), [CHUNK, "552 5.3.4"]),
    "what follows a refused one": (ENVELOPE, b"BDAT 10001\r\n%bBDAT 6 LAST\r\nQUIT\r\n" % (b"x" * 10_001), _TWICE),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_a_chunk_that_is_refused_is_read_to_its_end_and_no_octet_of_it_is_a_command(why):
    before, sent, answered = REFUSED[why]
    peer = secure()
    peer.send(before)
    assert codes(peer.send(sent)) == answered
    assert codes(peer.send(b"NOOP\r\n")) == ["250 2.0.0"], "the session goes on"
    assert [message.data for message in peer.accepted if b"QUIT" in message.data or b"x" in message.data] == []


def test_before_tls_a_chunk_is_refused_and_dropped():
    peer = Peer()
    peer.send(HELLO)
    assert codes(peer.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")) == ["530 5.7.0", "250 2.0.0"]


def test_after_a_count_that_does_not_read_nothing_more_is_read():
    """Where its octets end is not known: what follows may be content that looks like commands."""
    peer, said = after_envelope(b"BDAT 0x6 LAST\r\n" + ENVELOPE + b"DATA\r\nfaux\r\n.\r\n")
    assert said == ["501 5.5.4"] and peer.closed == 1 and peer.accepted == []


def test_too_large_a_chunk_is_never_held():
    peer, _ = after_envelope(b"BDAT 999999999999\r\n")
    for _ in range(50):
        assert peer.send(b"x" * 5_000) == b"" and peer.session.held_bytes == 0
    exact, said = after_envelope(b"BDAT 10000 LAST\r\n" + b"x" * 10_000)
    assert said == [TAKEN] and len(exact.accepted[0].data) == 10_000


def test_a_message_in_chunks_has_begun_until_its_last():
    """The caller's clock of the whole message asks."""
    peer, _ = after_envelope(b"BDAT 1\r\na")
    assert peer.session.is_receiving and not peer.session.reading_data
    peer.send(b"BDAT 0 LAST\r\n")
    assert not peer.session.is_receiving


def test_a_bare_end_of_line_is_kept_and_ends_nothing_in_data_and_in_chunks():
    for stray in (b"un\ndeux", b"un\rdeux", b"un\n.\ndeux", b"un\r.\rdeux", b"un\n.\r\ndeux", b"un\0deux"):
        lines, _ = after_envelope(b"DATA\r\n", stray + b"\r\n.\r\n")
        counted, _ = after_envelope(b"BDAT %d LAST\r\n%b" % (len(stray) + 2, stray + b"\r\n"))
        assert lines.accepted[0].data == counted.accepted[0].data == stray + b"\r\n"


def trace(by: str) -> bytes:
    return f"Received: from mx.a.example ([192.0.2.1])\r\n\tby {by} with ESMTPS id 1;\r\n\tMon, 23 Nov 2026 10:00:00\r\n".encode()


LETTER = b"Subject: x\r\n\r\nReceived: by mx.test; a line of the text\r\n" * 60
LOOPS = {
    "as many traces as may be": (trace("mx.b.example") * MAX_RECEIVED + LETTER, False),
    "one more": (trace("mx.b.example") * (MAX_RECEIVED + 1) + LETTER, True),
    "by us as often as may be": (trace("MX.test") * MAX_BY_US + trace("mx.b.example") + LETTER, False),
    "once more": (trace("MX.test") * (MAX_BY_US + 1) + LETTER, True),
    "from us is not by us": (b"Received: from mx.test by mx.b.example\r\n" * 9 + LETTER, False),
    "whose name begins with ours": (trace("mx.test.example") * 9 + LETTER, False),
    "Delivered-To is not ours": (b"Delivered-To: pharmacie@mx.test\r\n" * 99 + LETTER, False),
    "no header": (b"", False),
    "only a header": (trace("mx.test") * (MAX_BY_US + 1), True),
    "a header without end": (b"Received: " + b"\r\n by " * 500_000, False),
}


@pytest.mark.parametrize("why", LOOPS)
def test_a_letter_that_goes_round_is_refused(why):
    raw, loops = LOOPS[why]
    assert is_looping(raw, "mx.test") is loops
    if len(raw) < 10_000:
        peer, said = after_envelope(b"BDAT %d LAST\r\n%b" % (len(raw), raw))
        assert said == ["554 5.4.6" if loops else TAKEN]
        assert codes(peer.send(ENVELOPE)) == ENVELOPE_OK, "the session goes on"
