"""Members called by a note: the names typed after @. Pure.

A name is recognised whole («@Claire Martin»), by its first or last name when only one member has it, or as what stands
before the @ of a login («@claire.martin»); accents and capitals do not matter. «@tous» calls everybody. An address in a
note calls nobody.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

ALL = ("tous", "toutes", "equipe")
MOST = 30  # calls read in one note
_CALL = re.compile(r"(?<![\w.@-])@(?=\w)")
_END = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Called:
    """Who may be called: `user_id` with names and login as they stand."""

    user_id: UUID
    first: str
    last: str
    login: str

    @property
    def whole(self) -> str:
        return f"{self.first} {self.last}".strip()


@dataclass(frozen=True, slots=True)
class Call:
    """`start` and `end` of the text, and whom it calls."""

    start: int
    end: int
    people: tuple[UUID, ...]


def calls(text: str, members: Iterable[Called]) -> list[Call]:
    """The calls of a text, in its order; the longest name that fits wins."""
    known, plain = _names(list(members)), _plain(text)
    longest = sorted(known, key=len, reverse=True)
    found = []
    for match in list(_CALL.finditer(plain))[:MOST]:
        start = match.end()
        name = next((n for n in longest if plain.startswith(n, start) and not _END.match(plain[start + len(n) :])), "")
        if name:
            found.append(Call(match.start(), start + len(name), known[name]))
    return found


def called(text: str, members: Iterable[Called]) -> list[UUID]:
    """Each person once, in the order of the text."""
    return list(dict.fromkeys(person for call in calls(text, members) for person in call.people))


def _names(members: list[Called]) -> Mapping[str, tuple[UUID, ...]]:
    every = tuple(one.user_id for one in members)
    counted = Counter(name for one in members for name in set(_own(one)))
    names = {name: (one.user_id,) for one in members for name in _own(one) if counted[name] == 1}
    return {**dict.fromkeys(ALL, every), **names}


def _own(one: Called) -> Iterator[str]:
    for name in (one.whole, one.first, one.last, one.login.partition("@")[0]):
        if plain := _plain(name).strip():
            yield plain


def _plain(text: str) -> str:
    """Without accents and capitals, sign for sign: places in it are those of the text."""
    return "".join(_bare(sign) for sign in text)


def _bare(sign: str) -> str:
    low = unicodedata.normalize("NFD", sign)[0].lower()
    return low if len(low) == 1 else sign
