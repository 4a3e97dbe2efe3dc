"""First names, towns and trades that entries are found under, in the memory of a process: what a beginning stands for.

A few tens of thousands of words; read again when a load has brought others. Names are too many, and stay in the database.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from directory.disciplines import discipline_of
from directory.models import DirectoryLoad, Qualification, Word

_RECHECK_SECONDS = 60.0  # how late a process may see the words of a new file
END = "\U0010ffff"  # after every key that begins with the prefix, bytewise


@dataclass(frozen=True, slots=True)
class Words:
    """Keys in order with the number of entries under each."""

    keys: Sequence[str] = ()
    weights: Sequence[int] = ()
    told: str = ""  # all of them, a line each
    _known: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def holds(self, part: str) -> bool:
        """Is this a part of some key? « bresse » of `bourgenbresse`."""
        return part in self.told

    def beginning(self, start: str, most: int) -> list[str]:
        """The keys that begin so: the very word first, then the commonest."""
        found = self._known.get((start, most))
        if found is None:
            low, high = bisect_left(self.keys, start), bisect_left(self.keys, start + END)
            ranked = sorted(range(low, high), key=lambda at: (self.keys[at] != start, -self.weights[at]))
            found = [self.keys[at] for at in ranked[:most]]
            if len(self._known) < 50_000:
                self._known[start, most] = found
        return found


class Trade(NamedTuple):
    """As it is shown and chosen."""

    profession: str
    discipline: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    first: Words = field(default_factory=Words)
    town: Words = field(default_factory=Words)
    trades: Sequence[str] = ()  # the words of professions and disciplines, in order
    _named: Sequence[frozenset[int]] = ()  # the qualifications beside each
    qualifications: Mapping[int, Trade] = field(default_factory=dict)

    def is_trade(self, word: str) -> bool:
        at = bisect_left(self.trades, word)
        return at < len(self.trades) and self.trades[at] == word

    def called(self, start: str) -> set[int]:
        """The qualifications that some word beginning so names."""
        low, high = bisect_left(self.trades, start), bisect_left(self.trades, start + END)
        return set().union(*self._named[low:high])


_kept: dict[str, tuple[float, int | None, Vocabulary]] = {}


def vocabulary() -> Vocabulary:
    """That of the load in force, one statement a minute."""
    read_at, of_load, words = _kept.get("all", (0.0, None, Vocabulary()))
    if time.monotonic() - read_at < _RECHECK_SECONDS and read_at:
        return words
    last = (
        DirectoryLoad.objects.filter(state=DirectoryLoad.State.DONE)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if last != of_load or not read_at:
        words = Vocabulary(_read(Word.Kind.FIRST), _read(Word.Kind.TOWN), *_trades(Qualification.objects.all()))
    _kept["all"] = (time.monotonic(), last, words)
    return words


def forget() -> None:
    _kept.clear()


def _read(kind: Word.Kind) -> Words:
    rows = list(Word.objects.filter(kind=kind).order_by("key").values_list("key", "weight"))
    keys = [key for key, _ in rows]
    return Words(keys, [weight for _, weight in rows], "\n".join(keys))


def _trades(rows: Iterable[Qualification]) -> tuple[list[str], list[frozenset[int]], dict[int, Trade]]:
    """Words in order, and beside each the qualifications that it is told of; what each of these is."""
    found: dict[str, set[int]] = defaultdict(set)
    trades: dict[int, Trade] = {}
    for row in rows:
        trades[row.pk] = Trade(row.profession, discipline_of(row.speciality_code, row.speciality))
        for word in row.words.split():
            found[word].add(row.pk)
    ordered = sorted(found)
    return ordered, [frozenset(found[word]) for word in ordered], trades
