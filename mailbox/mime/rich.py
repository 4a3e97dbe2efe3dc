"""Rich text that a person of ours wrote: what travels well, its plain twin, the HTML part of a letter (ECO.2.2.4). Pure.

Never trusts the browser: nh3 keeps paragraphs, bold, italic, underline, lists, links, quotations and two headings, no style,
no image, no class. A line of the editor is a paragraph, so that text -> HTML -> text is the same text.
"""

import html
import re
from html.parser import HTMLParser

import nh3

from mailbox.mime.sanitize import plain_to_html

MAX = 500_000  # characters of HTML that are read; a longer one loses its end
_TAGS = frozenset("p br strong b em i u a ul ol li blockquote h2 h3".split())
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x1f]{1,2000}", re.I)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_QUOTED = "margin:0 0 0 .8ex;border-left:2px solid #c3cec8;padding-left:1ex"


def clean(source: str) -> str:
    """On the allow-list, '' when no word is left."""
    kept = nh3.clean(
        _CONTROL.sub("", source[:MAX]),
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title", "textarea", "noscript", "template", "svg", "math"},
        attributes={"a": {"href"}},
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return kept if to_text(kept).strip() else ""


def _filter(tag: str, attribute: str, value: str) -> str | None:
    return value if (tag, attribute) == ("a", "href") and _LINK.fullmatch(value.strip()) else None


def of_text(text: str) -> str:
    """Plain words as rich ones, a paragraph a line."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.replace("\r\n", "\n").split("\n"))


def to_text(source: str) -> str:
    """The plain twin of what `clean` gave: a line a block, «- » and «1. » before items, «> » before quotations, links in full."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return "\n".join(line.rstrip() for line in reader.lines)


def document(own: str, *, signature: str = "", quote: str = "") -> str:
    """The HTML part: `own` was cleaned, the two others are plain text. Self-contained styles: others' readers drop sheets."""
    body = own.replace("<p></p>", "<p><br></p>").replace("<p>", '<p style="margin:0">')
    body = body.replace("<blockquote>", f'<blockquote style="{_QUOTED}">')
    if signature:
        body += f'<div style="white-space:pre-wrap"><br>-- \n{plain_to_html(signature)}</div>'
    if quote:
        body += f'<div style="white-space:pre-wrap"><br>{plain_to_html(quote)}</div>'
    return f"<!DOCTYPE html><html><body>{body}</body></html>"


def own_of(source: str) -> str:
    """One's own rich words out of a `document`: what stands before the signature and the quotation."""
    return clean(source.partition('<div style="white-space:pre-wrap">')[0])


class _Reader(HTMLParser):
    """Walks well-formed HTML: `lines` are the text so far, `prefix` what stands before each line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.prefix: list[str] = []  # of the open quotations and items, outermost first
        self.counters: list[int] = []  # of the open lists: the number of the last item, -1 in a list of points
        self.link = ""
        self.said = ""  # words of the open link
        self.is_fresh = False  # a line was begun and nothing written on it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._begin()
        elif tag == "a":
            self.link, self.said = dict(attrs).get("href") or "", ""
        elif tag in {"ul", "ol"}:
            self.counters.append(0 if tag == "ol" else -1)
        elif tag == "blockquote":
            self.prefix.append("> ")
        elif tag == "li":
            self._item()
        elif tag in {"p", "h2", "h3"} and not self.is_fresh:
            self._begin()

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            if self.link and self.link.removeprefix("mailto:").removeprefix("tel:") != self.said.strip():
                self._write(f" <{self.link}>")
            self.link = ""
        elif tag in {"ul", "ol"} and self.counters:
            self.counters.pop()
        elif tag in {"blockquote", "li"} and self.prefix:
            self.prefix.pop()
        self.is_fresh = self.is_fresh and tag not in {"p", "h2", "h3", "li"}

    def handle_data(self, data: str) -> None:
        self.said += data
        self._write(data)

    def _item(self) -> None:
        if self.counters and self.counters[-1] >= 0:
            self.counters[-1] += 1
            mark = f"{self.counters[-1]}. "
        else:
            mark = "- "
        self._begin(mark)
        self.prefix.append(" " * len(mark))

    def _begin(self, mark: str = "") -> None:
        self.lines.append("".join(self.prefix) + mark)
        self.is_fresh = True

    def _write(self, words: str) -> None:
        if not self.lines:
            self._begin()
        self.lines[-1] += words
        self.is_fresh = False
