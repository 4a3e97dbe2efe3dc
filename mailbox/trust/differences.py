"""What changed between two editions of the white list: domains that came and went, names (DN) gained and lost. Pure.

Differences of editions that follow each other add up (`after`): two editions are compared without their documents. Refuses
to grow: beyond MOST domains, how many were left out is all that is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mssweb.authorities import DN

MOST, _NAMES, _CHARACTERS = 2_000, 20, 300  # domains, names of a domain, characters of a name
_ORDER = ("CN", "OU", "O", "ST", "L", "C")

type Stored = dict[str, int | list[tuple[str, bool, bool, list[str], list[str]]]]


@dataclass(frozen=True, slots=True)
class Change:
    """Of one domain: was it listed before, is it after, and which names it gained and lost."""

    domain: str
    before: bool
    after: bool
    gained: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()

    @property
    def kind(self) -> Literal["came", "went", "renamed"]:
        if self.before == self.after:
            return "renamed"
        return "came" if self.after else "went"

    @property
    def is_none(self) -> bool:
        return self.before == self.after and not self.gained and not self.lost

    def then(self, later: "Change") -> "Change":
        return Change(
            self.domain,
            self.before,
            later.after,
            (self.gained - later.lost) | (later.gained - self.lost),
            (self.lost - later.gained) | (later.lost - self.gained),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    changes: tuple[Change, ...] = ()
    left_out: int = 0  # domains that changed too, and of which nothing more is known

    def of(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    def stored(self) -> Stored:
        """As JSON holds it."""
        rows = [(c.domain, c.before, c.after, sorted(c.gained), sorted(c.lost)) for c in self.changes]
        return {"rows": rows, "left_out": self.left_out}


NONE = Difference()


def difference(before: Mapping[str, frozenset[DN]], after: Mapping[str, frozenset[DN]]) -> Difference:
    domains = sorted(before.keys() | after.keys())
    changes = [
        Change(name, name in before, name in after, _texts(new - old), _texts(old - new))
        for name in domains
        if (old := before.get(name, frozenset())) != (new := after.get(name, frozenset()))
    ]
    return Difference(tuple(changes[:MOST]), len(changes[MOST:]))


def added_up(parts: Iterable[Difference]) -> Difference:
    """Of several editions that follow each other, the oldest first."""
    known: dict[str, Change] = {}
    left_out = 0
    for part in parts:
        left_out += part.left_out
        for change in part.changes:
            former = known.get(change.domain)
            known[change.domain] = former.then(change) if former else change
    changes = [change for _, change in sorted(known.items()) if not change.is_none]
    return Difference(tuple(changes[:MOST]), left_out + len(changes[MOST:]))


def read(stored: Stored) -> Difference:
    """What `stored` gave; nothing of what is empty."""
    rows, left_out = stored.get("rows", []), stored.get("left_out", 0)
    assert isinstance(rows, list) and isinstance(left_out, int)  # noqa: S101, PT018  (our own column)
    changes = (Change(name, was, now, frozenset(gained), frozenset(lost)) for name, was, now, gained, lost in rows)
    return Difference(tuple(changes), left_out)


def text_of(dn: DN) -> str:
    """CN first, as the list writes it."""
    ranked = sorted(dn, key=lambda pair: (_ORDER.index(pair[0]) if pair[0] in _ORDER else len(_ORDER), pair))
    return ",".join(f"{key}={value}" for key, value in ranked)[:_CHARACTERS]


def _texts(names: frozenset[DN]) -> frozenset[str]:
    return frozenset(sorted(map(text_of, names))[:_NAMES])
