"""What is read of an uploaded file, and the bounds of it. Pure.

Whoever made the file may be an enemy: every count, size, name and ratio is bounded here, and what is beyond is refused by a code.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_NAME = 1_000  # bytes of a name inside an archive
MAX_ENTRIES = 500_000  # of an archive
MAX_RATIO = 300  # of what an archive unfolds to, beyond the first MiB of each entry
PIECE = 1 << 16  # bytes read at once


class Fault(StrEnum):
    """Why something was not brought."""

    TOO_LARGE = "too_large"
    NOT_MAIL = "not_mail"
    EMPTY = "empty"
    NESTED = "nested"
    ENCRYPTED = "encrypted"
    METHOD = "method"
    BOMB = "bomb"
    BROKEN = "broken"
    DRAFT = "draft"
    UNFILED = "unfiled"


class Unreadable(Exception):
    """The file as a whole cannot be read on; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Mark(StrEnum):
    """What an archive tells of a message, by the letters of Maildir; `SENT` by our own export."""

    SEEN = "S"
    FLAGGED = "F"
    ANSWERED = "R"
    FORWARDED = "P"
    DRAFT = "D"
    SENT = "O"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on: number of the file, number of the entry in it, offset in that entry."""

    file: int = 0
    entry: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """A message, or why there is none. `folder` is its path in the archive; `at` when it was filed there, aware, if known.

    `after` is where to go on once this one is dealt with, `read` how many bytes of the file that took.
    """

    after: Place
    read: int
    raw: bytes = b""
    folder: str = ""
    marks: frozenset[Mark] = frozenset({Mark.SEEN})
    at: datetime | None = None
    fault: Fault | None = None
    name: str = ""
