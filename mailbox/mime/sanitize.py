"""Hostile HTML -> inert HTML, for a sandboxed frame of its own (design §4.8). Text -> HTML with links.

markup makes it readable in one way only, then nh3 (ammonia) keeps what is on its allow-list: no script, no form, no
style sheet, no id nor name (clobbering), no position. No browser is led to an image but by a URL of ours that the caller gives:
without one it is taken out, and counted when it is remote. What is quoted is folded, a link that lies is marked.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

import nh3

from mailbox.mime import links, quotes
from mailbox.mime.links import Door
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
_WORDS = {"style", "title", "lang", "href", "src", "alt", quotes.MARK}  # those of other shapes than _PLAIN
_PLAIN = re.compile(r"[\w#%.,'\"+* -]{0,200}+")  # what a length, a colour, a side or the name of a font is made of
_STYLES = frozenset(
    """background-color border border-bottom border-collapse border-color border-left border-radius border-right
    border-spacing border-style border-top border-width color direction display font font-family font-size font-style
    font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left
    margin-right margin-top max-height max-width min-width padding padding-bottom padding-left padding-right padding-top
    table-layout text-align text-decoration text-indent text-transform vertical-align white-space width word-break
    word-spacing word-wrap""".split()
)
_STYLE_VALUE = re.compile(r"(?:(?:rgb|hsl)a?\([\d\s.,%/]{1,60}+\)|[\w\s#%.,'\"!+/-]++)*+")  # no url(), no escape, no @
_LINK = re.compile(r"https?://[^\s\x00-\x1f]++|tel:\+?[\d.() -]{2,30}+", re.I)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp);base64,[A-Za-z0-9+/=\s%]*+", re.I)
_REMOTE = re.compile(r"https?://[^\s\x00-\x1f\\]{1,2000}+", re.I)
_QUOTE = re.compile(r">(?: ?>)*+ ?")  # ">> twice", "> > twice"
_MAX_QUOTES = 10


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


def nowhere(_: str) -> None:
    """The door of what leads nowhere."""


def clean(
    source: str,
    cid: Door,
    *,
    remote: Door = nowhere,
    mailto: Door = nowhere,
    data: Door = nowhere,
    is_forward: bool = False,
) -> Cleaned:
    """Doors answer the URL of ours for an image of this message by its Content-ID, for a remote image by its address, for
    writing to an address, for an image in the page by its data: URL; None when there is none. What a forward quotes is what
    it brings: it stays open."""
    rewriter = _Rewriter(cid, remote, mailto, data)
    markup = Markup(source[:MAX_SOURCE].replace("\0", ""), tags=_TAGS, rewrite=rewriter.attributes)
    inert = nh3.clean(
        markup.text,
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title"},
        attributes={"*": {*_ANYWHERE, quotes.MARK}, **_ATTRIBUTES},
        attribute_filter=rewriter.second_look,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    shown = links.marked(quotes.folded(inert, is_forward=is_forward))
    return Cleaned(Inert(shown), rewriter.blocked, markup.is_cut or len(source) > MAX_SOURCE)


def data_images(source: str, *, most: int) -> list[str]:
    """The data: URLs that `clean` takes to its door, in that order."""
    found: list[str] = []

    def kept(url: str) -> None:
        found.extend([url] if len(found) < most else [])

    rewriter = _Rewriter(nowhere, nowhere, nowhere, kept)
    Markup(source[:MAX_SOURCE].replace("\0", ""), tags=_TAGS, rewrite=rewriter.attributes)
    return found


class _Rewriter:
    """What becomes of attributes. `ours` are the URLs that the caller gave for this message's own images."""

    def __init__(self, cid: Door, remote: Door, mailto: Door, data: Door) -> None:
        self.cid, self.remote, self.mailto, self.data = cid, remote, mailto, data
        self.blocked = 0
        self.ours: set[str] = set()
        self.styles: dict[str, str] = {}  # a newsletter says the same in each of its cells, and each is looked at twice

    def attributes(self, tag: str, given: Attributes) -> Attributes | None:
        allowed = _ATTRIBUTES.get(tag, set())
        kept = {
            key: value for key, value in given.items()
            if (key in allowed or key in _ANYWHERE) and (key in _WORDS or _PLAIN.fullmatch(value))
        }  # fmt: skip
        if "style" in kept:
            kept["style"] = self._style(kept["style"])
        if tag == "a":
            self._link(kept)
        if tag == "img":
            return self._image(kept)
        if mark := quotes.mark_of(tag, given):
            kept[quotes.MARK] = mark
        return kept

    def _style(self, declarations: str) -> str:
        if declarations not in self.styles:
            self.styles[declarations] = style(declarations)
        return self.styles[declarations]

    def _link(self, given: Attributes) -> None:
        """Where it may lead: the web, a telephone, our own composer for an address of mail."""
        href = given.pop("href", "").strip()
        if href[:7].lower() == "mailto:":
            address = links.address_of(href)
            if address and (url := self.mailto(address)):
                self.ours.add(url)
                given["href"] = url
        elif _LINK.fullmatch(href):
            given["href"] = href

    def _image(self, given: Attributes) -> Attributes | None:
        """An image of the message or in the page; another one leaves its description."""
        source = given.pop("src", "").strip()
        url = None
        if source[:4].lower() == "cid:":
            url = self.cid(unquote(source[4:]).strip("<> "))  # RFC 2392 §2
        elif _DATA_IMAGE.fullmatch(source):
            url = self.data(source)
        elif source:
            url = self.remote(source) if _REMOTE.fullmatch(source) else None
            self.blocked += url is None
        if url:
            self.ours.add(url)
            return {"src": url, **given}
        return {"alt": given["alt"]} if given.get("alt", "").strip() else None

    def second_look(self, tag: str, attribute: str, value: str) -> str | None:
        """The same rules on what nh3 itself has read."""
        if attribute == "src":
            return value if value in self.ours else None
        if attribute == "href":
            return value if tag == "a" and (value in self.ours or _LINK.fullmatch(value.strip())) else None
        if attribute == quotes.MARK:
            return value if value in {quotes.ITSELF, quotes.REST} else None
        if attribute == "style":
            return self._style(value) or None
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


def plain_to_html(text: str, mailto: Door = nowhere, *, is_forward: bool = False) -> Inert:
    """A plain text body: what it quotes folded and nested in blockquote, addresses as links. For white-space: pre-wrap."""
    pieces = quotes.parts(text[:_MAX_TEXT], is_forward=is_forward)
    shown = (
        f"{quotes.OPEN}{_nested(piece, mailto)}{quotes.CLOSE}" if is_folded else _nested(piece, mailto)
        for is_folded, piece in pieces
    )
    return Inert("\n".join(shown))


def _nested(text: str, mailto: Door) -> str:
    out: list[str] = []
    depth = 0
    for line in text.split("\n"):
        mark = _QUOTE.match(line)
        body = line[mark.end() :] if mark else line
        quotes_ = min(mark[0].count(">"), _MAX_QUOTES) if mark else 0
        if quotes_ != depth:
            out.append("<blockquote>" * (quotes_ - depth) or "</blockquote>" * (depth - quotes_))
            depth = quotes_
        out.append(f"{links.linked(body, mailto)}\n")
    return "".join(out).removesuffix("\n") + "</blockquote>" * depth
