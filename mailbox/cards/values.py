"""A contact between two programs, and how much of a file is read. Text that comes from outside has no control character."""

from dataclasses import dataclass

MAX_BYTES = 1_000_000  # of a file
MAX_CARDS = 2_000
_KEPT = {"name": 200, "detail": 200, "address": 254, "phone": 40, "note": 2_000, "source": 100}


class Unreadable(Exception):
    """The file as a whole is none of that kind; the message says why, in French, for who offered it."""


@dataclass(frozen=True, slots=True, repr=False)
class Travelling:
    """`line` is where it began in the file; `groups` are names; `uid` is stable from one export to the next."""

    name: str = ""
    detail: str = ""
    address: str = ""
    phone: str = ""
    where: str = ""
    note: str = ""
    source: str = ""
    groups: tuple[str, ...] = ()
    is_favourite: bool = False
    is_person: bool = True
    uid: str = ""
    line: int = 0


def bounded(field: str, text: str) -> str:
    """Without control characters, of a length that is kept; a note keeps its lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if field == "note" else [text]
    told = "\n".join(" ".join(_plain(line).split()) for line in lines).strip()
    return told[: _KEPT.get(field, 200)].strip()


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)


def decoded(data: bytes) -> str:
    """UTF-8, else what French Windows writes; Unreadable for a file that is no text, or too large."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"Ce fichier est trop gros : {MAX_BYTES // 1_000_000} Mo au plus.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        raise Unreadable("Ce fichier n’est pas du texte.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
