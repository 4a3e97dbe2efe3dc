"""The narrative block of CDA R2 (§4.3.5) as values: paragraphs, lists, tables, pictures, references. Bounded, inert."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailbox.quarantine.inside import pictures
from mailbox.quarantine.inside.markup import Element, at, local, words
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.values import Block, Cell, Span

_MAX_BLOCKS, _MAX_TEXT = 20_000, 2_000_000
_MAX_PICTURES, _PICTURE_WIDTH = 8, 900
_MAX_SPAN = 50  # of a cell
_STYLES = {"Bold": "b", "Italics": "i", "Underline": "u", "Emphasis": "i"}
_INLINE = {"content", "linkHtml", "sub", "sup", "br", "footnote", "footnoteRef", "#text"}


@dataclass(slots=True)
class Telling:
    """What one document has used of its bounds."""

    pictures: Mapping[str, Element]
    blocks: int = 0
    text: int = 0
    drawn: int = 0
    sections: int = 0
    is_cut: bool = False

    def room(self, text: int = 0) -> bool:
        self.blocks, self.text = self.blocks + 1, self.text + text
        self.is_cut = self.is_cut or self.blocks > _MAX_BLOCKS or self.text > _MAX_TEXT
        return not self.is_cut


def pictures_of(root: Element) -> dict[str, Element]:
    """observationMedia by the ID that the narrative names."""
    return {one.get("ID", ""): one for one in root.iter() if local(one) == "observationMedia" and one.get("ID")}


def blocks(element: Element, told: Telling, depth: int = 0) -> tuple[Block, ...]:
    """What stands inside: runs of words are paragraphs, the rest as what it is."""
    if depth > 12:
        told.is_cut = True
        return (Block("p", (Span(words(element, 2000)),)),)
    found: list[Block] = []
    run: list[Span] = []
    for piece in _pieces(element):
        if isinstance(piece, str):
            run += _text(piece, told)
        elif local(piece) in _INLINE:
            run += list(_inline(piece, told))
        else:
            _end(run, found)
            found += _block(piece, told, depth)
    _end(run, found)
    return tuple(found)


def _pieces(element: Element) -> Iterator[str | Element]:
    if element.text:
        yield element.text
    for child in element:
        yield child
        if child.tail:
            yield child.tail


def _end(run: list[Span], found: list[Block]) -> None:
    if any(span.text.strip() for span in run):
        found.append(Block("p", tuple(run)))
    run.clear()


def _text(piece: str, told: Telling, style: str = "", link: str = "") -> list[Span]:
    text = " ".join(piece.split())
    text = f"{' ' * piece[:1].isspace()}{text}{' ' * (bool(text) and piece[-1:].isspace())}"
    return [Span(text, style, link)] if text and told.room(len(text)) else []


def _inline(element: Element, told: Telling, style: str = "", link: str = "", depth: int = 0) -> Iterator[Span]:
    name = local(element)
    if name == "br":
        yield Span("\n")
        return
    if depth > 12:
        return
    if name in {"sub", "sup"}:
        style = name
    for word in (element.get("styleCode") or "").split():
        style = _STYLES.get(word, style)
    if name == "linkHtml":
        link = _link(element.get("href") or "")
    for piece in _pieces(element):
        if isinstance(piece, str):
            yield from _text(piece, told, style, link)
        else:
            yield from _inline(piece, told, style, link, depth + 1)


def _link(href: str) -> str:
    """Out, by https only; inside, to an anchor."""
    href = href.strip()
    is_fit = len(href) < 500 and href.isprintable() and " " not in href
    return href if is_fit and href.startswith(("https://", "#")) else ""


def _block(element: Element, told: Telling, depth: int) -> list[Block]:
    name, anchor = local(element), (element.get("ID") or "")[:80]
    if not told.room():
        return []
    if name == "list":
        kind = "ol" if (element.get("listType") or "").lower() == "ordered" else "ul"
        items = tuple(blocks(one, told, depth + 1) for one in element if local(one) == "item")
        return [Block(kind, caption=words(at(element, "caption")), items=items, anchor=anchor)]
    if name == "table":
        return [Block("table", caption=words(at(element, "caption")), rows=_rows(element, told, depth), anchor=anchor)]
    if name == "renderMultiMedia":
        return _pictures(element, told)
    if name == "caption":
        return [Block("p", (Span(words(element), "b"),))]
    inner = blocks(element, told, depth + 1)
    return [Block(b.kind, b.spans, b.caption, b.items, b.rows, b.picture, b.anchor or anchor) for b in inner]


def _rows(table: Element, told: Telling, depth: int) -> tuple[tuple[Cell, ...], ...]:
    found = []
    for row in table.iter():
        if local(row) != "tr" or _table_of(row) is not table or not told.room():
            continue
        cells = tuple(_cell(one, told, depth) for one in row if local(one) in {"td", "th"})
        if cells:
            found.append(cells)
    return tuple(found)


def _table_of(element: Element) -> Element | None:
    """The nearest: a table may stand in a cell of another."""
    return next((one for one in element.iterancestors() if local(one) == "table"), None)


def _cell(element: Element, told: Telling, depth: int) -> Cell:
    return Cell(
        blocks(element, told, depth + 1),
        local(element) == "th",
        _number(element, "colspan"),
        _number(element, "rowspan"),
    )


def _number(element: Element, name: str) -> int:
    text = element.get(name) or ""
    return max(1, min(int(text), _MAX_SPAN)) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _pictures(element: Element, told: Telling) -> list[Block]:
    caption = words(at(element, "caption"))
    found = []
    for name in (element.get("referencedObject") or "").split():
        media = told.pictures.get(name)
        if media is not None and told.drawn < _MAX_PICTURES:
            told.drawn += 1
            found.append(Block("picture", caption=caption or words(at(media, "value"), 0), picture=_drawn(media)))
    return found or [Block("p", (Span(f"[Image{' : ' + caption if caption else ''}]"),))]


def _drawn(media: Element) -> str:
    """Drawn again at a bounded size; '' for what is no picture."""
    value = at(media, "value")
    try:
        data = base64.b64decode("".join((value.text or "").split()) if value is not None else "", validate=True)
        return "data:image/webp;base64," + base64.b64encode(pictures.draw(data, 0, _PICTURE_WIDTH)).decode()
    except (binascii.Error, ValueError, Refused, OSError):
        return ""
