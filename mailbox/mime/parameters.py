"""Content-Type and Content-Disposition -> value and parameters (RFC 2045 §5.1, RFC 2231), and file names made safe."""

import re
from itertools import islice
from urllib.parse import unquote_to_bytes

from mailbox.mime import charsets, words

_MAX = 64  # parameters of one header
_MAX_NAME = 200  # characters of a file name
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;"]*+)', re.S)
_ESCAPED = re.compile(r"\\(.)", re.S)
_SECTION = re.compile(r"([^*]++)(?:\*([0-9]{1,3}))?(\*)?")  # RFC 2231 §3, §4
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,100}")


def split(value: bytes) -> tuple[str, dict[str, str]]:
    """The value in lower case, and its parameters decoded."""
    line = words.text(value[:16_000])
    head, semicolon, _ = line.partition(";")
    return head.strip().lower(), parameters(line) if semicolon else {}


def content_type(value: bytes) -> tuple[str, dict[str, str]]:
    """The media type; what cannot be read is text/plain (RFC 2045 §5.2)."""
    kind, given = split(value)
    return (kind if _TYPE.fullmatch(kind) else "text/plain"), given


def parameters(line: str) -> dict[str, str]:
    """By lower-case name, decoded: continuations joined; of a repeated name the first is kept."""
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in islice(_PARAMETER.finditer(line), _MAX):
        name, value = match[1].lower(), match[2].strip()
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:].removesuffix('"') if len(value) > 1 else "")
        section = _SECTION.fullmatch(name) if "*" in name else None
        if section is None:
            plain.setdefault(name, words.decoded(value))
        else:
            number = int(section[2] or 0)
            sections.setdefault(section[1], {}).setdefault(number, (value, bool(section[3])))
    return plain | {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 §4.1: charset'language'text in the first piece, percent-encoding in those that say so."""
    charset, out = "", b""
    for number in sorted(pieces):
        value, is_encoded = pieces[number]
        if number == 0 and is_encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        out += unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace")
    return words.printable(charsets.decode(out, charset.lower())[0])


def filename(name: str) -> str:
    """A name fit for a screen and for a disk: no path, no control nor direction characters (exe.fdp), 200 at most."""
    name = _UNSAFE.sub("", name).rpartition("\\")[2].replace("/", "-").strip().lstrip(".")
    if len(name) <= _MAX_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:_MAX_NAME]
    return f"{stem[: _MAX_NAME - len(extension) - 1]}.{extension}"
