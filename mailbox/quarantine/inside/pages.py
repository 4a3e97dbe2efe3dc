"""Pages of a PDF as pictures, and its words (PDFium). Scripts, forms and embedded files are never run nor opened."""

import io
from contextlib import closing
from typing import TYPE_CHECKING

from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.values import Found

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MAX_PAGES = 500  # shown; the rest is in the file
_SIZES = 50  # pages whose size is told beforehand
_TEXT_PAGES, _TEXT = 30, 200_000  # read for their words: pages, characters
_MAX_SIDE = 5000  # pixels


def prepare() -> None:
    import pypdfium2  # noqa: F401

    from mailbox.quarantine.inside import pictures

    pictures.prepare()


def look(data: bytes, *, words: bool = True) -> Found:
    with closing(_opened(data)) as pdf:
        count = min(len(pdf), MAX_PAGES)
        if not count:
            raise Refused("damaged")
        sizes = [pdf.get_page_size(index) for index in range(min(count, _SIZES))]
        shapes = tuple((_side(w), _side(h)) for w, h in sizes)
        text, thumb = (_words(pdf, count), _thumb(pdf)) if words else ("", "")
        return Found("pdf", pages=shapes, page_count=count, text=text, thumb=thumb)


def _thumb(pdf: "PdfDocument") -> str:
    """Of its first page; '' for one that cannot be drawn."""
    import pypdfium2

    from mailbox.quarantine.inside import pictures

    try:
        sheet = pdf[0]
        scale = pictures.THUMB / max(*sheet.get_size(), 1)
        return pictures.thumb(sheet.render(scale=scale * 2, may_draw_forms=False).to_pil().convert("RGB"))
    except (pypdfium2.PdfiumError, ValueError):
        return ""


def _side(points: float) -> int:
    return max(1, min(round(points), 20_000))


def _words(pdf: "PdfDocument", count: int) -> str:
    """What of its text can be read; a page that cannot is a page without words."""
    import pypdfium2

    found: list[str] = []
    for index in range(min(count, _TEXT_PAGES)):
        try:
            found.append(pdf[index].get_textpage().get_text_range(errors="replace")[: _TEXT - sum(map(len, found))])
        except pypdfium2.PdfiumError:
            continue
    return "\n".join(found).replace("\0", " ").replace("\ufffe", "")


def draw(data: bytes, page: int, width: int) -> bytes:
    """A page as WebP, `width` pixels wide, white behind it."""
    import pypdfium2

    from mailbox.quarantine.inside import pictures

    with closing(_opened(data)) as pdf:
        try:
            sheet = pdf[page]
        except (IndexError, pypdfium2.PdfiumError):
            raise Refused("damaged") from None
        wide, high = sheet.get_size()
        scale = min(width / max(wide, 1), _MAX_SIDE / max(wide, high, 1))
        return pictures.encoded(sheet.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB"))


def _opened(data: bytes) -> "PdfDocument":
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(io.BytesIO(data).getvalue())
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", 0)
        raise Refused("encrypted" if code == 4 or "password" in str(error).lower() else "damaged") from None
