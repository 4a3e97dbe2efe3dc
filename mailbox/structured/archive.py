"""IHE_XDM.zip: README.TXT, INDEX.HTM, METADATA.XML and the documents under names of 8.3 (reference client §3.1)."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC

from mailbox.structured.metadata import Member, metadata
from mailbox.structured.values import Sheet
from mailbox.structured.xml import node, written

NAME = "IHE_XDM.zip"
_SUBSET = "IHE_XDM/SUBSET01/"
_README = """\
Archive IHE_XDM d'un message MSSanté.

Émetteur     : {author}
Organisation : {house}{finess}
Adresse      : {town}
Logiciel     : {product}

Ouvrez INDEX.HTM, ou importez l'archive dans votre logiciel. Les mêmes documents sont joints au message en PDF.

INDEX.HTM
README.TXT
IHE_XDM/
  SUBSET01/
    METADATA.XML
{documents}
"""


def archive(documents: Sequence[tuple[Sheet, bytes]], *, set_id: str, product: str) -> bytes:
    """The same bytes for the same documents: its times are those of the first."""
    members = [Member(sheet, data, f"DOC{place:04}.XML") for place, (sheet, data) in enumerate(documents, 1)]
    first = members[0].sheet
    files = {
        "README.TXT": _readme(members, product),
        "INDEX.HTM": _index(first),
        f"{_SUBSET}METADATA.XML": metadata(members, set_id=set_id),
        **{f"{_SUBSET}{one.uri}": one.data for one in members},
    }
    at = first.made_at.astimezone(UTC)
    when = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name, when), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _readme(members: Sequence[Member], product: str) -> bytes:
    sheet = members[0].sheet
    house, author = sheet.house, sheet.author
    text = _README.format(
        author=_line(f"{author.given} {author.family}"),
        house=_line(house.name),
        finess=f" (FINESS {house.finess})" if house.finess else "",
        town=_line(house.town) or "non communiquée",
        product=_line(product),
        documents="\n".join(f"    {one.uri}" for one in members),
    )
    return text.replace("\n", "\r\n").encode("utf-8", "replace")


def _line(text: str) -> str:
    return " ".join(text.split())


def _index(sheet: Sheet) -> bytes:
    """XHTML; nothing but the issuer and the way to README."""
    head = node("head", {}, node("title", {}, "IHE_XDM"))
    readme = node("p", {}, node("a", {"href": "README.TXT"}, "README"))
    body = node("body", {}, node("p", {}, sheet.house.name), readme)
    return written(node("html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": "fr"}, head, body))
