"""A letter -> strictly valid MIME: CRLF, UTF-8, lines under 78 (998 for an address that cannot be folded), no Bcc.

Serves ECO.2.2.1-2.2.5 (RFC 5322, 2045-2047, 2231, 6532). Refuses, by `Uncomposable`, whatever could end a header line
or hold no place in one: control characters in names, subjects and file names, addresses that are not addresses.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

from mailbox.mime import parameters, words
from mailbox.mime.address import a_label
from mailbox.mime.values import Address

_CRLF = "\r\n"
_FOLD = "\r\n "
_MAX_SUBJECT = 2_000
_ATOM = r"[^\s\x00-\x1f\x7f-\x9f()<>\[\]:;@\\,.\"]+"
_SPEC = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^\s"\\\x00-\x1f\x7f-\x9f]*")@{_ATOM}(?:\.{_ATOM})*')
_ID = re.compile(r"[!-;=?-~]{1,250}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")  # display names that need no quotes
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_OURS = frozenset(
    """bcc from to cc sender subject date message-id in-reply-to references mime-version received return-path
    content-type content-transfer-encoding content-disposition content-id resent-bcc
    disposition-notification-to""".split()
)
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,100}")


class Uncomposable(ValueError):
    """This letter cannot be written as a message. The text names the place, never the content."""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """What a person wrote. `message_id`, `in_reply_to`, `references` are without <>; `headers` are further ones."""

    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    text: str
    html: str | None = None
    calendar: str | None = None  # an answer to an invitation (RFC 6047 §2.4), beside the text
    files: tuple[OutgoingFile, ...] = ()
    message_id: str
    date: datetime  # aware
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    receipt_to: tuple[Address, ...] = ()  # who is told that it was read
    headers: Mapping[str, str] = field(default_factory=dict)  # X-MSS-*


@dataclass(frozen=True, slots=True)
class Entity:
    """A MIME part ready to travel: header lines without CRLF at the end, body bytes."""

    header: tuple[str, ...]
    body: bytes

    def __bytes__(self) -> bytes:
        return _CRLF.join((*self.header, "", "")).encode("utf-8") + self.body


def new_message_id(domain: str, unique: str) -> str:
    """`unique` (a UUIDv7) at our domain, without <> (ECO.2.2.1)."""
    return f"{unique}@{a_label(domain)}"


def compose(letter: Outgoing) -> bytes:
    """The message as it travels. Uncomposable when a value has no place in it."""
    body = text_part(letter.text)
    if letter.calendar is not None:
        body = multipart("alternative", (body, _calendar(letter.calendar)), letter.message_id)
    if letter.html is not None:  # ECO.2.2.4
        body = multipart("alternative", (body, text_part(letter.html, "html")), letter.message_id)
    if letter.files:
        body = multipart("mixed", (body, *map(attachment, letter.files)), letter.message_id)
    return bytes(Entity((*_fields(letter), *body.header), ended(body.body)))


def ended(body: bytes) -> bytes:
    """A message ends with a line end (RFC 5321 §2.3.7)."""
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def _fields(letter: Outgoing) -> Iterable[str]:
    yield f"Date: {date(letter.date)}"
    yield f"From: {address_list((letter.from_,))}"
    for name, people in (("Reply-To", letter.reply_to), ("To", letter.to), ("Cc", letter.cc)):
        if people:
            yield f"{name}: {address_list(people)}"
    yield f"Subject: {unstructured(letter.subject[:_MAX_SUBJECT])}"
    yield f"Message-ID: <{own_id(letter.message_id)}>"
    yield from thread_fields(letter.references, letter.in_reply_to)
    if letter.receipt_to:
        yield f"Disposition-Notification-To: {address_list(letter.receipt_to)}"  # RFC 8098 §2.1
    yield "MIME-Version: 1.0"
    for name, value in letter.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise Uncomposable("header name")
        yield f"{name}: {unstructured(value)}"


def thread_fields(references: Iterable[str], in_reply_to: Iterable[str] = ()) -> Iterable[str]:
    """What a message answers and follows, by ids without <> (ECO.2.2.2)."""
    for name, ids in (("In-Reply-To", in_reply_to), ("References", references)):
        kept = [f"<{i}>" for i in ids if _ID.fullmatch(i)][-50:]  # an id that cannot travel is a stranger's mistake
        if kept:
            yield f"{name}: {_FOLD.join(kept)}"


def own_id(message_id: str) -> str:
    if not _ID.fullmatch(message_id):
        raise Uncomposable("message id")
    return message_id


DAYS, MONTHS = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def date(at: datetime) -> str:
    """RFC 5322 §3.3, English whatever the locale."""
    if at.utcoffset() is None:
        raise Uncomposable("date without zone")
    return f"{DAYS[at.weekday()]}, {at.day:02} {MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S %z}"


def unstructured(value: str) -> str:
    """A subject or the like: folded at its blanks when it is simple ASCII, else encoded words."""
    _refuse_controls(value, "header value")
    tokens = value.split(" ")
    simple = value.isascii() and "=?" not in value and all(0 < len(token) < 60 for token in tokens)
    if not simple:
        return _FOLD.join(words.encoded(value)) if value else ""
    lines, size = [tokens[0]], len(tokens[0]) + 20
    for token in tokens[1:]:
        if size + len(token) + 1 > 76:
            lines.append("")
            size = 0
        lines[-1] += f" {token}"
        size += len(token) + 1
    return _CRLF.join(lines)


def address_list(people: Iterable[Address]) -> str:
    """One address a line (RFC 5322 §3.4); international ones in UTF-8 (RFC 6532)."""
    return f",{_FOLD}".join(map(_mailbox, people))


def _mailbox(person: Address) -> str:
    spec = addr_spec(person.addr_spec)
    name = _display_name(person.display_name)
    return f"{name} <{spec}>" if name else spec


def addr_spec(spec: str) -> str:
    """The address as it travels: the domain in A-labels."""
    local, _, domain = spec.rpartition("@")
    spec = f"{local}@{a_label(domain)}"
    if len(spec.encode("utf-8", "replace")) > 320 or not _SPEC.fullmatch(spec):
        raise Uncomposable("address")
    return spec


def _display_name(name: str) -> str:
    _refuse_controls(name, "display name")
    if not name.isascii() or "=?" in name or len(name) > 60:
        return _FOLD.join(words.encoded(name))
    if _NAME.fullmatch(name) and name == name.strip():
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refuse_controls(value: str, place: str) -> None:
    if _CONTROL.search(value):
        raise Uncomposable(place)


def text_part(text: str, subtype: str = "plain") -> Entity:
    """UTF-8 text (ECO.2.2.3): as it is when every line is short ASCII, else quoted-printable."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        data = _CRLF.join(lines).encode("utf-8")
    except UnicodeEncodeError:
        raise Uncomposable("text") from None
    plain = data.isascii() and b"--=_" not in data and all(len(x) <= 76 and x == x.rstrip(" \t") for x in lines)
    if plain and not any(x.startswith("From ") for x in lines) and not _CONTROL.search("".join(lines)):
        encoding, body = "7bit", data
    else:
        encoding, body = "quoted-printable", quoted_printable(data)
    return Entity((f"Content-Type: text/{subtype}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}"), body)


