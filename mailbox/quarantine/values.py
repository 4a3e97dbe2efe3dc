"""What the quarantine answers: frozen values, and their reading back from JSON that nobody has to believe.

Every text is bounded by the whole answer's bound (runner.py). Dates are as HL7 writes them, YYYYMMDD[hhmm[ss]], or ''.
"""

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

MAX_THUMB = 20_000  # characters
MAX_DEPTH = 40  # of nested blocks, as values


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """The person cared for, as a document names them. `oid` says of which kind `ins` is (reference §4)."""

    family: str = ""  # birth name
    used: str = ""  # used name
    given: str = ""  # first names
    born: str = ""  # YYYYMMDD
    sex: str = ""  # M F U
    ins: str = ""
    oid: str = ""
    local: str = ""  # the number that a structure gives them


@dataclass(frozen=True, slots=True, repr=False)
class Span:
    text: str
    style: str = ""  # of b i u s sub sup
    link: str = ""  # https://…, or #ID of this document
    anchor: str = ""  # an ID that a link of this document leads to, here and below

    def __post_init__(self) -> None:
        if self.link and not self.link.startswith(("https://", "#")):
            raise Unfit


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    blocks: tuple["Block", ...] = ()
    is_head: bool = False
    columns: int = 1
    lines: int = 1
    anchor: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """A paragraph, a list, a table or a picture of the narrative (CDA R2 §4.3.5)."""

    kind: str  # p ul ol table picture
    spans: tuple[Span, ...] = ()
    caption: str = ""
    items: tuple[tuple["Block", ...], ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    picture: str = ""  # data:image/webp;base64,… drawn again in the quarantine
    anchor: str = ""

    def __post_init__(self) -> None:
        if self.picture and not self.picture.startswith("data:image/webp;base64,"):
            raise Unfit


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One document of an archive, or a CDA that came alone. `member` is its place in the archive, -1 when alone.

    `problems` and `notice` are codes (mailbox.documents.words).
    """

    member: int
    name: str
    kind: str  # cda pdf image …
    size: int
    title: str = ""
    code: str = ""
    code_label: str = ""
    made_at: str = ""
    author: str = ""
    organisation: str = ""
    patient: Person | None = None
    unique_id: str = ""
    set_id: str = ""
    version: str = ""
    replaces: str = ""  # id of the document that this one replaces
    act_at: str = ""  # of the act that it tells of
    has_pdf: bool = False  # CDA level 1 with a PDF inside
    alerts: tuple[str, ...] = ()  # flags of critical results: AA HH LL (BIO/va1.01)
    notice: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Cda:
    """A CDA R2 for reading: its header block and its sections (client-and-documents §1.4, VISU.01)."""

    head: Document
    custodian: str = ""
    authenticator: str = ""
    authenticated_at: str = ""
    sections: tuple[Section, ...] = ()
    is_cut: bool = False  # bounds were met: not all of it is here


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What a file is. `notice`: why it is not shown, '' when it may be; `pages`: (width, height) in points or pixels."""

    kind: str
    notice: str = ""
    pages: tuple[tuple[int, int], ...] = ()
    page_count: int = 0
    text: str = ""  # words of it, for the search index and for reading a text
    documents: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()
    cda: Cda | None = None
    thumb: str = ""  # of its first page, when it was read for the index

    def __post_init__(self) -> None:
        fit_thumb(self.thumb)


def fit_thumb(thumb: str) -> None:
    """Unfit for what is no small picture."""
    if thumb and (not thumb.startswith("data:image/webp;base64,") or len(thumb) > MAX_THUMB):
        raise Unfit


class Unfit(ValueError):
    """JSON that is not the value it should be."""


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def read[T](kind: type[T], plain: object) -> T:
    """The value of that JSON; Unfit for anything else."""
    try:
        return _read(kind, plain, 0)  # type: ignore[no-any-return]
    except TypeError:  # a field that is not there
        raise Unfit from None


def _read(kind: Any, plain: object, depth: int) -> Any:
    if depth > 6 * MAX_DEPTH:
        raise Unfit
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return None if plain is None else _read(next(a for a in get_args(kind) if a is not type(None)), plain, depth)
    if origin is tuple:
        return _row(get_args(kind), plain, depth)
    if is_dataclass(kind):
        if not isinstance(plain, Mapping):
            raise Unfit
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{f.name: _read(hints[f.name], plain[f.name], depth + 1) for f in fields(kind) if f.name in plain})  # type: ignore[operator]
    if type(plain) is not kind:
        raise Unfit
    return plain


def _row(kinds: tuple[Any, ...], plain: object, depth: int) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise Unfit
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], one, depth + 1) for one in plain)
    if len(kinds) != len(plain):
        raise Unfit
    return tuple(_read(kind, one, depth + 1) for kind, one in zip(kinds, plain, strict=True))
