"""The pure machine: conversations as tables, the same answers however the bytes are cut, nothing that crashes it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.inbound import protocol, replies
from mailbox.inbound.protocol import Accept, AskRecipient, AskSender, Close, Send, Session, StartTls
from mailbox.reply import Reply
from tests.depth import deep

SENDER, PHARMACY = "f.lemaire@hopital.mssante.example", "pharmacie@officine.mssante.example"
HELLO = b"EHLO mx.peer\r\n"
ENVELOPE = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{PHARMACY}>\r\n".encode()
REFUSED = Reply(550, "5.1.1", "Mailbox unavailable")


@dataclass
class Peer:
    """Plays the caller: says yes to whom it knows, keeps what is accepted."""

    session: Session = field(default_factory=lambda: Session("mx.test", 10_000, max_recipients=3))
    said: bytes = b""
    accepted: list[Accept] = field(default_factory=list)
    closed: int = 0

    def send(self, *chunks: bytes) -> bytes:
        """What the machine answers to these bytes."""
        before = len(self.said)
        for chunk in chunks:
            self._play(self.session.feed(chunk))
        return self.said[before:]

    def _play(self, events):
        for event in events:
            match event:
                case Send(data):
                    self.said += data
                case StartTls():
                    self.session.tls_started()
                case AskSender():
                    self._play(self.session.answer(replies.SENDER_OK))
                case AskRecipient(address):
                    self._play(self.session.answer(REFUSED if "inconnu" in address else replies.RECIPIENT_OK))
                case Accept():
                    self.accepted.append(event)
                    self._play(self.session.answer(replies.OK))
                case Close():
                    self.closed += 1


def secure(**given) -> Peer:
    peer = Peer(**given)
    peer.send(HELLO, b"STARTTLS\r\n", HELLO)
    peer.said = b""
    return peer


def codes(answers: bytes) -> list[str]:
    """ "250 2.1.0", "354": the code and enhanced code that end each reply."""
    lines = [line for line in answers.decode().split("\r\n") if line[3:4] == " "]
    return [line[:9] if line[5:6] == "." else line[:3] for line in lines]


def test_without_a_certificate_tls_is_refused_for_now():
    peer = Peer(Session("mx.test", 10_000, has_tls=False))
    assert peer.send(HELLO, b"STARTTLS\r\n").splitlines()[-1].startswith(b"454 4.7.0")
    assert not peer.closed


def test_what_is_offered_and_that_starttls_is_offered_once():
    peer = Peer()
    clear = peer.send(HELLO)
    assert clear == (
        b"250-mx.test\r\n250-PIPELINING\r\n250-SIZE 10000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
        b"250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250-CHUNKING\r\n250 STARTTLS\r\n"
    )
    assert peer.send(b"STARTTLS\r\n").startswith(b"220 ")
    assert b"STARTTLS" not in peer.send(HELLO)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"MAIL FROM:<a@b.fr>\r\n", ["530 5.7.0"]),
        (b"RCPT TO:<a@b.fr>\r\n", ["530 5.7.0"]),
        (b"DATA\r\n", ["530 5.7.0"]),
        (b"VRFY anne\r\n", ["530 5.7.0"]),
        (b"STARTTLS now\r\n", ["501 5.5.4"]),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\nNOOP\r\n", ["500 5.5.2", "250 2.0.0"]),
        (b"NOOP\r\nRSET\r\nQUIT\r\n", ["250 2.0.0", "250 2.0.0", "221 2.0.0"]),
    ],
)
def test_before_tls_nothing_is_received(sent, answered):
    assert codes(Peer().send(HELLO + sent)[len(Peer().send(HELLO)) :]) == answered


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"MAIL FROM:<>\r\n", ["250 2.1.0"]),
        (b"mail from:<a@b.fr> BODY=8BITMIME SIZE=500 SMTPUTF8\r\n", ["250 2.1.0"]),
        (b"MAIL FROM: <a@b.fr>\r\n", ["250 2.1.0"]),
        ("MAIL FROM:<hélène@b.fr> SMTPUTF8\r\n".encode(), ["250 2.1.0"]),
        ("MAIL FROM:<hélène@b.fr>\r\n".encode(), ["553 5.6.7"]),
        (b"MAIL FROM:<\xff@b.fr>\r\n", ["553 5.6.7"]),
        (b"MAIL FROM:<a@b.fr> SIZE=10001\r\n", ["552 5.3.4"]),
        (b"MAIL FROM:<a@b.fr> SIZE=" + b"9" * 30 + b"\r\n", ["501 5.5.4"]),
        (b"MAIL FROM:<a@b.fr> RET=HDRS\r\n", ["250 2.1.0"]),
        (b"MAIL FROM:<a@b.fr> BODY=BINARYMIME\r\n", ["555 5.5.4"]),
        (b"MAIL FROM:<a@b@c.fr>\r\n", ["553 5.1.3"]),
        (b"MAIL FROM:<a b@c.fr>\r\n", ["553 5.1.3"]),
        (b"MAIL FROM:<@relais.fr:a@c.fr>\r\n", ["250 2.1.0"]),
        (b"MAIL FROM:<" + b"a" * 65 + b"@b.fr>\r\n", ["553 5.1.3"]),
        (b"MAIL FROM:a@b.fr\r\n", ["501 5.5.4"]),
        (b"MAIL TO:<a@b.fr>\r\n", ["501 5.5.4"]),
        (b"MAIL FROM:<a@b.fr>\r\nMAIL FROM:<a@b.fr>\r\n", ["250 2.1.0", "503 5.5.1"]),
        (b"RCPT TO:<a@b.fr>\r\n", ["503 5.5.1"]),
        (b"DATA\r\n", ["503 5.5.1"]),
        (b"STARTTLS\r\n", ["503 5.5.1"]),
        (b"MAIL FROM:<a@b.fr>\r\nDATA\r\n", ["250 2.1.0", "554 5.5.1"]),
        (b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<inconnu@c.fr>\r\nDATA\r\n", ["250 2.1.0", "550 5.1.1", "554 5.5.1"]),
        (b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<>\r\n", ["250 2.1.0", "553 5.1.3"]),
        (b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<c@d.fr> NOTIFY=NEVER\r\n", ["250 2.1.0", "250 2.1.5"]),
        (b"MAIL FROM:<a@b.fr>\r\n" + b"RCPT TO:<c@d.fr>\r\n" * 4, ["250 2.1.0"] + ["250 2.1.5"] * 3 + ["452 4.5.3"]),
        (b"VRFY anne\r\nEXPN liste\r\nAUTH PLAIN x\r\nTURN\r\n", ["252 2.5.2", "502 5.5.1", "502 5.5.1", "502 5.5.1"]),
        (b"BLA\r\n\r\nMAIL\0\r\nNOOP a\nb\r\nNOOP a\rb\r\n", ["500 5.5.2"] * 5),
        (b"EHLO\r\n", ["501 5.5.4"]),
        (b"x" * 3_000, ["500 5.5.2"]),
    ],
)
def test_one_answer_to_each_command_in_their_order(sent, answered):
    assert codes(secure().send(sent)) == answered


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"Bonjour\r\n.\r\n", b"Bonjour\r\n"),
        (b".\r\n", b""),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...a\r\n..b\r\n.\r\n", b"..a\r\n.b\r\n"),
        (b"un\n.\ndeux\r\n.\r\n", b"un\n.\ndeux\r\n"),
        (b"un\r.\rdeux\r\n.\r\n", b"un\r.\rdeux\r\n"),
        (b"un\n.\r\ndeux\r\n.\r\n", b"un\n.\r\ndeux\r\n"),
        (b"un\r\n.\ndeux\r\n.\r\n", b"un\r\n\ndeux\r\n"),
        (b"un\r\n.\rdeux\r\n.\r\n", b"un\r\n\rdeux\r\n"),
        (b"\0\xff\r\n.\r\n", b"\0\xff\r\n"),
    ],
)
def test_only_a_dot_alone_between_two_crlf_ends_a_message(sent, kept):
    """SMTP smuggling (2023): what is neither CRLF.CRLF nor a stuffed dot stays content, and no second command follows."""
    peer = secure()
    peer.send(ENVELOPE, b"DATA\r\n", sent)
    assert [message.data for message in peer.accepted] == [kept]
    assert peer.accepted[0].mail_from == SENDER and peer.accepted[0].recipients == (PHARMACY,)
    assert codes(peer.send(b"NOOP\r\n")) == ["250 2.0.0"]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\0.\r\n", b"\r\r\n.\r"])
def test_a_smuggled_second_message_is_content_of_the_first(end):
    peer = secure()
    peer.send(ENVELOPE, b"DATA\r\n", b"un" + end + ENVELOPE + b"DATA\r\nfaux\r\n.\r\n")
    assert len(peer.accepted) == 1 and b"faux" in peer.accepted[0].data


def test_what_was_pipelined_in_clear_is_not_read_inside_tls():
    """CVE-2011-0411: a command injected before the handshake must be forgotten."""
    peer = Peer()
    peer.send(HELLO, b"STARTTLS\r\nEHLO intrus\r\nMAIL FROM:<a@b.fr>\r\n")
    assert peer.session.peer_name == ""
    assert codes(peer.send(ENVELOPE)) == ["503 5.5.1", "503 5.5.1"]


def test_a_second_message_of_a_session_inherits_nothing():
    peer = secure()
    peer.send(ENVELOPE, b"DATA\r\nun\r\n.\r\n")
    assert codes(peer.send(b"DATA\r\n")) == ["503 5.5.1"]
    peer.send(ENVELOPE, b"RSET\r\n")
    assert codes(peer.send(b"RCPT TO:<c@d.fr>\r\n")) == ["503 5.5.1"]
    peer.send(b"MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\ndeux\r\n.\r\n")
    assert [(m.mail_from, m.recipients) for m in peer.accepted] == [(SENDER, (PHARMACY,)), ("", ("c@d.fr",))]


def test_too_large_a_message_is_read_to_its_end_without_being_kept():
    peer = secure()
    peer.send(ENVELOPE, b"DATA\r\n")
    for _ in range(100):
        peer.send(b"x" * 5_000)
        assert peer.session.held_bytes < 20_000
    assert codes(peer.send(b"\r\n", b".", b"\r\nNOOP\r\n")) == ["552 5.3.4", "250 2.0.0"]
    assert peer.accepted == []


def test_a_message_of_exactly_the_size_offered_passes_and_one_byte_more_does_not():  # MSS/va1.13
    body = b"x" * 9_998 + b"\r\n"
    for data, answered in ((body, "250 2.0.0"), (b"x" + body, "552 5.3.4")):
        assert codes(secure().send(ENVELOPE, b"DATA\r\n", data + b".\r\n"))[-1] == answered


def test_a_peer_that_only_errs_is_sent_away():
    peer = secure()
    answers = codes(peer.send(b"BLA\r\n" * 50))
    assert answers == ["500 5.5.2"] * (protocol.MAX_ERRORS + 1) + ["421 4.7.0"]
    assert peer.closed == 1 and peer.send(b"NOOP\r\n") == b""


def test_a_peer_that_never_stops_is_sent_away():
    peer = secure()
    answers = codes(peer.send(b"NOOP\r\n" * (protocol.MAX_COMMANDS + 5)))
    assert answers[-1] == "421 4.7.0" and len(answers) <= protocol.MAX_COMMANDS
    assert peer.closed == 1


def test_input_waits_while_a_question_is_open():
    session = Session("mx.test", 10_000)
    list(session.feed(HELLO))
    list(session.feed(b"STARTTLS\r\n"))
    session.tls_started()
    list(session.feed(HELLO))
    assert list(session.feed(ENVELOPE + b"NOOP\r\n")) == [AskSender(SENDER, 0)]
    assert session.is_waiting and list(session.feed(b"NOOP\r\n")) == []
    assert list(session.answer(replies.SENDER_OK))[-1] == AskRecipient(PHARMACY)
    assert [event.data[:3] for event in session.answer(REFUSED)] == [b"550", b"250", b"250"]


_WORDS = [
    b"EHLO x", b"MAIL FROM:<a@b.fr>", b"RCPT TO:<c@d.fr>", b"RCPT TO:<inconnu@d.fr>", b"DATA", b"RSET", b"QUIT", b".",
    b"..", b"", b"\r", b"\n", b"\0", b"STARTTLS", b"x" * 700, b"Bonjour",
]  # fmt: skip
_SCRIPTS = st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])))


@given(script=_SCRIPTS, cuts=st.lists(st.integers(0, 400)))
@settings(max_examples=deep(100, 20_000), deadline=None)
def test_the_answers_do_not_depend_on_how_the_bytes_were_cut(script, cuts):
    data = b"".join(word + end for word, end in script)
    whole, cut = secure(), secure()
    whole.send(data)
    at = 0
    for length in [*cuts, len(data)]:
        cut.send(data[at : at + length])
        at += length
    if b"STARTTLS" in data:  # what is pipelined behind it is dropped, so that the cut matters
        return
    assert (cut.said, cut.accepted, cut.closed) == (whole.said, whole.accepted, whole.closed)


@given(chunks=st.lists(st.binary(max_size=300) | st.sampled_from([w + b"\r\n" for w in _WORDS]), max_size=40))
@settings(max_examples=deep(100, 20_000), deadline=None)
def test_no_bytes_break_the_machine_or_make_it_hold_more_than_it_may(chunks):
    peer = secure()
    for chunk in chunks:
        for line in peer.send(chunk).split(b"\r\n")[:-1]:
            assert line[:3].isdigit() and len(line) <= 512 and line.isascii()
        assert peer.session.held_bytes <= 10_000 + protocol.MAX_COMMAND + 700
    assert peer.closed <= 1 and (peer.session.is_closed or not peer.session.is_waiting)
