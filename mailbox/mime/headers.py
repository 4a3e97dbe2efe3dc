"""A header block -> fields, unfolded (RFC 5322 §2.2). Bounded: what is beyond the limits is left out with a warning."""

import re
from dataclasses import dataclass, field

MESSAGE_LIMIT = 256 * 1024  # bytes of a message's header that are read
PART_LIMIT = 16 * 1024  # bytes of a part's header: a thousand parts may each have one
_MAX_LINES = 5_000
_FIELD = re.compile(rb"([!-9;-~]{1,100}+)[ \t]*+:(.*+)", re.S)


@dataclass(slots=True)
class Fields:
    """Values by lower-case name, in their order; where the body starts; what was wrong."""

    values: dict[bytes, list[bytes]] = field(default_factory=dict)
    body_start: int = 0
    warnings: set[str] = field(default_factory=set)

    def first(self, name: bytes) -> bytes:
        found = self.values.get(name)
        return found[0] if found else b""


def read(view: bytes, start: int, *, limit: int, in_part: bool = False) -> Fields:
    """The header at `start` of `view`. A header in a part also ends at a line that looks like a delimiter."""
    fields = Fields()
    end, fields.body_start = _end(view, start, limit if in_part else len(view))
    if end - start > limit or end == fields.body_start < len(view):  # or no empty line within the limit
        end = min(end, start + limit)
        fields.warnings.add("header_too_long")
    lines = view[start:end].split(b"\n", _MAX_LINES)
    if len(lines) > _MAX_LINES:
        lines.pop()
        fields.warnings.add("header_too_long")
    stop = _collect(lines, fields, in_part=in_part)
    if stop is not None:
        fields.body_start = start + sum(len(line) + 1 for line in lines[:stop])
    elif not fields.values and lines != [b""]:
        fields.body_start = start  # not one field: it was all body
    return fields


def in_order(view: bytes, *, most: int, longest: int) -> list[tuple[bytes, bytes]]:
    """Every field of a message's header as it came: name, unfolded value. A line that is no field has the name b""."""
    end, _ = _end(view, 0, MESSAGE_LIMIT)
    found: list[tuple[bytes, bytes]] = []
    for line in view[:end].replace(b"\r\n", b"\n").split(b"\n", _MAX_LINES)[:_MAX_LINES]:
        name, colon, value = line.partition(b":")
        if line[:1] in {b" ", b"\t"} and found:
            found[-1] = (found[-1][0], found[-1][1][:longest] + b" " + line.strip())
        elif line.strip() and len(found) < most:
            found.append((name[:100], value.strip()) if colon and b" " not in name.strip() else (b"", line.strip()))
    return [(name, value[:longest]) for name, value in found]


def _end(view: bytes, start: int, limit: int) -> tuple[int, int]:
    """Where the header ends and the body starts: at the first empty line, or at the limit."""
    if start == 0 and view[:2].lstrip(b"\r")[:1] == b"\n":
        return 0, view.index(b"\n") + 1
    stop = min(len(view), start + limit)
    from_ = max(start - 1, 0)
    crlf = view.find(b"\n\r\n", from_, stop)
    lf = view.find(b"\n\n", from_, crlf if crlf >= 0 else stop)
    if lf >= 0:
        return max(lf, start), lf + 2
    if crlf >= 0:
        return max(crlf, start), crlf + 3
    return stop, stop


def _collect(lines: list[bytes], fields: Fields, *, in_part: bool) -> int | None:
    """Fill the fields; answers the index of the line at which a part's header breaks off, if it does."""
    values: list[bytes] = []  # of the field being read
    pieces: list[bytes] = []
    stop = None
    for index, line in enumerate(lines):
        if line[:1] in (b" ", b"\t"):
            pieces.append(line.rstrip(b"\r"))  # unfolding keeps the blank (RFC 5322 §2.2.3)
        elif match := _FIELD.match(line):
            values.append(b"".join(pieces).strip())
            values = fields.values.setdefault(match[1].lower(), [])
            pieces = [match[2].rstrip(b"\r")]
        elif in_part and line.startswith(b"--"):
            stop = index
            break
        elif line.strip() and not (index == 0 and line.startswith(b"From ")):
            fields.warnings.add("header_broken")
    values.append(b"".join(pieces).strip())
    return stop
