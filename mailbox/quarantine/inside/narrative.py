"""The narrative block of CDA R2 (§4.3.5) as values: paragraphs, lists, tables, pictures, references. Bounded, inert.

Nothing is left out in silence: what was struck out is shown so, a PDF in the text by its first pages, the rest by its words.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mailbox.quarantine.inside import pages, pictures
from mailbox.quarantine.inside.markup import Element, at, local, words
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.sniff import kind_of
from mailbox.quarantine.values import Block, Cell, Span

_MAX_BLOCKS, _MAX_TEXT = 20_000, 2_000_000
_MAX_PICTURES, _PICTURE_WIDTH = 12, 900
_MAX_PAGES = 6  # of a PDF that stands in the text
_MAX_ID = 80
_MAX_SPAN = 50  # of a cell
_STYLES = {"bold": "b", "bolditalics": "b", "italics": "i", "emphasis": "i", "underline": "u"}
_INLINE = {"content", "linkHtml", "sub", "sup", "br", "footnote", "footnoteRef", "#text"}


@dataclass(slots=True)
class Telling:
    """What one document has used of its bounds."""

    pictures: Mapping[str, Element]
    targets: frozenset[str] = frozenset()
    draws: bool = True  # pictures; a document that is read for its words alone has none
    blocks: int = 0
    text: int = 0
    drawn: int = 0
    sections: int = 0
    is_cut: bool = False

    def room(self, text: int = 0) -> bool:
        self.blocks, self.text = self.blocks + 1, self.text + text
        self.is_cut = self.is_cut or self.blocks > _MAX_BLOCKS or self.text > _MAX_TEXT
        return not self.is_cut

    def anchor(self, element: Element) -> str:
        """Its ID, when something leads to it."""
        return name if (name := element.get("ID", "")[:_MAX_ID]) in self.targets else ""


def pictures_of(root: Element) -> dict[str, Element]:
    """observationMedia by the ID that the narrative names: its own, or that of a region of it."""
    found = {one.get("ID", ""): one for one in root.iter() if local(one) == "observationMedia" and one.get("ID")}
    for region in root.iter():
        if local(region) == "regionOfInterest" and region.get("ID"):
            media = next((one for one in region.iter() if local(one) == "observationMedia"), None)
            if media is not None:
                found.setdefault(region.get("ID", ""), media)
    return found


def targets_of(root: Element) -> frozenset[str]:
    """The IDs that links and notes lead to, and that are there."""
    led = {(one.get("href") or "")[1 : _MAX_ID + 1] for one in root.iter() if (one.get("href") or "").startswith("#")}
    led |= {(one.get("IDREF") or "")[:_MAX_ID] for one in root.iter() if local(one) == "footnoteRef"}
    return frozenset(led & {(one.get("ID") or "")[:_MAX_ID] for one in root.iter()}) - {""}


def blocks(element: Element, told: Telling, depth: int = 0, style: str = "") -> tuple[Block, ...]:
    """What stands inside: runs of words are paragraphs, the rest as what it is."""
    if depth > 12:
        told.is_cut = True
        return (Block("p", (Span(words(element, 2000)),)),)
    found: list[Block] = []
    run: list[Span] = []
    style = _style(element, style)
    for piece in _pieces(element):
        if isinstance(piece, str):
            run += _text(piece, told, style)
        elif local(piece) in _INLINE:
            run += list(_inline(piece, told, style))
        else:
            _end(run, found)
            found += _block(piece, told, depth, style)
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
    style = _style(element, style)
    if name == "linkHtml":
        link = _link(element.get("href") or "", told)
    if name == "footnoteRef":
        yield from _text("[voir la note]", told, style, _link(f"#{element.get('IDREF') or ''}", told))
    if anchor := told.anchor(element):
        yield Span("", anchor=anchor)
    for piece in (*_text("[Note : ", told, style), *_pieces(element)) if name == "footnote" else _pieces(element):
        if isinstance(piece, str):
            yield from _text(piece, told, style, link)
        elif isinstance(piece, Span):
            yield piece
        else:
            yield from _inline(piece, told, style, link, depth + 1)
    if name == "footnote":
        yield from _text("]", told, style)


def _style(element: Element, style: str) -> str:
    """Its own, else the one around it; what was struck out stays struck out whatever else it is."""
    for word in (element.get("styleCode") or "").lower().split():
        style = _STYLES.get(word, style) if style != "s" else style
    return "s" if element.get("revised") == "delete" else style


def _link(href: str, told: Telling) -> str:
    """Out, by https only; inside, to what is there."""
    href = href.strip()
    if href.startswith("#"):
        return href if href[1:] in told.targets else ""
    is_fit = len(href) < 500 and href.isprintable() and " " not in href
    return href if is_fit and href.startswith("https://") else ""


def _block(element: Element, told: Telling, depth: int, style: str) -> list[Block]:
    name, anchor, style = local(element), told.anchor(element), _style(element, style)
    if not told.room():
        return []
    if name == "list":
        kind = "ol" if (element.get("listType") or "").lower() == "ordered" else "ul"
        items = tuple(blocks(one, told, depth + 1, style) for one in element if local(one) == "item")
        return [Block(kind, caption=words(at(element, "caption")), items=items, anchor=anchor)]
    if name == "table":
        return [
            Block(
                "table", caption=words(at(element, "caption")), rows=_rows(element, told, depth, style), anchor=anchor
            )
        ]
    if name == "renderMultiMedia":
        return _pictures(element, told)
    if name == "caption":
        return [Block("p", (Span(words(element), "b"),))]
    inner = blocks(element, told, depth + 1, style)
    return [replace(one, anchor=one.anchor or anchor) if not place else one for place, one in enumerate(inner)]


def _rows(table: Element, told: Telling, depth: int, style: str) -> tuple[tuple[Cell, ...], ...]:
    found = []
    for row in table.iter():
        if local(row) != "tr" or _table_of(row) is not table or not told.room():
            continue
        own = _style(row, style)
        cells = [_cell(one, told, depth, own) for one in row if local(one) in {"td", "th"}]
        if cells:
            found.append((replace(cells[0], anchor=cells[0].anchor or told.anchor(row)), *cells[1:]))
    return tuple(found)


def _table_of(element: Element) -> Element | None:
    """The nearest: a table may stand in a cell of another."""
    return next((one for one in element.iterancestors() if local(one) == "table"), None)


def _cell(element: Element, told: Telling, depth: int, style: str) -> Cell:
    return Cell(
        blocks(element, told, depth + 1, style),
        local(element) == "th",
        _number(element, "colspan"),
        _number(element, "rowspan"),
        told.anchor(element),
    )


def _number(element: Element, name: str) -> int:
    text = element.get(name) or ""
    return max(1, min(int(text), _MAX_SPAN)) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _pictures(element: Element, told: Telling) -> list[Block]:
    caption = words(at(element, "caption"))
    found = []
    for name in (element.get("referencedObject") or "").split():
        media = told.pictures.get(name)
        if media is None or not told.draws:
            continue
        if told.drawn >= _MAX_PICTURES:
            told.is_cut = True
            break
        drawn, is_whole = _drawn(media, _MAX_PICTURES - told.drawn)
        told.drawn += max(1, len(drawn))
        told.is_cut = told.is_cut or not is_whole
        found += [Block("picture", caption=caption, picture=one) for one in drawn or ("",)]
    return found or [Block("p", (Span(f"[Image{' : ' + caption if caption else ''}]"),))]


def _drawn(media: Element, most: int) -> tuple[list[str], bool]:
    """Drawn again at a bounded size, a PDF by its first pages: () for what is neither. And whether that is all of it."""
    value = at(media, "value")
    found: list[str] = []
    try:
        data = base64.b64decode("".join((value.text or "").split()) if value is not None else "", validate=True)
        count = min(pages.look(data, words=False).page_count, _MAX_PAGES + 1) if kind_of(data) == "pdf" else 1
        draw = pages.draw if kind_of(data) == "pdf" else pictures.draw
        for page in range(min(count, _MAX_PAGES, most)):
            drawn = base64.b64encode(draw(data, page, _PICTURE_WIDTH)).decode()
            found.append(f"data:image/webp;base64,{drawn}")
        return found, len(found) == count
    except (binascii.Error, ValueError, Refused, OSError):
        return found, True
