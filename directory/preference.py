"""Which address of somebody to write to, and why, in French (annuaire.md §5.3.4). Pure: facts and dates are given.

First those in force that nobody refused, then the one chosen before, the one of the place of exercise asked for, the
one declared preferred, the one used last. What is left equal is asked: the order is total, the choice is not certain.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
# A person's own before those that several read
_KINDS = {"PER": "nominative", "CAB": "de cabinet", "ORG": "organisationnelle", "APP": "applicative"}
_NO_RANK = 1_000_000
_IN_FORCE, _REFUSED, _VANISHED = range(3)


@dataclass(frozen=True, slots=True)
class Published:
    """What the annuaire says of one address of somebody; instants are in the reader's time zone."""

    address: str
    kind: str  # TRE_R257
    first_seen: datetime
    vanished_at: datetime | None = None
    place: int | None = None  # row of the structure it is tied to
    organization: str = ""
    town: str = ""
    service: str = ""
    rank: int | None = None  # FHIR ContactPoint.rank: 1 is declared preferred
    is_own: bool = False  # the structure is one of this person's places of exercise
    source: str = ""

    @property
    def kind_words(self) -> str:
        return f"Adresse {_KINDS.get(self.kind, self.kind)}"


@dataclass(frozen=True, slots=True)
class Use:
    """Letters that reached an address: when the last one did, how many."""

    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """The address that a member took for somebody, and when."""

    address: str
    at: datetime


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mailbox knows: by address what reached it and what it refused for good, by owner the choice remembered."""

    used: Mapping[str, Use] = field(default_factory=dict)
    refused: Mapping[str, datetime] = field(default_factory=dict)
    remembered: Callable[[str], Remembered | None] = _nothing


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address at its place in the order: why it would be taken ('' when nothing says so), what speaks against it."""

    published: Published
    reason: str
    flags: tuple[str, ...]
    is_sound: bool  # in force, and refused nothing since it was last used

    @property
    def address(self) -> str:
        return self.published.address


@dataclass(frozen=True, slots=True)
class Choice:
    """The addresses of one person, structure or service, the one to write to first. Not certain: somebody must choose."""

    owner: str
    name: str
    ordered: tuple[Candidate, ...]
    is_certain: bool
    is_remembered: bool = False

    @property
    def proposed(self) -> Candidate:
        return self.ordered[0]

    @property
    def reason(self) -> str:
        return self.proposed.reason if self.is_certain else "plusieurs possibles : choisissez"

    def candidate(self, address: str) -> Candidate | None:
        return next((one for one in self.ordered if one.address == address), None)


def choose(
    owner: str, name: str, published: Iterable[Published], *, facts: Facts, place: int | None = None
) -> Choice | None:
    """The addresses in their order; None when there is none. `place` is the place of exercise that was asked for."""
    known = _once(published, place)
    if not known:
        return None
    chosen = facts.remembered(owner)
    weighed = {one.address: _merits(one, facts, place, chosen) for one in known}
    known.sort(key=lambda one: (weighed[one.address], _beside(one)))
    merits = [weighed[one.address] for one in known]
    is_last = sum(one.vanished_at is None for one in known) == 1
    ordered = tuple(
        Candidate(
            one, _reason(merit, one, facts, chosen, is_last=is_last), _flags(one, facts), merit.state == _IN_FORCE
        )
        for one, merit in zip(known, merits, strict=True)
    )
    is_certain = len(merits) == 1 or merits[0] < merits[1]
    is_remembered = merits[0].state == _IN_FORCE and not merits[0].is_not_chosen
    return Choice(owner, name, ordered, is_certain, is_remembered)


class _Merits(NamedTuple):
    """The less the better; equal ones must be asked about."""

    state: int
    is_not_chosen: bool
    is_elsewhere: bool
    is_not_preferred: bool
    use: float


def _once(published: Iterable[Published], place: int | None) -> list[Published]:
    """Each address by the line that says most of it: in force, of the place asked for, declared preferred, his own."""
    best: dict[str, Published] = {}
    for one in sorted(published, key=lambda one: _says(one, place)):
        best.setdefault(one.address, one)
    return list(best.values())


def _says(one: Published, place: int | None) -> tuple[object, ...]:
    gone = -one.vanished_at.timestamp() if one.vanished_at else 0.0
    return one.vanished_at is not None, one.place != place, one.rank != 1, *_beside(one), gone, one.first_seen


def _merits(one: Published, facts: Facts, place: int | None, chosen: Remembered | None) -> _Merits:
    use = facts.used.get(one.address)
    return _Merits(
        _VANISHED if one.vanished_at else _REFUSED if _is_refused(one.address, facts) else _IN_FORCE,
        chosen is None or chosen.address != one.address,
        place is None or one.place != place,
        one.rank != 1,
        -use.last_at.timestamp() if use else 0.0,
    )


def _is_refused(address: str, facts: Facts) -> bool:
    """What arrived since takes a refusal back."""
    at, use = facts.refused.get(address), facts.used.get(address)
    return at is not None and (use is None or use.last_at < at)


def _beside(one: Published) -> tuple[bool, int, int, str, str, str, int]:
    """The order of what nothing tells apart: it decides nothing, and is always the same."""
    kind = [*_KINDS, one.kind].index(one.kind)
    return (
        not one.is_own, kind, one.rank or _NO_RANK, one.service, one.address, one.organization,
        -1 if one.place is None else one.place,
    )  # fmt: skip


def _reason(merits: _Merits, one: Published, facts: Facts, chosen: Remembered | None, *, is_last: bool) -> str:
    """The first that holds. `is_last`: no other is in force."""
    use = facts.used.get(one.address)
    told = (
        (merits.state == _VANISHED, ""),
        (not merits.is_not_chosen, f"choisie par vous le {day(chosen.at)}" if chosen else ""),
        (not merits.is_elsewhere, "celle de ce lieu d’exercice"),
        (not merits.is_not_preferred, "adresse préférée déclarée"),
        (use is not None, f"déjà utilisée le {day(use.last_at)}" if use else ""),
        (is_last, "la seule publiée"),
    )
    return next((words for holds, words in told if holds), "")


def _flags(one: Published, facts: Facts) -> tuple[str, ...]:
    told = [f"retirée de l’annuaire le {day(one.vanished_at)}"] if one.vanished_at else []
    return (*told, *([refusal(facts.refused[one.address])] if _is_refused(one.address, facts) else []))


def refusal(at: datetime) -> str:
    return f"a refusé votre message le {day(at)}"


def refusals(addresses: Sequence[str], facts: Facts) -> dict[str, tuple[str, ...]]:
    """The flags of addresses that the annuaire need not know."""
    return {address: (refusal(facts.refused[address]),) for address in addresses if _is_refused(address, facts)}


def day(at: datetime) -> str:
    """1er mars 2026."""
    return f"{'1er' if at.day == 1 else at.day} {_MONTHS[at.month - 1]} {at.year}"
