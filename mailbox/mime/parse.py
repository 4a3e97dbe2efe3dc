"""Raw bytes -> ParsedMessage. Never raises, linear in the size; what cannot be read is shown raw, with a warning code.

Our own reader rather than the standard library's, which decodes every attachment, raises on some input and is
quadratic on other (RFC 5322, 2045-2047, 2231, 6532, read as they are met).
"""

import binascii
import re
from datetime import UTC, datetime, timedelta, timezone

from mailbox.mime import charsets, headers, plain, words
from mailbox.mime.address import MAX_ADDRESSES, parse_addresses
from mailbox.mime.headers import Fields
from mailbox.mime.structure import Dissection, Leaf
from mailbox.mime.values import MAX_FILES, Address, ParsedMessage, Part

_MAX_BODY = 2_000_000  # bytes of a body read for its words and snippet
_MAX_TEXT = 500_000  # characters of text kept
_MAX_SUBJECT = 2_000
_KEPT = (
    b"return-path", b"disposition-notification-to", b"auto-submitted", b"importance", b"x-priority", b"priority",
    b"list-id", b"precedence", b"comments", b"x-mailer",
)  # fmt: skip
_UNIQUE = (b"from", b"subject", b"date", b"message-id", b"to", b"cc", b"sender", b"reply-to")  # RFC 5322 §3.6
_BODIES = frozenset({"text/plain", "text/html"})
_MACHINES = frozenset(  # told in words by the body of the report itself
    """message/delivery-status message/global-delivery-status message/disposition-notification
    message/global-disposition-notification text/rfc822-headers message/global-headers""".split()
)
_ID = re.compile(r"<([^<>\s]{1,250}+)>")
_AN_ADDRESS = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,253}")
_DATE = re.compile(
    r"(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*+[\s-]+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*+([+-]\d{4}))?"
)
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def parse(raw: bytes) -> ParsedMessage:
    """The message, whatever the bytes are."""
    view = raw if b"\n" in raw else raw.replace(b"\r", b"\n")  # same length: offsets hold
    fields = headers.read(view, 0, limit=headers.MESSAGE_LIMIT)
    tree = Dissection(view, fields)
    codes = tree.warnings | _oddities(raw, fields)
    text_part, html, extra = _bodies(tree.leaves)
    text = _readable(raw, text_part, html, extra, codes)
    people = _People(fields, codes)
    date = _date(words.text(fields.first(b"date")))
    if date is None:
        codes.add("no_date")
    shown = (text_part, html)
    files = [p for leaf in tree.leaves if (p := leaf.part) not in shown and p.content_type not in _MACHINES]
    if len(files) > MAX_FILES:
        codes.add("too_many_files")
    return ParsedMessage(
        subject=words.decoded(words.text(fields.first(b"subject")))[:_MAX_SUBJECT],
        from_=people.of(b"from"),
        sender=next(iter(people.of(b"sender")), None),
        reply_to=people.of(b"reply-to"),
        to=people.of(b"to"),
        cc=people.of(b"cc"),
        date=date,
        message_id=next(iter(_ids(fields, b"message-id")), ""),
        in_reply_to=_ids(fields, b"in-reply-to"),
        references=_ids(fields, b"references"),
        text=text,
        html=html,
        text_part=text_part,
        attachments=tuple(files),
        parts=tuple(leaf.part for leaf in tree.leaves),
        warnings=tuple(sorted(codes | people.warnings())),
        snippet=plain.snippet(text),
        headers=_kept(fields),
    )


def decoded(raw: bytes, part: Part) -> bytes:
    """The bytes of a part without their transfer encoding; an unknown encoding leaves them as they are."""
    return decoded_body(raw[part.offset : part.offset + part.length], part)


def decoded_body(body: bytes, part: Part) -> bytes:
    """The same, from the range of the part alone."""
    if part.encoding == "base64":
        return words.loose_base64(body)
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def text_of(raw: bytes, part: Part) -> str:
    """A textual part as text, line ends as \\n: never fails on a charset."""
    return body_text(raw[part.offset : part.offset + part.length], part)[0]


def body_text(body: bytes, part: Part) -> tuple[str, str]:
    """The text of a part from its range alone, and a warning code or ''."""
    text, code = charsets.decode(decoded_body(body, part), part.charset)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if part.format and part.content_type == "text/plain":
        text = plain.unflow(text, delsp="delsp" in part.format)
    return text, code


