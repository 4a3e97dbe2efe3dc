"""What a file is, in the words of the counter: its chip in the list, its icon and size in the thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailbox.mime.values import Part
from mailbox.mime.xdm import is_xdm_archive
from mssweb.shown import Shown

KINDS = {
    "pdf": ("PDF", "file-text"), "doc": ("Word", "file-text"), "docx": ("Word", "file-text"),
    "odt": ("Texte", "file-text"), "rtf": ("Texte", "file-text"), "txt": ("Texte", "file-text"),
    "xls": ("Tableur", "file-spreadsheet"), "xlsx": ("Tableur", "file-spreadsheet"),
    "ods": ("Tableur", "file-spreadsheet"), "csv": ("Tableur", "file-spreadsheet"),
    "jpg": ("Image", "image"), "jpeg": ("Image", "image"), "png": ("Image", "image"), "gif": ("Image", "image"),
    "tif": ("Image", "image"), "tiff": ("Image", "image"), "heic": ("Image", "image"), "webp": ("Image", "image"),
    "zip": ("Archive", "file-archive"), "eml": ("Message", "mail"), "ics": ("Rendez-vous", "calendar"),
    "xml": ("XML", "file-code"), "dcm": ("Imagerie", "image"), "hpr": ("Résultats HPRIM", "file-text"),
}  # fmt: skip
_TYPES = {"application/pdf": "pdf", "message/rfc822": "eml", "text/calendar": "ics", "application/zip": "zip"}
_SHOWN = 3


@dataclass(frozen=True, slots=True, repr=False)
class Chip:
    label: str
    icon: str
    name: str = ""  # of the file, for the title


@dataclass(frozen=True, slots=True, repr=False)
class FileNote(Shown):
    """A file of a message, as the thread offers it."""

    number: str
    name: str
    kind: str
    icon: str
    size: int


def chip(part: Part) -> Chip:
    name = part.filename
    if is_xdm_archive(name):
        return Chip("Document de santé", "file-heart", name)
    ending = name.rpartition(".")[2].lower() if "." in name else _TYPES.get(part.content_type, "")
    if not ending and part.content_type.startswith("image/"):
        ending = "png"
    label, icon = KINDS.get(ending, (ending.upper()[:5] or "Fichier", "file"))
    return Chip(label, icon, name)


def chips(parts: Sequence[Part]) -> list[Chip]:
    """At most three, then how many more."""
    files = [chip(part) for part in parts if not part.is_inline_image]
    rest = files[_SHOWN:]
    more = [Chip(f"+ {len(rest)}", "", ", ".join(c.name for c in rest))] if rest else []
    return [*files[:_SHOWN], *more]


def notes(parts: Sequence[Part], typed: Mapping[str, str] | None = None) -> list[FileNote]:
    """The files of a message, what a person reads before its archive; images that the body shows itself are no files.

    `typed`: by number, what the documents of a file are, once they were examined.
    """
    files = sorted((part for part in parts if not part.is_inline_image), key=lambda part: is_xdm_archive(part.filename))
    shown = [(part, chip(part)) for part in files]
    return [
        FileNote(p.number, p.filename or f"{c.label} sans nom", (typed or {}).get(p.number, c.label), c.icon, p.size)
        for p, c in shown
    ]
