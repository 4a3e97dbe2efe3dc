"""Every way to understand what is typed. Words may be the beginning of a name, first name, place or trade, in any order. Pure."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, permutations

from directory.fold import KINDS, PARTICLES, bare, fold, key, stem

MIN_LETTERS = 2
MAX_TEXT = 100  # characters read of what is typed
MAX_WORDS = 12
_MOST_NAMED = 7  # words beside those of a trade: a discipline may be told in six
_MAX_PARTS = 3  # name, first name, town
_TRADE_LETTERS = 3  # a shorter beginning is nobody's profession
_COURTESY = frozenset("dr docteur pr professeur madame mme monsieur mr m service".split())
_LINKS = frozenset("en et de du des la le les l d a au aux ou".split())  # between the words of a discipline


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what is typed: three beginnings, and whether the trade asked for must hold."""

    rank: int  # the lower the likelier
    name: str = ""
    first: str = ""
    town: str = ""
    by_trade: bool = False
    is_told: bool = False  # the trade's words are whole: « pharmacien » means one sooner than a name that begins so

    @property
    def is_narrow(self) -> bool:
        """More than one thing is asked: each town or first name that a beginning stands for may hold the one meant."""
        return bool(self.name) + bool(self.first) + bool(self.town) + self.by_trade > 1


def words(text: str) -> list[str]:
    """Folded words, courtesy left out unless there is nothing else; none for less than two letters."""
    found = fold(text[:MAX_TEXT]).split()
    found = ([word for word in found if word not in _COURTESY] or found)[:MAX_WORDS]
    return found if sum(map(len, found)) >= MIN_LETTERS else []


def readings(typed: Sequence[str], trade: Sequence[bool], *, is_told: bool = False) -> list[Reading]:
    """`trade` says of each word whether some profession or discipline is called so; `is_told`: each by its whole word."""
    found = dict.fromkeys(_placed(typed, by_trade=False) if len(typed) <= _MOST_NAMED else ())
    if any(trade):
        linked = _with_links(typed, trade)
        for told in (trade, linked):
            named = [word for word, is_told in zip(typed, told, strict=True) if not is_told][:_MOST_NAMED]
            ways = _placed(named, by_trade=True) if named else [Reading(2, by_trade=True)]
            found |= dict.fromkeys(replace(way, is_told=True) if is_told and not way.name else way for way in ways)
    return list(found)


def _with_links(typed: Sequence[str], trade: Sequence[bool]) -> list[bool]:
    """`trade`, and the small words beside those of a trade: « spécialiste *en* médecine générale »."""
    beside = [any(trade[max(at - 1, 0) : at + 2]) for at in range(len(typed))]
    return [is_trade or (near and word in _LINKS) for word, is_trade, near in zip(typed, trade, beside, strict=True)]


def _placed(typed: Sequence[str], *, by_trade: bool) -> Iterator[Reading]:
    """Every cut of the words into a name, a first name and a town, in every order."""
    for count in range(1, min(_MAX_PARTS, len(typed)) + 1):
        for cuts in combinations(range(1, len(typed)), count - 1):
            parts = [typed[a:b] for a, b in pairwise((0, *cuts, len(typed)))]
            keys = [key(part) for part in parts]
            for roles in permutations(("name", "first", "town"), count):
                told = dict(zip(roles, keys, strict=True))
                name, first, town = told.get("name", ""), told.get("first", ""), told.get("town", "")
                rank = 0 if name else 3 if first and town else 2 if first else 4
                yield Reading(rank, name, first, town, by_trade)
                if name and len(named := parts[roles.index("name")]) > 1 and named[0] in PARTICLES:
                    yield Reading(rank + 1, key(bare(named)), first, town, by_trade)  # « la fontaine »: De La Fontaine


def trades_of(
    typed: Sequence[str], called: Callable[[str], Set[int]], *, kinds_too: bool
) -> tuple[list[bool], list[int]]:
    """Which words name a trade, and the qualifications that answer to all of those. `pharmacie` is a place first.

    `called` tells the qualifications one of whose words begins so.
    """
    matches = [
        called(stem(word)) if len(word) >= _TRADE_LETTERS and (kinds_too or word not in KINDS) else set()
        for word in typed
    ]
    held = [match for match in matches if match]
    both = set.intersection(*map(set, held)) if held else set()
    return [bool(match and both) for match in matches], sorted(both)
