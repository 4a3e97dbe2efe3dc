"""SMTP as a receiver speaks it (RFC 5321), without sockets, clock or database: bytes in, replies and events out.

The machine holds the state of one session. `feed` takes bytes as they come and yields what to do: send a reply, start
TLS, ask who may send or receive, accept a message, close. While an event that needs an answer is open, input waits.
A command ends with CRLF and nothing else; what a message ends with, content.py says. Extensions, by their documents:
PIPELINING 2920, SIZE 1870, 8BITMIME 6152, SMTPUTF8 6531, STARTTLS 3207, DSN 3461, CHUNKING 3030.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto

from mailbox.inbound import replies, syntax
from mailbox.inbound.content import Content, is_looping
from mailbox.inbound.syntax import Sending, Wanted
from mailbox.reply import Permanent, Reply

MAX_COMMAND = 2048  # bytes of a command line, more than RFC 5321 §4.5.3.1.4 because of extensions
MAX_ERRORS = 10
MAX_COMMANDS = 5000
MAX_IDLE = 100  # commands in a row that bring no message nearer: NOOP, RSET, VRFY, EHLO …


@dataclass(frozen=True, slots=True)
class Send:
    """Send this to the peer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class StartTls:
    """The 220 has been sent: negotiate; then call `tls_started`."""


@dataclass(frozen=True, slots=True)
class AskSender:
    """May this reverse-path ('' is null) send? Answer with `answer(reply)`."""

    address: str
    size: int


@dataclass(frozen=True, slots=True)
class AskRecipient:
    """May mail be received for this address? Answer with `answer(reply)`."""

    address: str


@dataclass(frozen=True, slots=True)
class Accept:
    """A whole message. Answer with `answer(reply)`: 250 only when it is safe."""

    sending: Sending
    wanted: tuple[Wanted, ...]  # of each recipient once
    data: bytes

    @property
    def mail_from(self) -> str:
        return self.sending.address

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(wanted.address for wanted in self.wanted)


@dataclass(frozen=True, slots=True)
class Close:
    """The session is over."""


type Event = Send | StartTls | AskSender | AskRecipient | Accept | Close


class _Asked(Enum):
    NOTHING = auto()
    SENDER = auto()
    RECIPIENT = auto()
    DATA = auto()
    TLS = auto()


