"""A message -> the same message in a form that its next host takes: CRLF only, no NUL, lines of 998 octets at most
(RFC 5322 §2.1.1, RFC 5321 §2.3.8), and seven bits where the host has no 8BITMIME (RFC 6152 §3).

What is decoded stays the same. Refuses, by `Unfit`, to change what must not be (signed, encrypted) and what has no other
form: a header that is not ASCII or too long. Only parts that need it are touched; a message that needs nothing is
returned as it is.
"""

import binascii
import re
from collections.abc import Iterator

from mailbox.mime import headers, parameters, words
from mailbox.mime.compose import base64_lines
from mailbox.mime.structure import MAX_DEPTH, MAX_PARTS

LONGEST = 998  # octets of a line, its CRLF apart
_TOO_LONG = re.compile(rb"\n[^\n]{1000}")  # 998 and a CR are 999
_BARE_LF, _BARE_CR = re.compile(rb"(?<!\r)\n"), re.compile(rb"\r(?!\n)")
_CTE = re.compile(rb"(?im)^content-transfer-encoding[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?")
_NOT_ASCII = re.compile(rb"[^\x01-\x7f]")
_SEALED = frozenset({"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


class Unfit(ValueError):
    """It cannot travel in that form. The text names the place, never the content."""


def fit(raw: bytes, *, eight_bit: bool) -> bytes:
    """The message as it may travel, ended by CRLF. `eight_bit`: does the host take bodies of eight bits?"""
    if not raw.endswith(b"\n"):
        raw += b"\r\n"
    if _travels(raw, eight_bit):
        return raw
    fitted = _Fitting(eight_bit).entity(raw, 0, is_message=True)
    return fitted if fitted.endswith(b"\r\n") else fitted + b"\r\n"


def has_ascii_header(raw: bytes) -> bool:
    """No international address or text stands in it (RFC 6532): SMTPUTF8 is not needed for it."""
    return raw[: headers.read(raw, 0, limit=len(raw)).body_start].isascii()


def _travels(data: bytes, eight_bit: bool) -> bool:
    ends = data.count(b"\r\n")
    return (
        (eight_bit or data.isascii())
        and data.count(b"\n") == ends == data.count(b"\r")
        and b"\0" not in data
        and _are_short(data)
    )


def _are_short(data: bytes) -> bool:
    first, last = data.find(b"\n"), data.rfind(b"\n")
    return first <= LONGEST + 1 and len(data) - last - 1 <= LONGEST and not _TOO_LONG.search(data)


def _repaired(data: bytes) -> bytes:
    """A line that readers see is one on the wire (RFC 5321 §2.3.8). A CR alone ends none: it must not begin to."""
    return _BARE_LF.sub(b"\r\n", data)


def _plain(data: bytes) -> bytes:
    return _BARE_CR.sub(b" ", _repaired(data))


class _Fitting:
    """One pass over the tree of a message; parts beyond the limits of the reader are not looked into, so refused."""

    def __init__(self, eight_bit: bool) -> None:
        self.eight_bit = eight_bit
        self.parts = 0

    def entity(self, data: bytes, depth: int, *, is_message: bool = False) -> bytes:
        if _travels(data, self.eight_bit):
            return data
        self.parts += 1
        if depth > MAX_DEPTH or self.parts > MAX_PARTS:
            raise Unfit("structure")
        fields = headers.read(data, 0, limit=len(data))
        head, body = data[: fields.body_start], data[fields.body_start :]
        head = self._header(head, is_message=is_message)
        kind, given = parameters.content_type(fields.first(b"content-type") or b"text/plain")
        if kind in _SEALED:
            return head + self._untouched(body)
        if kind.startswith("multipart/"):
            body = b"".join(self._pieces(body, given.get("boundary", "").encode("utf-8", "replace"), depth))
            return self._labelled(head, "7bit" if body.isascii() else "8bit") + body
        if kind.startswith("message/") and not kind.startswith("message/global"):
            return self._enclosed(head, body, kind, depth)
        return self._leaf(head, body, kind, _encoding(fields))

    def _header(self, head: bytes, *, is_message: bool) -> bytes:
        """Of the message itself it may be international: whoever sends it asked for SMTPUTF8."""
        head = _plain(head)
        if b"\0" in head or not _are_short(head) or (not is_message and not self.eight_bit and not head.isascii()):
            raise Unfit("header")
        return head

    def _untouched(self, body: bytes) -> bytes:
        """Line ends are what a signer took them for (RFC 8551 §3.1.1); nothing else may change."""
        body = _repaired(body)
        if not _travels(body, self.eight_bit):
            raise Unfit("sealed")
        return body

    def _enclosed(self, head: bytes, body: bytes, kind: str, depth: int) -> bytes:
        """A message in a message has no encoding of its own (RFC 2046 §5.2.1)."""
        if kind == "message/rfc822":
            body = self.entity(body, depth + 1)
        else:
            body = self._untouched(body)
        return self._labelled(head, "7bit" if body.isascii() else "8bit") + body

    def _pieces(self, body: bytes, boundary: bytes, depth: int) -> Iterator[bytes]:
        """Delimiter lines as they are, parts fitted, what stands around them (RFC 2046 §5.1.1: ignored) in ASCII."""
        delimiter = re.compile(rb"(?m)^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)")
        marks = list(delimiter.finditer(body)) if boundary else []
        if not marks:  # nobody knows where its parts are
            yield self._untouched(body)
            return
        yield self._around(body[: marks[0].start()])
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            yield _plain(mark[0])
            piece = body[mark.end() : following.start() if following else len(body)]
            if mark[1]:
                yield self._around(piece)
            else:
                yield self._part(piece, depth)

    def _part(self, piece: bytes, depth: int) -> bytes:
        """The line end before a delimiter is the delimiter's."""
        content = piece.removesuffix(b"\n").removesuffix(b"\r")
        ended = b"\r\n" if len(content) < len(piece) else b""
        return self.entity(content, depth + 1) + ended

    def _around(self, text: bytes) -> bytes:
        text = _NOT_ASCII.sub(b"?", _plain(text))
        return text if _are_short(text) else b"\r\n"

    def _leaf(self, head: bytes, body: bytes, kind: str, encoding: str) -> bytes:
        is_text = kind.startswith("text/") and encoding in _AS_IT_IS and b"\0" not in body
        if is_text and _travels(body := _repaired(body), self.eight_bit):
            return self._labelled(head, "7bit" if body.isascii() else "8bit") + body
        if is_text or encoding == "quoted-printable":
            decoded = body if is_text else binascii.a2b_qp(body)
            return self._labelled(head, "quoted-printable") + _quoted_printable(decoded)
        if encoding not in _AS_IT_IS | {"base64"}:
            raise Unfit("encoding")
        decoded = _from_base64(body) if encoding == "base64" else body
        return self._labelled(head, "base64") + base64_lines(decoded).removesuffix(b"\r\n")

    def _labelled(self, head: bytes, encoding: str) -> bytes:
        """The header with that Content-Transfer-Encoding; one that said nothing of 7bit still says nothing."""
        bare = _CTE.sub(b"", head)
        if encoding == "7bit" and bare == head:
            return head
        line = f"Content-Transfer-Encoding: {encoding}\r\n".encode()
        return bare.removesuffix(b"\r\n") + line + b"\r\n" if bare.endswith(b"\r\n\r\n") else line + (bare or b"\r\n")


def _encoding(fields: headers.Fields) -> str:
    return words.text(fields.first(b"content-transfer-encoding")).partition(";")[0].strip().lower()


def _quoted_printable(data: bytes) -> bytes:
    """RFC 2045 §6.7, octet for octet: a CR or LF alone is coded."""
    return b"\r\n".join(binascii.b2a_qp(line, istext=False).replace(b"\n", b"\r\n") for line in data.split(b"\r\n"))


def _from_base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        raise Unfit("encoding") from None
