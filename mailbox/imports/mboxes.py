"""Messages out of an mbox, one at a time: mboxo, mboxrd (RFC 4155), those of Thunderbird and of our own export. Pure.

A line «From …» begins a message when it follows an empty one and ends with a time and a year, or is Thunderbird's «From -». One
«>» is taken from lines that were quoted. Refuses to hold more than `most` bytes of a message: a larger one is passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedIOBase

from mailbox.imports.values import Mark
from mailbox.mime.compose import MONTHS

_LINE = 1 << 16  # bytes of a line held at once
_SEPARATOR = re.compile(rb"From (?:[^\n]*\d{2}:\d{2}(?::\d{2})?[^\n]*\b\d{4}\b[^\n]*|-?\s*)$")
_QUOTED = re.compile(rb">+From ")
_WHEN = re.compile(rb"([A-Z][a-z]{2}) +(\d{1,2}) +(\d{2}):(\d{2})(?::(\d{2}))?(?: +[A-Z]{3,4}| +[+-]\d{4})? +(\d{4})")
_STATUS = re.compile(
    rb"^(status|x-status|x-mozilla-status|x-keywords):[ \t]*([^\r\n]{0,500})", re.IGNORECASE | re.MULTILINE
)
_OURS = re.compile(rb"(?:(?:Status|X-Status|X-Keywords): [^\n]*\n)+")
HEAD = 1 << 16  # bytes of a message looked through for its marks
_LETTERS = {"A": Mark.ANSWERED, "F": Mark.FLAGGED, "T": Mark.DRAFT}
_BITS = {0x1: Mark.SEEN, 0x2: Mark.ANSWERED, 0x4: Mark.FLAGGED, 0x1000: Mark.FORWARDED}  # nsMsgMessageFlags
_WORDS = {"$forwarded": Mark.FORWARDED, "$sent": Mark.SENT, "$flagged": Mark.FLAGGED, "$answered": Mark.ANSWERED}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One message; `raw` is None when it is larger than what is held. `next` is the offset behind it."""

    raw: bytes | None
    at: datetime | None
    marks: frozenset[Mark]
    next: int


def is_separator(line: bytes) -> bool:
    return line.startswith(b"From ") and _SEPARATOR.match(line.rstrip(b"\r\n")) is not None


def entries(file: BufferedIOBase, *, at: int, most: int) -> Iterator[Entry]:
    """The messages from where `file` stands, which is `at`: the beginning of a «From » line."""
    head, lines, size = b"", list[bytes](), 0
    is_blank = is_whole = True  # was the line before empty, did it end?
    while line := file.readline(_LINE):
        if is_blank and is_whole and is_separator(line):
            if head:
                yield _entry(head, lines if size <= most else None, at)
            head, lines, size = line, [], 0
        elif head:
            size += len(line)
            if size > most:
                lines.clear()
            else:
                lines.append(line[1:] if is_whole and _QUOTED.match(line) else line)
        at += len(line)
        is_blank = is_whole and line in {b"\n", b"\r\n"}
        is_whole = line.endswith(b"\n")
    if head:
        yield _entry(head, lines if size <= most else None, at)


def _entry(head: bytes, lines: list[bytes] | None, after: int) -> Entry:
    if lines is None:
        return Entry(None, _when(head), frozenset(), after)
    if lines and lines[-1] in {b"\n", b"\r\n"}:  # what stands between two messages
        lines.pop()
    text = b"".join(lines).replace(b"\r\n", b"\n")
    marks = marks_of(text)
    if ours := _OURS.match(text):
        text = text[ours.end() :]
    return Entry(text.replace(b"\n", b"\r\n"), _when(head), marks, after)


def marks_of(text: bytes) -> frozenset[Mark]:
    """By the fields that mail programs keep them in; a message of which nothing is told was read."""
    end = text.find(b"\n\n", 0, HEAD)
    head = text[: end if end >= 0 else HEAD]
    fields = {name.lower(): value.decode("ascii", "replace") for name, value in _STATUS.findall(head)}
    marks = {_LETTERS[letter] for letter in fields.get(b"x-status", "") if letter in _LETTERS}
    marks |= {_WORDS[word] for word in fields.get(b"x-keywords", "").lower().split() if word in _WORDS}
    try:
        bits = int(fields.get(b"x-mozilla-status", "0").strip()[:8], 16)
    except ValueError:
        bits = 0
    marks |= {mark for bit, mark in _BITS.items() if bits & bit}
    if "R" in fields.get(b"status", "R") and not (b"x-mozilla-status" in fields and b"status" not in fields):
        marks.add(Mark.SEEN)
    return frozenset(marks)


def told(marks: frozenset[Mark]) -> bytes:
    """The fields by which our own files carry marks, before the message: `entries` takes just these away again."""
    letters = "".join(letter for letter, mark in _LETTERS.items() if mark in marks)
    words = " ".join(word for word, mark in _WORDS.items() if mark in marks and mark in {Mark.FORWARDED, Mark.SENT})
    status = "RO" if Mark.SEEN in marks else "O"
    lines = {"Status": status, "X-Status": letters, "X-Keywords": words}
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value).encode()


def _when(head: bytes) -> datetime | None:
    """The time of a «From » line, taken as UTC."""
    found = _WHEN.search(head[:300])
    if found is None:
        return None
    month, day, hour, minute, second, year = found.groups()
    clock = (int(hour), int(minute), int(second or 0))
    try:
        return datetime(int(year), MONTHS.index(month.decode()) + 1, int(day), *clock, tzinfo=UTC)
    except ValueError:
        return None
