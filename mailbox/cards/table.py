"""A table for a spreadsheet: semicolons, CRLF and a byte order mark, as the French Excel opens with a double click.

A cell that a spreadsheet would take for a formula is written behind an apostrophe, and read back without it. Read: any of
the three separators that programs write, with the column names of ours, of Outlook and of Google.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from directory.fold import fold
from mailbox.cards.values import MAX_CARDS, Travelling, Unreadable, bounded

if TYPE_CHECKING:
    from _csv import Reader

_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HEAD = ("Nom", "Profession ou structure", "Adresse", "Téléphone", "Lieu", "Favori", "Groupes", "Origine")
_COLUMNS = {
    "name": "nom|nom complet|nom affiche|name|full name|display name|last name|family name|file as|contact",
    "first": "prenom|first name|given name",
    "title": "civilite|title|titre",
    "detail": "profession ou structure|profession|fonction|specialite|job title|organization name|societe|company|structure",
    "address": "adresse|adresse mssante|adresse de messagerie|adresse e mail|email|e mail|mail|courriel|mssante"
    "|e mail address|e mail 1 value|address",
    "phone": "telephone|tel|telephone professionnel|business phone|phone|phone 1 value|mobile|portable",
    "note": "note|notes|remarque|remarques|commentaire",
    "source": "origine|source",
}
_NAMED = {alias: field for field, aliases in _COLUMNS.items() for alias in aliases.split("|")}
_MOST_COLUMNS = 200


def write(cards: Iterable[Travelling], *, with_notes: bool) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    rows.writerow([*_HEAD, *(["Note"] if with_notes else [])])
    for card in cards:
        cells = [
            card.name, card.detail, card.address, card.phone, card.where, "oui" if card.is_favourite else "",
            ", ".join(card.groups), card.source, *([card.note] if with_notes else []),
        ]  # fmt: skip
        rows.writerow([harmless(cell) for cell in cells])
    return (_BOM + out.getvalue()).encode()


def harmless(cell: str) -> str:
    """Text for a spreadsheet, whatever it begins with."""
    plain = cell.replace("\0", "")
    return f"'{plain}" if plain.lstrip(" ").startswith(_FORMULA) else plain


def _meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip(" ").startswith(_FORMULA) else cell


def read(text: str) -> list[Travelling]:
    """The rows of a table whose first line names its columns; Unreadable when it does not."""
    head = text.lstrip(_BOM).split("\n", 1)[0]
    separator = max(";,\t", key=head.count)
    rows = csv.reader(io.StringIO(text.lstrip(_BOM), newline=""), delimiter=separator, strict=True)
    try:
        columns = _columns(next(rows, []))
        return _contacts(rows, columns)
    except csv.Error:
        raise Unreadable(
            "Ce tableau ne se lit pas : un guillemet n’est pas fermé, ou une cellule est trop longue."
        ) from None


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Where each field is; the first column of several that say the same."""
    found: dict[str, int] = {}
    for at, cell in enumerate(head[:_MOST_COLUMNS]):
        if field := _NAMED.get(fold(cell[:80])):
            found.setdefault(field, at)
    if not {"name", "address"} & found.keys():
        raise Unreadable("La première ligne doit nommer les colonnes : « Nom » et « Adresse » au moins.")
    return found


def _contacts(rows: "Reader", columns: dict[str, int]) -> list[Travelling]:
    found = []
    for row in rows:
        told = {field: bounded(field, _meant(row[at])) for field, at in columns.items() if at < len(row)}
        if any(told.values()):
            found.append(_contact(told, rows.line_num))
        if len(found) > MAX_CARDS:
            raise Unreadable(f"Ce tableau a plus de {MAX_CARDS} contacts.")
    if not found:
        raise Unreadable("Ce tableau n’a aucune ligne de contact.")
    return found


def _contact(told: dict[str, str], line: int) -> Travelling:
    family, first = told.get("name", ""), told.get("first", "")
    parts = (told.get("title", ""), "" if first in family else first, family)
    name = " ".join(part for part in parts if part)
    return Travelling(
        name=bounded("name", name), detail=told.get("detail", ""), address=re.sub(r"^mailto:", "", told.get("address", "")),
        phone=told.get("phone", ""), note=told.get("note", ""), source=told.get("source", ""), line=line,
    )  # fmt: skip
