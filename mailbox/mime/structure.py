"""The MIME tree of a message as a flat list of leaves, found in one pass over its delimiter lines (RFC 2046 §5.1).

Every open boundary is known at once, so that each line is looked at once whatever the depth, an outer delimiter ends
what is inside it, and "abc" is not mistaken for "abcd". Nothing is decoded. Refuses to go deeper than 30 levels or
beyond 1,000 leaves: the rest is one part as it stands. A message/rfc822 is a leaf.
"""

from dataclasses import dataclass

from mailbox.mime import headers, parameters, words
from mailbox.mime.headers import Fields
from mailbox.mime.values import Part

MAX_PARTS = 1_000
MAX_DEPTH = 30
_MAX_LINES = 500_000  # lines that begin with "--" that are looked at
_MAX_BOUNDARY = 200  # RFC 2046 says 70
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})
_EXTENSIONS = {"application/pdf": "pdf", "application/zip": "zip", "message/rfc822": "eml", "text/plain": "txt",
               "text/html": "html", "text/calendar": "ics", "text/xml": "xml", "application/xml": "xml",
               "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/tiff": "tif"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """`group` is the multipart/alternative it stands in (0: none): leaves of one group say the same."""

    part: Part
    group: int
    is_named: bool  # the sender gave a file name


@dataclass(slots=True)
class _Multipart:
    boundary: bytes
    prefix: str  # of the numbers of its children: "", "2."
    body_start: int
    group: int
    is_digest: bool
    children: int = 0
    is_closed: bool = False


@dataclass(slots=True)
class _Entity:
    """A part whose end is not known yet."""

    number: str
    fields: Fields
    content_type: str
    given: dict[str, str]
    group: int


class Dissection:
    """`leaves` in their order; `warnings` are codes."""

    def __init__(self, view: bytes, fields: Fields) -> None:
        self.view = view
        self.leaves: list[Leaf] = []
        self.warnings: set[str] = set(fields.warnings)
        self._open: list[_Multipart] = []
        self._depths: dict[bytes, int] = {}
        self._entity: _Entity | None = None
        self._groups = 0
        self._begin(fields, number="", group=0, is_digest=False)
        if self._open:
            self._walk(fields.body_start)
        self._close_down_to(0, len(view), at_end=True)

    def _walk(self, start: int) -> None:
        view, position = self.view, start - 1
        if start == 0 and view.startswith(b"--"):
            position = self._line(-1)
        for _ in range(_MAX_LINES):
            position = view.find(b"\n--", max(position, 0))
            if position < 0:
                return
            position = self._line(position)
            if len(self.leaves) >= MAX_PARTS - 1:  # the part now open takes the rest
                break
        self.warnings.add("too_many_parts")

    def _line(self, newline: int) -> int:
        """One line that begins with "--"; answers where the next one is looked for."""
        view = self.view
        end = view.find(b"\n", newline + 1)
        end = len(view) if end < 0 else end
        if end - newline > _MAX_BOUNDARY + 20:
            return end
        text = view[newline + 3 : end].rstrip(b" \t\r")
        depth = self._depths.get(text)
        closes = depth is None and text.endswith(b"--")
        if closes:
            depth = self._depths.get(text[:-2])
        if depth is not None:
            body_end = newline - 1 if view[newline - 1 : newline] == b"\r" else newline
            self._delimiter(depth, body_end, end + 1, closes=closes)
        return end

    def _delimiter(self, depth: int, body_end: int, next_start: int, *, closes: bool) -> None:
        self._close_down_to(depth + 1, body_end)
        parent = self._open[depth]
        if parent.is_closed:
            if closes:
                return
            self.warnings.add("parts_after_end")  # met in receipts of health software, reference client §6.1
        parent.is_closed = closes
        if closes:
            return
        parent.children += 1
        fields = headers.read(self.view, next_start, limit=headers.PART_LIMIT, in_part=True)
        self.warnings |= fields.warnings
        self._begin(fields, number=f"{parent.prefix}{parent.children}", group=parent.group, is_digest=parent.is_digest)

    def _begin(self, fields: Fields, *, number: str, group: int, is_digest: bool) -> None:
        """A header has been read: a multipart is opened, anything else waits for its end."""
        raw = fields.first(b"content-type")
        kind, given = parameters.content_type(raw) if raw else ("message/rfc822" if is_digest else "text/plain", {})
        if kind.startswith("multipart/"):
            if len(self._open) >= MAX_DEPTH:
                self.warnings.add("too_deep")
                kind = "application/octet-stream"
            elif self._opened(kind, given, number, group, fields.body_start):
                return
            else:
                kind = "text/plain"
        self._entity = _Entity(number or "1", fields, kind, given, group)

    def _opened(self, kind: str, given: dict[str, str], number: str, group: int, body_start: int) -> bool:
        boundary = given.get("boundary", "").encode("utf-8", "replace").rstrip()[:_MAX_BOUNDARY]
        if not boundary or boundary in self._depths:
            self.warnings.add("boundary_reused" if boundary else "boundary_missing")
            return False
        if kind == "multipart/alternative":
            self._groups += 1
            group = self._groups
        prefix = f"{number}." if number else ""
        self._depths[boundary] = len(self._open)
        self._open.append(_Multipart(boundary, prefix, body_start, group, kind == "multipart/digest"))
        return True

    def _close_down_to(self, depth: int, end: int, *, at_end: bool = False) -> None:
        """End the part being read and every multipart at `depth` and deeper."""
        if self._entity:
            self._finish(self._entity, end)
            self._entity = None
        while len(self._open) > depth:
            node = self._open.pop()
            del self._depths[node.boundary]
            if not node.children:  # its boundary never came: given as text
                self.warnings.add("boundary_missing")
                plain = Fields(body_start=node.body_start)
                self._finish(_Entity(node.prefix.rstrip(".") or "1", plain, "text/plain", {}, node.group), end)
            elif not node.is_closed:
                self.warnings.add("boundary_unclosed")

    def _finish(self, entity: _Entity, end: int) -> None:
        start = min(entity.fields.body_start, end)
        encoding = _encoding(entity.fields)
        if encoding not in _ENCODINGS:
            self.warnings.add("encoding_unknown")
        disposition, given = parameters.split(entity.fields.first(b"content-disposition"))
        named = parameters.filename(given.get("filename", "") or entity.given.get("name", ""))
        part = Part(
            number=entity.number,
            content_type=entity.content_type,
            charset=entity.given.get("charset", "").lower()[:40],
            encoding=encoding,
            disposition=disposition if disposition in ("", "inline") else "attachment",  # RFC 2183 §2.8
            filename=named or _default_name(entity.number, entity.content_type),
            content_id=words.text(entity.fields.first(b"content-id"))[:250].strip("<> \t"),
            offset=start,
            length=end - start,
            size=_size(self.view, start, end, encoding),
            format=_format(entity.given),
        )
        self.leaves.append(Leaf(part, entity.group, bool(named)))


def _encoding(fields: Fields) -> str:
    raw = fields.first(b"content-transfer-encoding")
    if not raw:  # misspelt in the receipts of the ANS sample
        names = (n for n in fields.values if n.startswith(b"content-tr") and n.endswith(b"encoding"))
        raw = fields.first(next(names, b""))
    return words.text(raw).partition(";")[0].strip().lower()[:40] or "7bit"


def _format(given: dict[str, str]) -> str:
    if given.get("format", "").lower() != "flowed":
        return ""
    return "flowed delsp" if given.get("delsp", "").lower() == "yes" else "flowed"


def _default_name(number: str, content_type: str) -> str:
    extension = _EXTENSIONS.get(content_type, "dat")
    return f"message-{number}.eml" if extension == "eml" else f"piece-{number}.{extension}"


def _size(view: bytes, start: int, end: int, encoding: str) -> int:
    if encoding != "base64":
        return end - start
    blanks = view.count(b"\n", start, end) + view.count(b"\r", start, end)
    padding = view.count(b"=", max(start, end - 4), end)
    return max((end - start - blanks) * 3 // 4 - padding, 0)