@dataclass(slots=True)
class Session:
    """One conversation. `hostname` is ours; `max_size` bytes of a message; `peer_name` what EHLO said."""

    hostname: str
    max_size: int
    max_recipients: int = 100
    has_tls: bool = True
    peer_name: str = ""
    is_secure: bool = False
    is_esmtp: bool = False
    is_closed: bool = False
    reading_data: bool = False
    _in: bytearray = field(default_factory=bytearray)
    _content: Content = field(default_factory=lambda: Content(0))
    _in_chunks: bool = False  # BDAT has begun the message
    _chunk: tuple[int, bool, Reply | None] = (0, False, None)  # octets, the last, and why it is refused
    _asked: _Asked = _Asked.NOTHING
    _sending: Sending | None = None
    _pending: Sending | None = None
    _wanted: Wanted | None = None
    _recipients: list[Wanted] = field(default_factory=list)
    _step: str = ""
    _errors: int = 0
    _commands: int = 0
    _idle: int = 0

    def greet(self) -> Send:
        return Send(f"220 {self.hostname} ESMTP mssweb\r\n".encode())

    @property
    def is_waiting(self) -> bool:
        """An answer is owed by the caller: input is kept, not read."""
        return self._asked is not _Asked.NOTHING

    @property
    def is_receiving(self) -> bool:
        """A message has begun and is not whole: between two chunks too."""
        return self.reading_data or self._in_chunks

    @property
    def held_bytes(self) -> int:
        return len(self._in) + len(self._content)

    @property
    def about(self) -> tuple[str, str, tuple[str, ...]]:
        """What the last reply is about: «mail», «rcpt», «data» or '', reverse-path, forward-paths."""
        sending = self._pending if self._step == "mail" else self._sending
        wanted = [self._wanted] if self._step == "rcpt" else self._recipients if self._step == "data" else []
        return self._step, sending.address if sending else "", tuple(one.address for one in wanted if one)

    @property
    def is_chunked(self) -> bool:
        return self._in_chunks

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take bytes and go on as far as they lead."""
        self._in += data
        yield from self._run()

    def answer(self, reply: Reply) -> Iterator[Event]:
        """The caller's answer to the open question; sends it and goes on with what was pipelined meanwhile.

        A recipient refused is no error of the peer's: whoever asks for many that do not exist is counted by the caller.
        """
        asked, self._asked = self._asked, _Asked.NOTHING
        if asked is _Asked.SENDER and reply.is_positive:
            self._sending = self._pending
        elif asked is _Asked.RECIPIENT and reply.is_positive and self._wanted:
            self._recipients.append(self._wanted)
        elif asked is _Asked.DATA:
            self._idle = 0 if reply.is_positive else self._idle
        yield from self._say(reply, is_error=asked is not _Asked.RECIPIENT)
        if asked is _Asked.DATA:
            self._reset()
        yield from self._run()

    def tls_started(self) -> None:
        """TLS is up: everything before it is forgotten, bytes that came before it too (RFC 3207 §4.2)."""
        self._asked, self.is_secure, self.is_esmtp, self.peer_name = _Asked.NOTHING, True, False, ""
        self._in.clear()
        self._reset()

    def _run(self) -> Iterator[Event]:
        while not (self.is_waiting or self.is_closed):
            if self.reading_data:
                if not (self._content.take_octets if self._in_chunks else self._content.take_lines)(self._in):
                    return
                self.reading_data = False
                yield from self._chunk_came() if self._in_chunks else self._came(self._content.lines)
                continue
            at = self._in.find(b"\r\n", 0, MAX_COMMAND)
            if at == -1:
                if len(self._in) > MAX_COMMAND:
                    yield from self._say(replies.TOO_LONG)
                    yield from self._close()
                return
            line = bytes(self._in[:at])
            del self._in[: at + 2]
            yield from self._command(line)

    def _command(self, line: bytes) -> Iterator[Event]:
        verb, _, rest = line.partition(b" ")
        verb = verb.upper()
        self._commands += 1
        self._idle += verb not in _BRING_NEARER
        if self._commands > MAX_COMMANDS or self._idle > MAX_IDLE:
            yield from self._say(replies.TOO_MANY_ERRORS)
            return
        self._step = _STEPS.get(verb, "")
        handler = _HANDLERS.get(verb)
        if handler is None or b"\0" in line or b"\r" in line or b"\n" in line:  # RFC 5321 §2.3.8
            yield from self._say(replies.SYNTAX)
            if verb in _OF_OTHERS or verb.endswith(b":"):
                yield from self._close()  # a browser led here, or content behind a refused DATA: no line of it is for us
            return
        try:
            yield from handler(self, rest.strip(b" "))  # RFC 5321 §4.1.1: trailing blanks are borne
        except Permanent as fault:
            yield from self._say(fault.reply)

    def _hello(self, rest: bytes) -> Iterator[Event]:
        name = syntax.host(rest)
        self._reset()
        self.peer_name, self.is_esmtp = name, False
        yield Send(f"250 {self.hostname}\r\n".encode())

    def _extended_hello(self, rest: bytes) -> Iterator[Event]:
        self.peer_name, self.is_esmtp = syntax.host(rest), True
        self._reset()
        offered = [
            "PIPELINING", f"SIZE {self.max_size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING",
        ]  # fmt: skip
        offered += [] if self.is_secure else ["STARTTLS"]
        lines = [self.hostname, *offered]
        text = "".join(f"250{'-' if n < len(lines) - 1 else ' '}{line}\r\n" for n, line in enumerate(lines))
        yield Send(text.encode())

    def _starttls(self, rest: bytes) -> Iterator[Event]:
        if rest or self.is_secure or not self.peer_name:
            yield from self._say(replies.ARGUMENT if rest else replies.SEQUENCE)
            return
        if not self.has_tls:
            yield from self._say(replies.NO_TLS_NOW)
            return
        self._in.clear()  # what was pipelined in clear must not be read inside TLS (CVE-2011-0411)
        self._asked = _Asked.TLS
        yield from self._say(replies.READY_TLS)
        yield StartTls()

    def _mail(self, rest: bytes) -> Iterator[Event]:
        self._pending = None
        if not self.is_secure:
            with suppress(Permanent):  # its address is for the trace; badly written or not, the answer is the same
                self._pending = syntax.sending(rest, extended=True)
            yield from self._say(replies.NEED_TLS)
        elif not self.peer_name or self._sending is not None:
            yield from self._say(replies.SEQUENCE)
        else:
            sending = self._pending = syntax.sending(rest, extended=self.is_esmtp)
            if sending.size > self.max_size:
                yield from self._say(replies.TOO_BIG)  # RFC 1870 §6.1
                return
            self._asked = _Asked.SENDER
            yield AskSender(sending.address, sending.size)

    def _rcpt(self, rest: bytes) -> Iterator[Event]:
        self._wanted = None
        if not self.is_secure:
            yield from self._say(replies.NEED_TLS)
        elif self._sending is None or self._in_chunks:
            yield from self._say(replies.SEQUENCE)
        else:
            wanted = self._wanted = syntax.recipient(rest, extended=self.is_esmtp, utf8=self._sending.smtputf8)
            if len(self._recipients) >= self.max_recipients:
                yield from self._say(replies.TOO_MANY)  # RFC 5321 §4.5.3.1.10
                return
            self._asked = _Asked.RECIPIENT
            yield AskRecipient(wanted.address)

    def _why_no_content(self) -> Reply | None:
        """What DATA and BDAT need before them."""
        if not self.is_secure:
            return replies.NEED_TLS
        if self._sending is None:
            return replies.SEQUENCE
        return None if self._recipients else replies.NO_RECIPIENT

    def _data(self, rest: bytes) -> Iterator[Event]:
        if self.is_secure and rest:
            yield from self._say(replies.ARGUMENT)
        elif refusal := self._why_no_content():
            yield from self._say(refusal)
        elif self._in_chunks:
            yield from self._say(replies.SEQUENCE)  # RFC 3030 §2
        else:
            self.reading_data, self._content = True, Content(self.max_size)
            self._content.begin_lines()
            yield from self._say(replies.GO_AHEAD)

    def _bdat(self, rest: bytes) -> Iterator[Event]:
        """The octets of a refused chunk are read and dropped (RFC 3030 §2): they must not be taken for commands."""
        try:
            size, is_last = syntax.chunk(rest)
        except Permanent as fault:
            yield from self._say(fault.reply)
            yield from self._close()  # where the octets end is not known
            return
        refusal = self._why_no_content() if self.is_esmtp or not self.is_secure else replies.SEQUENCE
        if not self._in_chunks:
            self._content = Content(self.max_size)
        if refusal:
            self._content.drop()
        self._content.begin_chunk(size)
        self._chunk, self._in_chunks, self.reading_data = (size, is_last, refusal), True, True

    def _chunk_came(self) -> Iterator[Event]:
        size, is_last, refusal = self._chunk
        if not refusal and is_last:
            yield from self._came(self._content.octets)
        elif refusal or self._content.is_too_large:
            yield from self._say(refusal or replies.TOO_BIG)
            self._reset()  # the transaction is over: chunks pipelined behind are out of sequence
        else:
            yield Send(f"{replies.CHUNK_OK.code} {replies.CHUNK_OK.enhanced} {size} octets\r\n".encode())

    def _came(self, whole: Callable[[], bytes]) -> Iterator[Event]:
        """The message is whole: refused, or the caller's to keep."""
        refusal = replies.TOO_BIG if self._content.is_too_large else None
        message = b"" if refusal else whole()
        if not refusal and is_looping(message, self.hostname):
            refusal = replies.LOOP
        if refusal or self._sending is None:
            yield from self._say(refusal or replies.SEQUENCE)
            self._reset()
            return
        self._content, self._asked = Content(0), _Asked.DATA
        once: dict[str, Wanted] = {}
        for wanted in self._recipients:
            once.setdefault(wanted.address, wanted)
        yield Accept(self._sending, tuple(once.values()), message)

    def _rset(self, rest: bytes) -> Iterator[Event]:
        if not rest:
            self._reset()
        yield from self._say(replies.ARGUMENT if rest else replies.OK)

    def _noop(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(replies.OK)

    def _verify(self, rest: bytes) -> Iterator[Event]:
        needed = replies.ARGUMENT if not rest else replies.CANNOT_VERIFY  # RFC 5321 §3.5.3
        yield from self._say(needed if self.is_secure else replies.NEED_TLS)

    def _unknown(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(replies.NOT_HERE)

    def _help(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(replies.HELP)

    def _quit(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(replies.ARGUMENT if rest else replies.BYE)
        if not rest:
            yield from self._close()

    def _say(self, reply: Reply, *, is_error: bool = True) -> Iterator[Event]:
        yield Send(f"{reply}\r\n".encode("ascii", "replace"))
        if reply.code >= 500 and is_error:
            self._errors += 1
            if self._errors > MAX_ERRORS:
                yield Send(f"{replies.TOO_MANY_ERRORS}\r\n".encode())
                yield from self._close()
        if reply.code == 421:
            yield from self._close()

    def _close(self) -> Iterator[Event]:
        if not self.is_closed:
            self.is_closed = True
            self._in.clear()
            yield Close()

    def _reset(self) -> None:
        self._sending, self._recipients = None, []
        self.reading_data, self._in_chunks, self._content = False, False, Content(0)


_BRING_NEARER = frozenset({b"MAIL", b"RCPT", b"DATA", b"BDAT", b"STARTTLS", b"QUIT"})
_OF_OTHERS = frozenset({b"GET", b"POST", b"PUT", b"CONNECT", b"OPTIONS"})
_STEPS = {b"MAIL": "mail", b"RCPT": "rcpt", b"DATA": "data", b"BDAT": "data"}
_HANDLERS = {
    b"HELO": Session._hello,
    b"EHLO": Session._extended_hello,
    b"STARTTLS": Session._starttls,
    b"MAIL": Session._mail,
    b"RCPT": Session._rcpt,
    b"DATA": Session._data,
    b"BDAT": Session._bdat,
    b"RSET": Session._rset,
    b"NOOP": Session._noop,
    b"VRFY": Session._verify,
    b"EXPN": Session._unknown,
    b"TURN": Session._unknown,
    b"AUTH": Session._unknown,
    b"HELP": Session._help,
    b"QUIT": Session._quit,
}
