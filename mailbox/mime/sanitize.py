"""Hostile HTML -> inert HTML, for a sandboxed frame of its own (design §4.8). Text -> HTML with links.

markup makes it readable in one way only, then nh3 (ammonia) keeps what is on its allow-list: no script, no form, no
style sheet, no id nor name (clobbering), no position. Remote images are never fetched: they are taken out and counted.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

from mailbox.mime.markup import Attributes, Markup

MAX_SOURCE = 6_000_000  # characters
_MAX_TEXT = 1_000_000

_TAGS = frozenset(
    """a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl
    dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section
    small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr""".split()
)
_SIZES = {"width", "height"}
_ANYWHERE = {"style", "dir", "lang", "title", "align", "valign", "bgcolor"}
_ATTRIBUTES = {
    "a": {"href"}, "img": {"src", "alt", *_SIZES}, "font": {"color", "face", "size"}, "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", *_SIZES}, "td": {"colspan", "rowspan", *_SIZES},
    "th": {"colspan", "rowspan", "scope", *_SIZES}, "col": {"span", *_SIZES}, "hr": {"size", *_SIZES},
}  # fmt: skip
_STYLES = frozenset(
    """background-color border border-bottom border-collapse border-color border-left border-radius border-right
    border-spacing border-style border-top border-width color direction display font font-family font-size font-style
    font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left
    margin-right margin-top max-height max-width min-width padding padding-bottom padding-left padding-right padding-top
    table-layout text-align text-decoration text-indent text-transform vertical-align white-space width word-break
    word-spacing word-wrap""".split()
)
_STYLE_VALUE = re.compile(r"(?:(?:rgb|hsl)a?\([\d\s.,%/]{1,60}+\)|[\w\s#%.,'\"!+/-]++)*+")  # no url(), no escape, no @
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x1f]++", re.I)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp);base64,[A-Za-z0-9+/=\s%]*+", re.I)
_URL = re.compile(r"https?://[^\s<>\"«»]{1,2000}+", re.I)
_QUOTE = re.compile(r">(?: ?>)*+ ?")  # ">> twice", "> > twice"
_MAX_QUOTES = 10
_TRAILING = ".,;:!?)]}'’…"


class Inert(str):
    """HTML that was made safe here: templates show it as it is, through `__html__`."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`blocked`: remote images taken out. `is_cut`: the document was too large or too broken, its end is missing."""

    html: Inert
    blocked: int
    is_cut: bool = False


def clean(source: str, cid: Callable[[str], str | None]) -> Cleaned:
    """`cid` answers the URL of an image of this message by its Content-ID, None when there is none."""
    rewriter = _Rewriter(cid)
    markup = Markup(source[:MAX_SOURCE].replace("\0", ""), tags=_TAGS, rewrite=rewriter.attributes)
    inert = nh3.clean(
        markup.text,
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title"},
        attributes={"*": _ANYWHERE, **_ATTRIBUTES},
        attribute_filter=rewriter.second_look,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    return Cleaned(Inert(inert), rewriter.blocked, markup.is_cut or len(source) > MAX_SOURCE)


class _Rewriter:
    """What becomes of attributes. `ours` are the URLs that the caller gave for this message's own images."""

    def __init__(self, cid: Callable[[str], str | None]) -> None:
        self.cid = cid
        self.blocked = 0
        self.ours: set[str] = set()

    def attributes(self, tag: str, given: Attributes) -> Attributes | None:
        allowed = _ATTRIBUTES.get(tag, set())
        kept = {key: value for key, value in given.items() if key in allowed or key in _ANYWHERE}
        if "style" in kept:
            kept["style"] = style(kept["style"])
        if tag == "a" and not _LINK.fullmatch(kept.get("href", "").strip()):
            kept.pop("href", None)
        if tag == "img":
            return self._image(kept)
        return kept

    def _image(self, given: Attributes) -> Attributes | None:
        """An image of the message or in the page; another one leaves its description."""
        source = given.pop("src", "").strip()
        if source[:4].lower() == "cid:":
            url = self.cid(source[4:].strip("<> "))
            if url:
                self.ours.add(url)
                return {"src": url, **given}
        elif _DATA_IMAGE.fullmatch(source):
            return {"src": source, **given}
        elif source:
            self.blocked += 1
        return {"alt": given["alt"]} if given.get("alt", "").strip() else None

    def second_look(self, tag: str, attribute: str, value: str) -> str | None:
        """The same rules on what nh3 itself has read."""
        if attribute == "src":
            return value if value in self.ours or _DATA_IMAGE.fullmatch(value) else None
        if attribute == "href":
            return value if tag == "a" and _LINK.fullmatch(value.strip()) else None
        if attribute == "style":
            return style(value) or None
        return value


def style(declarations: str) -> str:
    """The declarations of a style attribute that only colour, size and space things."""
    kept = []
    for declaration in declarations[:4_000].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in _STYLES and value and _STYLE_VALUE.fullmatch(value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def plain_to_html(text: str) -> Inert:
    """A plain text body: quotes nested in blockquote, URLs as links. To be shown with white-space: pre-wrap."""
    out: list[str] = []
    depth = 0
    for line in text[:_MAX_TEXT].split("\n"):
        mark = _QUOTE.match(line)
        body = line[mark.end() :] if mark else line
        quotes = min(mark[0].count(">"), _MAX_QUOTES) if mark else 0
        if quotes != depth:
            out.append("<blockquote>" * (quotes - depth) or "</blockquote>" * (depth - quotes))
            depth = quotes
        out.append(f"{_linked(body)}\n")
    return Inert("".join(out).removesuffix("\n") + "</blockquote>" * depth)


def _linked(line: str) -> str:
    pieces, end = [], 0
    for match in _URL.finditer(line):
        url = match[0].rstrip(_TRAILING)
        pieces.append(html.escape(line[end : match.start()]))
        safe = html.escape(url)
        pieces.append(f'<a href="{safe}" rel="noopener noreferrer" target="_blank">{safe}</a>')
        end = match.start() + len(url)
    return "".join((*pieces, html.escape(line[end:])))
