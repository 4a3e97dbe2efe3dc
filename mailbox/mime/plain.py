"""Bodies as readable plain text: HTML without its tags, format=flowed joined (RFC 3676), the snippet of a list.

Linear and bounded; made for search and for reading without HTML, not for rendering.
"""

import html
import re
from collections.abc import Iterator

MAX_HTML = 1_000_000  # characters of HTML turned into text; hostile ones cost about a second a million tags
_TAG = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>?|!--|[!?/][^<>]*+>?)")
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "pre", "hr"})
_LINES = frozenset({"br", "div", "tr", "li", "dt", "dd", "section", "article", "address", "center"})
_CELLS = frozenset({"td", "th"})
_HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")  # html.unescape raises on thousands of digits
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]++")
_MANY_LINES = re.compile(r"\n{3,}+")
_QUOTE_START = re.compile(
    r"(?:le |on ).{5,200}(?:a écrit|wrote)\s?:?$|-{2,}\s?(?:message d.origine|original message|message transféré)"
    r"|_{10,}|de\s?: .*@|from: .*@",
    re.I,
)


def of_html(source: str) -> str:
    """The words of an HTML document, one line a block."""
    text = "".join(_pieces(source[:MAX_HTML]))
    lines = (line.strip() for line in text.split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _pieces(source: str) -> Iterator[str]:
    position = 0
    closers = _Closers(source)
    while match := _TAG.search(source, position):
        if match.start() > position:
            yield _words(source[position : match.start()])
        position, name = match.end(), (match[2] or "").lower()
        if match[0] == "<!--":
            position = closers.after("-->", position)
        elif name in _SKIPPED and not match[1]:
            position = closers.after(f"</{name}", position)
        elif name in _PARAGRAPHS:
            yield "\n\n"
        elif name in _LINES and (name == "br" or not match[1]):
            yield "\n"
        elif name in _CELLS:
            yield " "
    yield _words(source[position:])


class _Closers:
    """Finds what ends a comment or a skipped element; what is nowhere ahead is searched for once only."""

    def __init__(self, source: str) -> None:
        self.source = source.lower()
        self.missing: set[str] = set()

    def after(self, closer: str, position: int) -> int:
        """The position after `closer`; without one, the element is taken as empty."""
        if closer in self.missing:
            return position
        found = self.source.find(closer, position)
        if found < 0:
            self.missing.add(closer)
            return position
        return (self.source.find(">", found) + 1) or len(self.source)


def _words(text: str) -> str:
    if "&" in text:
        text = html.unescape(_HUGE_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))
    return _BLANKS.sub(" ", text)


def unflow(text: str, *, delsp: bool = False) -> str:
    """Paragraphs of format=flowed joined again: a line that ends with a blank goes on (RFC 3676 §4)."""
    out: list[str] = []
    flowing, depth = False, 0
    for line in text.split("\n"):
        body = line.lstrip(">")
        quotes = len(line) - len(body)
        body = body.removeprefix(" ")
        soft = body.endswith(" ") and body != "-- "  # RFC 3676 §4.3
        piece = body[:-1] if soft and delsp else body
        if flowing and quotes == depth and body != "-- ":
            out.append(piece)
        else:
            out.append(("\n" if line is not text else "") + ("> " * quotes) + piece)
        flowing, depth = soft, quotes
    return "".join(out).removeprefix("\n")


def snippet(text: str) -> str:
    """The first 200 characters that the author wrote: nothing quoted, no signature."""
    kept: list[str] = []
    size = 0
    for line in map(str.strip, text[:4_000].split("\n")):
        if not line or line.startswith(">"):
            continue
        if line == "--" or _QUOTE_START.match(line):
            break
        kept.append(line)
        size += len(line) + 1
        if size > 200:
            break
    return " ".join(" ".join(kept).split())[:200]