def _oddities(raw: bytes, fields: Fields) -> set[str]:
    codes: set[str] = set()
    if b"\0" in raw:
        codes.add("nul_bytes")
    pairs = raw.count(b"\r\n")
    if raw.count(b"\n") != pairs or raw.count(b"\r") != pairs:
        codes.add("bare_line_ends")
    if any(len(fields.values.get(name, ())) > 1 for name in _UNIQUE):
        codes.add("header_repeated")
    return codes


def _bodies(leaves: list[Leaf]) -> tuple[Part | None, Part | None, list[Part]]:
    """The text and the HTML that are the body (the first found, and its alternatives), and further plain texts."""
    shown = [leaf for leaf in leaves if leaf.part.disposition != "attachment"]
    candidates = [leaf for leaf in shown if leaf.part.content_type in _BODIES]
    unnamed = [leaf for leaf in candidates if not leaf.is_named] or candidates[:1]
    if not unnamed:
        return None, None, []
    first = unnamed[0]
    same = [leaf for leaf in unnamed if leaf is first or (first.group and leaf.group == first.group)]
    text = next((leaf.part for leaf in same if leaf.part.content_type == "text/plain"), None)
    html = next((leaf.part for leaf in same if leaf.part.content_type == "text/html"), None)
    extra = [leaf.part for leaf in unnamed if leaf not in same and leaf.part.content_type == "text/plain"]
    return text, html, extra


def _readable(raw: bytes, text: Part | None, html: Part | None, extra: list[Part], codes: set[str]) -> str:
    """The words of the body, for reading and for search."""
    out = _read(raw, text, codes) if text else ""
    if html and not out.strip():
        out = plain.of_html(_read(raw, html, codes))
    for part in extra[:20]:
        if len(out) < _MAX_TEXT:
            out = f"{out}\n\n{_read(raw, part, codes)}"
    return out[:_MAX_TEXT].rstrip()


def _read(raw: bytes, part: Part, codes: set[str]) -> str:
    text, code = body_text(raw[part.offset : part.offset + min(part.length, _MAX_BODY)], part)
    if code:
        codes.add(code)
    return text


class _People:
    """The address headers; what is doubtful about them becomes warnings."""

    def __init__(self, fields: Fields, codes: set[str]) -> None:
        self.fields, self.codes = fields, codes
        self.from_: tuple[Address, ...] = ()

    def of(self, name: bytes) -> tuple[Address, ...]:
        """Every occurrence of the header counts: a second From must not hide (design §4.9)."""
        found = [a for value in self.fields.values.get(name, ())[:50] for a in parse_addresses(words.text(value))]
        if len(found) >= MAX_ADDRESSES:
            self.codes.add("too_many_addresses")
        if name == b"from":
            self.from_ = tuple(found[:50])
        return tuple(found[:MAX_ADDRESSES])

    def warnings(self) -> set[str]:
        codes: set[str] = set()
        if not any(a.addr_spec for a in self.from_):
            codes.add("no_from")
        if len(self.from_) > 1:
            codes.add("several_from")
        for address in self.from_:
            shown = _AN_ADDRESS.search(address.display_name)
            if shown and shown[0].lower() != address.addr_spec.lower():
                codes.add("misleading_name")
        return codes


def _ids(fields: Fields, name: bytes) -> tuple[str, ...]:
    """Message ids without <>; the last hundred of a long list, which are the nearest."""
    found = (i for value in fields.values.get(name, ())[:5] for i in _ID.findall(words.text(value)))
    return tuple(words.printable(i) for i in dict.fromkeys(found))[-100:]


def _kept(fields: Fields) -> dict[str, str]:
    names = [name for name in fields.values if name in _KEPT or name.startswith(b"x-mss-")][:30]
    return {name.decode("ascii"): words.decoded(words.text(fields.first(name)))[:500] for name in names}


def _date(value: str) -> datetime | None:
    """RFC 5322 §3.3, obsolete forms included; an unknown zone is UTC. None when it is no instant."""
    match = _DATE.search(value[:200])
    month = _MONTHS.get(match[2].lower()) if match else None
    if not match or not month:
        return None
    year = int(match[3])
    year += (2000 if year < 50 else 1900) if year < 1000 else 0  # RFC 5322 §4.3
    zone = match[7] or "+0000"
    try:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        return datetime(
            year, month, int(match[1]), int(match[4]), int(match[5]), min(int(match[6] or 0), 59),
            tzinfo=timezone(-offset if zone[0] == "-" else offset) if offset else UTC,
        )  # fmt: skip
    except (ValueError, OverflowError):
        return None
