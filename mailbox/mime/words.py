"""Text of headers: raw bytes and RFC 2047 encoded words, in both directions.

Reading is tolerant and linear; what it returns never holds a control character, so that no header can be
smuggled through another one.
"""

import base64
import binascii
import re

from mailbox.mime.charsets import decode as decode_charset
from mailbox.mime.charsets import guess

_WORD = re.compile(r"=\?([^?*\s]{1,40}+)(?:\*[^?\s]*+)?\?([bBqQ])\?([^?]*+)\?=")  # RFC 2047 §2, RFC 2231 §5
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), 0x7F, *range(0x80, 0xA0)), " "),
    0: "\N{REPLACEMENT CHARACTER}",
}
_WORD_BYTES = 45  # "=?utf-8?b?" + 60 base64 characters + "?=" is 72, under the 75 of RFC 2047 §2


def text(value: bytes) -> str:
    """A raw header value as text: 8-bit bytes are UTF-8 or Windows-1252 (RFC 6532); encoded words stay."""
    return value.decode("ascii") if value.isascii() else guess(value)


def printable(value: str) -> str:
    """Without control characters."""
    return value if value.isprintable() else value.translate(_CONTROLS)


def decoded(value: str) -> str:
    """Encoded words decoded; blanks between two of them go, halves of a character are joined (RFC 2047 §6.2)."""
    if "=?" not in value:
        return printable(value)
    out: list[str] = []
    held, held_charset, end = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        charset, data = match[1].lower(), _word_bytes(match[2], match[3])
        if held_charset != charset or between.strip():
            out.append(decode_charset(held, held_charset)[0])
            held = b""
        if between and (between.strip() or not end):
            out.append(between)
        held, held_charset, end = held + data, charset, match.end()
    out.append(decode_charset(held, held_charset)[0])
    return printable("".join((*out, value[end:])))


def _word_bytes(kind: str, body: str) -> bytes:
    data = body.encode("utf-8", "replace")
    if kind in "qQ":
        return binascii.a2b_qp(data, header=True)
    return loose_base64(data)


def loose_base64(data: bytes) -> bytes:
    """Base64 as met: foreign characters are skipped, missing padding is forgiven (RFC 2045 §6.8)."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        kept = _NOT_BASE64.sub(b"", data)
        whole = len(kept) // 4 * 4
        rest = kept[whole:]
        return binascii.a2b_base64(kept[:whole]) + (
            binascii.a2b_base64(rest + b"=" * (4 - len(rest))) if len(rest) > 1 else b""
        )


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]++")


def encoded(value: str) -> list[str]:
    """Encoded words of at most 75 characters that hold `value`, no character split; to be joined by folds."""
    chunks: list[bytes] = [b""]
    for character in value:
        data = character.encode("utf-8")
        if len(chunks[-1]) + len(data) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += data
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in chunks]
