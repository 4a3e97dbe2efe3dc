"""Which version of an extraction an address gives, from the headers of its answer (annuaire.md §1.1). Pure.

The date in the name tells; where there is none, an ETag, a date of the server or a length tell one version from another,
and which of them it was is said. Headers are hostile: what cannot be read is as absent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

_EXTENDED = re.compile(r"filename\*\s*=\s*[\w-]{1,40}'[\w-]{0,40}'([^;\s]{1,300})", re.IGNORECASE)  # RFC 6266 §4.3
_QUOTED = re.compile(r'filename\s*=\s*"((?:[^"\\]|\\.){1,300})"', re.IGNORECASE)
_BARE = re.compile(r'filename\s*=\s*([^;\s"]{1,300})', re.IGNORECASE)
_NAMED = re.compile(r"([A-Za-z][\w.-]{0,100}?)(?:_(\d{12}))?(\.zip|\.txt)?", re.ASCII | re.IGNORECASE)
_IN_PATH = re.compile(r"/(\d{8})-(\d{4})\d{2}/")  # static.data.gouv.fr: AAAAMMJJ-hhmmss
_AHEAD = timedelta(days=1)  # a date beyond would pass for the newest for ever
_MARKS = (("etag", "son ETag"), ("last-modified", "sa date sur le serveur"), ("content-length", "sa taille"))
_MAX_LENGTH = 15  # digits


@dataclass(frozen=True, slots=True)
class Version:
    """`mark` tells it from another version of the same file ('' when nothing does), `known_by` says what that is."""

    stem: str  # PS_LibreAcces
    suffix: str
    dated: datetime | None
    mark: str
    known_by: str
    length: int | None

    @property
    def file_name(self) -> str:
        """As the loader dates it, whatever the server called it."""
        stamp = f"_{self.dated:%Y%m%d%H%M}" if self.dated else ""
        return f"{self.stem}{stamp}{self.suffix}"


def version(url: str, headers: Mapping[str, str], *, now: datetime) -> Version:
    """What `url`, where the answer was found at last, holds; names of headers are in lower case."""
    path = urlsplit(url).path
    found = _NAMED.fullmatch(_name(headers.get("content-disposition", ""))) or _NAMED.fullmatch(path.rpartition("/")[2])
    stem, stamp, suffix = (found[1], found[2], found[3]) if found else ("extraction", None, None)
    if not stamp and (at := _IN_PATH.search(path)):
        stamp = at[1] + at[2]
    dated, length = _date(stamp or "", now), headers.get("content-length", "")
    mark, known_by = (f"{dated:%Y%m%d%H%M}", "date") if dated else _other_mark(headers)
    is_length = length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH
    return Version(stem, suffix or ".zip", dated, mark, known_by, int(length) if is_length else None)


def _name(disposition: str) -> str:
    if match := _EXTENDED.search(disposition):
        return unquote(match[1])
    if match := _QUOTED.search(disposition):
        return re.sub(r"\\(.)", r"\1", match[1])
    return match[1] if (match := _BARE.search(disposition)) else ""


def _date(stamp: str, now: datetime) -> datetime | None:
    try:
        dated = datetime.strptime(stamp, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return dated if dated <= now + _AHEAD else None


def _other_mark(headers: Mapping[str, str]) -> tuple[str, str]:
    for name, told in _MARKS:
        if value := headers.get(name, "").strip():
            return f"{name} {value}"[:200], told
    return "", ""
