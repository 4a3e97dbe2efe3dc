"""Small parts of statements: values by name, folded texts, ranges of an index. Pure: text only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from directory.fold import fold, key

END = "\U0010ffff"  # after every text that begins with the prefix, bytewise
ONLY = "\x01"  # after the very text, before any longer one
_ACCENTS = "àâäáãåéèêëíìîïóòôöõúùûüçñÿ'’-", "aaaaaaeeeeiiiiooooouuuucny   "


@dataclass(slots=True)
class Bound:
    """The values of one statement. Calling it gives the placeholder of a value."""

    values: dict[str, Any] = field(default_factory=dict)

    def __call__(self, value: object, cast: str) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{cast}"


@dataclass(frozen=True, slots=True)
class Range:
    """A part of one walk (directory.api.walks), in its order: from `low`, before `high`; or the rows of `ids`.

    `match` says of a mailbox that it is asked for (address walks); `unless` passes over what an earlier range gave.
    """

    walk: str
    low: Any = None
    high: Any = None
    ids: tuple[list[int], ...] = ()
    match: str = ""
    unless: str = ""


def folded(column: str) -> str:
    """As directory.fold does with typed words, near enough for a street or a label."""
    plain, bare = (text.replace("'", "''") for text in _ACCENTS)
    return f"translate(lower({column}), '{plain}', '{bare}')"


def key_of(text: str) -> str:
    return key(fold(text).split())


def either(conditions: Iterable[str]) -> str:
    found = list(dict.fromkeys(conditions))
    return f"({' OR '.join(found)})" if found else "FALSE"


def both(conditions: Iterable[str]) -> str:
    return " AND ".join(f"({one})" for one in dict.fromkeys(conditions)) or "TRUE"


def between(column: str, low: object, high: object, bound: Bound, cast: str) -> str:
    """An end that is None is open."""
    ends = [(">=", low), ("<", high)]
    return both(f"{column} {sign} {bound(end, cast)}" for sign, end in ends if end is not None)


def merged(ranges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ranges in order, none of them meeting another: each row is walked once."""
    found: list[tuple[str, str]] = []
    for low, high in sorted(set(ranges)):
        if found and low < found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found
