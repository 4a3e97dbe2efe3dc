"""What no bytes may do: to the SMTP machine, and to the dissection of a letter. A broken promise is an AssertionError."""

from dataclasses import fields

from mailbox.inbound.protocol import MAX_COMMAND, Accept
from mailbox.mime.parse import parse
from mailbox.mime.report import parse_report
from tests.mailbox.inbound.test_protocol import Peer, secure

MAX_SIZE = 10_000  # of secure()'s session
_LONGEST_REPLY = 512  # RFC 5321 §4.5.3.1.5


def session(data: bytes) -> None:
    """The first two bytes say how the rest is cut; cut and whole, it is answered the same."""
    how, script = data[:2], data[2:]
    cut = secure()
    step = 1 + int.from_bytes(how) % 700
    for at in range(0, len(script), step):
        cut.send(script[at : at + step])
        assert cut.session.held_bytes <= MAX_SIZE + MAX_COMMAND + step, "memory is bounded"
    _is_sound(cut)
    if b"STARTTLS" not in script.upper():  # what is pipelined behind it is dropped, so that the cut matters
        whole = secure()
        whole.send(script)
        assert (cut.said, cut.accepted, cut.closed) == (whole.said, whole.accepted, whole.closed)


def _is_sound(peer: Peer) -> None:
    for line in peer.said.split(b"\r\n")[:-1]:
        assert line[:3].isdigit() and line[3:4] in {b" ", b"-"} and line.isascii() and len(line) < _LONGEST_REPLY, line
    assert peer.closed <= 1 and peer.session.is_closed == bool(peer.closed)
    assert peer.session.is_closed or not peer.session.is_waiting
    for message in peer.accepted:
        _is_fit(message)


def _is_fit(message: Accept) -> None:
    told = message.sending
    assert len(message.data) <= MAX_SIZE
    assert 1 <= len(message.wanted) <= 3 and len(set(message.recipients)) == len(message.wanted)
    assert told.ret in {"", "FULL", "HDRS"} and told.size <= MAX_SIZE
    for text in (
        told.address,
        told.envid,
        *(t for one in message.wanted for t in (one.address, one.notify, one.orcpt)),
    ):
        assert not text or text.isprintable(), "nothing that ends a line of a header"


def letter(data: bytes) -> None:
    """Never raises, and what it gives can be stored: no half character, no NUL."""
    parsed = parse(data)
    for one in fields(parsed):
        value = getattr(parsed, one.name)
        if isinstance(value, str):
            value.encode()
            assert "\0" not in value, one.name
    parse_report(data, parsed)


TARGETS = {"session": session, "letter": letter}