def _calendar(text: str) -> Entity:
    body = quoted_printable(text.encode("utf-8"))
    kind = "Content-Type: text/calendar; charset=utf-8; method=REPLY"
    return Entity((kind, "Content-Transfer-Encoding: quoted-printable"), body)


def quoted_printable(data: bytes) -> bytes:
    """RFC 2045 §6.7, with CRLF ends."""
    out = binascii.b2a_qp(data.replace(b"\r\n", b"\n"), istext=True)
    return out.replace(b"\n", b"\r\n")


def multipart(subtype: str, parts: Iterable[Entity], seed: str, *given: str) -> Entity:
    """A multipart of parts. "=_" begins its boundary: neither base64 nor quoted-printable can hold it (RFC 2045 §6.7),
    and text_part leaves nothing in 7bit that does."""
    boundary = f"=_{sha256(f'{subtype}:{seed}'.encode()).hexdigest()[:40]}"
    separator = f"\r\n--{boundary}".encode()
    body = b"".join(separator + b"\r\n" + bytes(part) for part in parts)
    kind = f'Content-Type: multipart/{subtype};{_FOLD}{"".join(f"{g};{_FOLD}" for g in given)}boundary="{boundary}"'
    return Entity((kind,), body.removeprefix(b"\r\n") + separator + b"--\r\n")


def attachment(file: OutgoingFile) -> Entity:
    """A file as a part: base64, its name cleaned."""
    kind = file.content_type.lower()
    _refuse_controls(file.name, "file name")
    name = parameters.filename(file.name) or "piece.dat"
    header = (
        f"Content-Type: {kind if _TYPE.fullmatch(kind) else 'application/octet-stream'}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment{''.join(_parameter('filename', name))}",
    )
    return Entity(header, base64_lines(file.data))


def _parameter(name: str, value: str) -> Iterable[str]:
    """A parameter, quoted when it is short ASCII, else percent-encoded UTF-8 in pieces (RFC 2231 §3, §4)."""
    if value.isascii() and len(value) < 60:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        yield f';{_FOLD}{name}="{escaped}"'
        return
    pieces = ["utf-8''"]
    for character in value:
        coded = quote(character, safe="")
        if len(pieces[-1]) + len(coded) > 55:
            pieces.append("")
        pieces[-1] += coded
    if len(pieces) == 1:
        yield f";{_FOLD}{name}*={pieces[0]}"
    else:
        yield from (f";{_FOLD}{name}*{number}*={piece}" for number, piece in enumerate(pieces))


def base64_lines(data: bytes) -> bytes:
    """Lines of 76 characters (RFC 2045 §6.8)."""
    coded = base64.b64encode(data)
    return b"\r\n".join(coded[i : i + 76] for i in range(0, len(coded), 76)) + b"\r\n"
