"""Hostile HTML -> markup that no parser can read in two ways: tags well nested, attributes quoted, sizes bounded.

One linear pass, before nh3: HTML parsers are quadratic on deep nesting (175 s for 200,000 div) and may multiply
formatting elements without bound. This pass decides nothing about safety but drops what sanitize never lets through;
beyond its limits the rest of the document is left out and `is_cut` says so.
"""

import html
import re
from collections.abc import Callable
from itertools import islice

MAX_TOKENS = 60_000
MAX_DEPTH = 100
MAX_REFERENCES = 100_000  # five million "&" cost nh3 212 s
_MAX_VALUE = 4_000  # characters of an attribute, images in the page excepted
_MAX_ATTRIBUTES = 40
_TAG = re.compile(  # the tokenizer of the HTML standard, §13.2.5.6 and after, as one regular expression
    r"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"""(?P<rest>(?:[\s/=]++|[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?)*+)>"""
)
_ATTRIBUTE = re.compile(r"""[\s/=]*+([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+))?)?""")
_RAW_TEXT = frozenset({"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript",
                       "template", "object", "svg", "math", "select", "plaintext"})  # fmt: skip
SERIALISED = re.compile(r'<(/?)([a-z][a-z0-9]*+)((?:[^">]|"[^"]*+")*+)>')
"""A tag of what nh3 wrote, where no other "<" is left in texts: matched from the beginning it never starts in a value."""
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in _RAW_TEXT}
_LETTER = re.compile("/?[a-zA-Z]")
_COMMENT_END = re.compile(r"--!?>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]{1,7}+|#[xX][0-9a-fA-F]{1,6}+|[a-zA-Z][a-zA-Z0-9]{1,31}+);)")
_TABLE = frozenset({"caption", "colgroup", "tbody", "thead", "tfoot", "tr", "td", "th"})
VOID = frozenset({"br", "hr", "img", "wbr", "col"})
_IMPLIED = {  # a start tag that ends the open elements at the top of the stack (§13.1.2.4)
    **dict.fromkeys("p div ul ol dl table h1 h2 h3 h4 h5 h6 blockquote pre hr center".split(), frozenset({"p"})),
    "li": {"p", "li"}, "dt": {"p", "dt", "dd"}, "dd": {"p", "dt", "dd"}, "td": {"p", "td", "th"},
    "th": {"p", "td", "th"}, "tr": {"p", "td", "th", "tr"}, "tbody": {"p", "td", "th", "tr", "tbody", "thead"},
}  # fmt: skip

type Attributes = dict[str, str]
type Rewrite = Callable[[str, Attributes], Attributes | None]
"""What becomes of a start tag: its attributes, or None to drop the tag (what it holds stays)."""


class Markup:
    """`text` is the result; `is_cut` when the document was too much."""

    def __init__(self, source: str, *, tags: frozenset[str], rewrite: Rewrite) -> None:
        self.source, self.tags, self.rewrite = source, tags, rewrite
        self.out: list[str] = []
        self.stack: list[str] = []
        self.is_cut = False
        self.references = 0
        self._read()
        self.out.extend(f"</{name}>" for name in reversed(self.stack))
        self.text = "".join(self.out)

    def _read(self) -> None:
        source, position = self.source, 0
        for _ in range(MAX_TOKENS):
            start = source.find("<", position)
            if not self._words(source[position : start if start >= 0 else len(source)]):
                break
            if start < 0:
                return
            if _LETTER.match(source, start + 1):
                match = _TAG.match(source, start)
                if not match:  # a tag that never ends: browsers do not show the rest either
                    break
                position = self._tag(match)
            elif source.startswith(("!", "?", "/"), start + 1):
                position = self._comment(start)
            else:
                self.out.append("&lt;")
                position = start + 1
            if position < 0:
                break
        self.is_cut = True

    def _words(self, text: str) -> bool:
        """Text, its references kept. False when there have been too many: nh3 is quadratic on them."""
        if "&" in text:
            self.references += text.count("&")
            if self.references > MAX_REFERENCES:
                return False
            text = _BARE_AMPERSAND.sub("&amp;", text)
        self.out.append(text)  # a ">" alone is text to every parser
        return True

    def _comment(self, start: int) -> int:
        """After a comment, a doctype or the like; -1 when it never ends."""
        source = self.source
        if source.startswith("<!--", start):
            if source.startswith((">", "->"), start + 4):
                return source.index(">", start + 4) + 1
            closed = _COMMENT_END.search(source, start + 4)
            return closed.end() if closed else -1
        end = source.find(">", start)
        return end + 1 if end >= 0 else -1

    def _tag(self, match: re.Match[str]) -> int:
        name = match["name"].lower()
        if match["end"]:
            self._close(name)
        elif name in _RAW_TEXT:
            return self._after_raw_text(name, match.end())
        elif name in self.tags:
            self._start(name, match["rest"])
        return match.end()

    def _after_raw_text(self, name: str, position: int) -> int:
        closed = _ENDS[name].search(self.source, position)
        return (self.source.find(">", closed.end()) + 1 or -1) if closed else -1

    def _start(self, name: str, rest: str) -> None:
        implied = _IMPLIED.get(name, frozenset())
        while self.stack and self.stack[-1] in implied:
            self.out.append(f"</{self.stack.pop()}>")
        given = self.rewrite(name, _attributes(rest)) if rest else self.rewrite(name, {})
        if given is None or (len(self.stack) >= MAX_DEPTH and name not in VOID):
            return
        self.out.append(f"<{name}{''.join(f' {key}="{html.escape(value)}"' for key, value in given.items())}>")
        if name not in VOID:
            self.stack.append(name)

    def _close(self, name: str) -> None:
        if name == "br":
            self.out.append("<br>")
        elif self._is_in_scope(name):
            while (top := self.stack.pop()) != name:
                self.out.append(f"</{top}>")
            self.out.append(f"</{name}>")

    def _is_in_scope(self, name: str) -> bool:
        """Is it open, and not outside the cell or table we are in (§13.2.4.2)?"""
        walls = () if name == "table" else ("table",) if name in _TABLE else ("table", "td", "th")
        return next((open_ == name for open_ in reversed(self.stack) if open_ == name or open_ in walls), False)


def _attributes(rest: str) -> Attributes:
    """Lower-case names, references decoded; the first of a name counts."""
    found: Attributes = {}
    for match in islice(_ATTRIBUTE.finditer(rest), _MAX_ATTRIBUTES):
        value = match[2] or match[3] or match[4] or ""
        if len(value) <= _MAX_VALUE or value.startswith("data:image/"):
            found.setdefault(match[1].lower(), unescape(value))
    return found


def unescape(text: str) -> str:
    """Character references of an attribute: those without their semicolon stay (?a=1&copy=2, §13.2.5.73)."""
    return html.unescape(_BARE_AMPERSAND.sub("&amp;", text)) if "&" in text else text
