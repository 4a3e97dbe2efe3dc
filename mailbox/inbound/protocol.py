"""SMTP as a receiver speaks it (RFC 5321), without sockets, clock or database: bytes in, replies and events out.

The machine holds the state of one session. `feed` takes bytes as they come and yields what to do: send a reply, start
TLS, ask who may send or receive, accept a message, close. While an event that needs an answer is open, input waits.
Only CRLF.CRLF ends DATA: a bare CR or LF is content, so that smuggling fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from mailbox.reply import Reply

MAX_COMMAND = 2048  # bytes of a command line, more than RFC 5321 §4.5.3.1.4 because of extensions
MAX_ERRORS = 10
MAX_COMMANDS = 5000
_END = b"\r\n.\r\n"
_PATH = re.compile(rb"^(FROM|TO):\s?<([^<>\r\n]{0,320})>(?:\s+(.*))?$", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r'^(?:[^\s<>()\[\],;:\\"@]{1,64}|"[^"\\\r\n]{1,62}")@[^\s<>()\[\],;:\\"@]{1,253}$')

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
READY_TLS = Reply(220, "2.0.0", "Ready to start TLS")
BYE = Reply(221, "2.0.0", "Bye")
SYNTAX = Reply(500, "5.5.2", "Syntax error, command unrecognized")
TOO_LONG = Reply(500, "5.5.2", "Command line too long")
ARGUMENT = Reply(501, "5.5.4", "Syntax error in parameters")
BAD_ADDRESS = Reply(553, "5.1.3", "Address not valid")
NOT_HERE = Reply(502, "5.5.1", "Command not implemented")
SEQUENCE = Reply(503, "5.5.1", "Bad sequence of commands")
PARAMETER = Reply(555, "5.5.4", "Parameter not recognized")  # RFC 5321 §4.1.1.11
NEED_TLS = Reply(530, "5.7.0", "Must issue a STARTTLS command first")  # RFC 3207 §4
NO_TLS_NOW = Reply(454, "4.7.0", "TLS not available due to temporary reason")  # RFC 3207 §4
TOO_BIG = Reply(552, "5.3.4", "Message too big for system")
TOO_MANY = Reply(452, "4.5.3", "Too many recipients")
NO_RECIPIENT = Reply(554, "5.5.1", "No valid recipients")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing")
CANNOT_VERIFY = Reply(252, "2.5.2", "Cannot verify, but will accept and attempt delivery")
NEED_UTF8 = Reply(553, "5.6.7", "Address needs SMTPUTF8")  # RFC 6531 §3.5


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

    mail_from: str
    recipients: tuple[str, ...]
    data: bytes
    smtputf8: bool


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
    """One conversation. `hostname` is ours; `max_size` bytes of DATA; `peer_name` what EHLO said."""

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
    _data: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _swallowing: bool = False
    _asked: _Asked = _Asked.NOTHING
    _mail_from: str | None = None
    _pending: str = ""
    _smtputf8: bool = False
    _recipients: list[str] = field(default_factory=list)
    _errors: int = 0
    _commands: int = 0

    def greet(self) -> Send:
        return Send(f"220 {self.hostname} ESMTP mssweb\r\n".encode())

    @property
    def is_waiting(self) -> bool:
        """An answer is owed by the caller: input is kept, not read."""
        return self._asked is not _Asked.NOTHING

    @property
    def held_bytes(self) -> int:
        return len(self._in) + len(self._data)

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take bytes and go on as far as they lead."""
        self._in += data
        yield from self._run()

    def answer(self, reply: Reply) -> Iterator[Event]:
        """The caller's answer to the open question; sends it and goes on with what was pipelined meanwhile."""
        asked, self._asked = self._asked, _Asked.NOTHING
        if asked is _Asked.SENDER and reply.is_positive:
            self._mail_from = self._pending
        elif asked is _Asked.RECIPIENT and reply.is_positive:
            self._recipients.append(self._pending)
        elif asked is _Asked.DATA:
            self._reset()
        yield from self._say(reply)
        yield from self._run()

    def tls_started(self) -> None:
        """TLS is up: everything before it is forgotten, bytes that came before it too (RFC 3207 §4.2)."""
        self._asked, self.is_secure, self.is_esmtp, self.peer_name = _Asked.NOTHING, True, False, ""
        self._in.clear()
        self._reset()

    def _run(self) -> Iterator[Event]:
        while not (self.is_waiting or self.is_closed):
            if self.reading_data:
                if not (event := self._read_data()):
                    return
                yield from event
                continue
            at = self._in.find(b"\r\n", 0, MAX_COMMAND)
            if at == -1:
                if len(self._in) > MAX_COMMAND:
                    self._in.clear()
                    yield from self._say(TOO_LONG)
                    yield from self._close()
                return
            line = bytes(self._in[:at])
            del self._in[: at + 2]
            yield from self._command(line)

    def _command(self, line: bytes) -> Iterator[Event]:
        self._commands += 1
        if self._commands > MAX_COMMANDS:
            yield from self._say(TOO_MANY_ERRORS)
            yield from self._close()
            return
        verb, _, rest = line.partition(b" ")
        handler = _HANDLERS.get(verb.upper())
        if handler is None or b"\0" in line or b"\r" in line or b"\n" in line:
            yield from self._say(SYNTAX)
            return
        yield from handler(self, rest.strip())

    def _hello(self, rest: bytes) -> Iterator[Event]:
        name = rest.split(b" ")[0].decode("ascii", "replace")[:255]
        if not name:
            yield from self._say(ARGUMENT)
            return
        self._reset()
        self.peer_name, self.is_esmtp = name, False
        yield Send(f"250 {self.hostname}\r\n".encode())

    def _extended_hello(self, rest: bytes) -> Iterator[Event]:
        for event in self._hello(rest):
            if event == Send(f"250 {self.hostname}\r\n".encode()):
                self.is_esmtp = True
                offered = ["PIPELINING", f"SIZE {self.max_size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
                offered += [] if self.is_secure else ["STARTTLS"]
                lines = [self.hostname, *offered]
                text = "".join(f"250{'-' if n < len(lines) - 1 else ' '}{line}\r\n" for n, line in enumerate(lines))
                yield Send(text.encode())
            else:
                yield event

    def _starttls(self, rest: bytes) -> Iterator[Event]:
        if rest or self.is_secure:
            yield from self._say(ARGUMENT if rest else SEQUENCE)
            return
        if not self.has_tls:
            yield from self._say(NO_TLS_NOW)
            return
        self._in.clear()  # what was pipelined in clear must not be read inside TLS (CVE-2011-0411)
        self._asked = _Asked.TLS
        yield from self._say(READY_TLS)
        yield StartTls()

    def _mail(self, rest: bytes) -> Iterator[Event]:
        if not self.is_secure:
            yield from self._say(NEED_TLS)
        elif not self.peer_name or self._mail_from is not None:
            yield from self._say(SEQUENCE)
        elif not (found := _PATH.match(rest)) or found[1].upper() != b"FROM":
            yield from self._say(ARGUMENT)
        else:
            address, size, refusal = self._mail_parameters(_text(found[2]), (found[3] or b"").split())
            if refusal:
                yield from self._say(refusal)
                return
            self._pending, self._asked = address, _Asked.SENDER
            yield AskSender(address, size)

    def _mail_parameters(self, address: str, parameters: list[bytes]) -> tuple[str, int, Reply | None]:
        size, self._smtputf8 = 0, False
        for parameter in parameters:
            name, _, value = parameter.upper().partition(b"=")
            if name == b"SIZE" and value.isdigit() and len(value) < 20:
                size = int(value)  # RFC 1870 §3
            elif name == b"SMTPUTF8" and not value:
                self._smtputf8 = True
            elif name != b"BODY" or value not in {b"7BIT", b"8BITMIME"}:
                return address, size, PARAMETER
        if size > self.max_size:
            return address, size, TOO_BIG
        if address and (fault := self._fault(address)):
            return address, size, fault
        return address, size, None

    def _fault(self, address: str) -> Reply | None:
        if not _ADDRESS.match(address) or len(address) > 320:
            return BAD_ADDRESS
        return None if self._smtputf8 or address.isascii() else NEED_UTF8

    def _rcpt(self, rest: bytes) -> Iterator[Event]:
        if not self.is_secure:
            yield from self._say(NEED_TLS)
        elif self._mail_from is None:
            yield from self._say(SEQUENCE)
        elif not (found := _PATH.match(rest)) or found[1].upper() != b"TO":
            yield from self._say(ARGUMENT)
        elif found[3]:
            yield from self._say(PARAMETER)
        elif len(self._recipients) >= self.max_recipients:
            yield from self._say(TOO_MANY)
        elif fault := self._fault(_text(found[2])):
            yield from self._say(fault)
        else:
            self._pending, self._asked = _text(found[2]), _Asked.RECIPIENT
            yield AskRecipient(self._pending)

    def _data_command(self, rest: bytes) -> Iterator[Event]:
        if not self.is_secure:
            yield from self._say(NEED_TLS)
        elif rest:
            yield from self._say(ARGUMENT)
        elif self._mail_from is None:
            yield from self._say(SEQUENCE)
        elif not self._recipients:
            yield from self._say(NO_RECIPIENT)
        else:
            self.reading_data, self._swallowing, self._scanned = True, False, 0
            self._data = bytearray(b"\r\n")  # so that a lone dot on the first line ends an empty message
            yield from self._say(GO_AHEAD)

    def _read_data(self) -> list[Event] | None:
        """Move input into the message; None while its end has not come. Each byte is looked at once."""
        self._data += self._in
        self._in.clear()
        at = self._data.find(_END, max(0, self._scanned - len(_END) + 1))
        if at == -1:
            self._scanned = len(self._data)
            if len(self._data) - 2 > self.max_size:
                self._swallowing = True
                del self._data[: -len(_END) + 1]  # go on to the end without keeping it
                self._scanned = 0
            return None
        self._in += self._data[at + len(_END) :]
        del self._data[at + 2 :]
        self.reading_data = False
        if self._swallowing or len(self._data) - 2 > self.max_size:
            self._reset()
            return list(self._say(TOO_BIG))
        message = bytes(self._data[2:]).replace(b"\r\n.", b"\r\n")  # RFC 5321 §4.5.2
        message = message[1:] if message[:1] == b"." else message
        self._data = bytearray()
        self._asked = _Asked.DATA
        return [Accept(self._mail_from or "", tuple(dict.fromkeys(self._recipients)), message, self._smtputf8)]

    def _rset(self, rest: bytes) -> Iterator[Event]:
        self._reset()
        yield from self._say(OK)

    def _noop(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(OK)

    def _verify(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(CANNOT_VERIFY if self.is_secure else NEED_TLS)  # RFC 5321 §3.5.3

    def _unknown(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(NOT_HERE)

    def _help(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(Reply(214, "2.0.0", "See RFC 5321"))

    def _quit(self, rest: bytes) -> Iterator[Event]:
        yield from self._say(BYE)
        yield from self._close()

    def _say(self, reply: Reply) -> Iterator[Event]:
        yield Send(f"{reply}\r\n".encode("ascii", "replace"))
        if reply.code >= 500:
            self._errors += 1
            if self._errors > MAX_ERRORS:
                yield Send(f"{TOO_MANY_ERRORS}\r\n".encode())
                yield from self._close()
        if reply.code == 421:
            yield from self._close()

    def _close(self) -> Iterator[Event]:
        if not self.is_closed:
            self.is_closed = True
            self._in.clear()
            yield Close()

    def _reset(self) -> None:
        self._mail_from, self._smtputf8, self.reading_data, self._swallowing = None, False, False, False
        self._recipients, self._data, self._scanned = [], bytearray(), 0


def _text(address: bytes) -> str:
    return address.decode("utf-8", "replace")


_HANDLERS = {
    b"HELO": Session._hello,
    b"EHLO": Session._extended_hello,
    b"STARTTLS": Session._starttls,
    b"MAIL": Session._mail,
    b"RCPT": Session._rcpt,
    b"DATA": Session._data_command,
    b"RSET": Session._rset,
    b"NOOP": Session._noop,
    b"VRFY": Session._verify,
    b"EXPN": Session._unknown,
    b"TURN": Session._unknown,
    b"AUTH": Session._unknown,
    b"HELP": Session._help,
    b"QUIT": Session._quit,
}
