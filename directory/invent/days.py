"""What changes from one day to the next: who leaves, marries, moves, takes another role, loses or opens a mailbox.

A day's events are drawn from (seed, number, day): what they leave alone is the same byte for byte. Rates give the country's
figures once those are left out that change nothing: who has no place does not move, a role may be drawn again
(annuaire.md §1.5: 12,370 roles changed in a day; §6.2: 480 mailboxes gone and 340 new).
"""

from dataclasses import dataclass

from directory.invent.draws import Source, share

GONE, RENAMED, MOVED, ROLE, BOX_GONE, BOX_NEW = (1 << bit for bit in range(6))
NAMES = {
    GONE: "gone",
    RENAMED: "renamed",
    MOVED: "moved",
    ROLE: "role",
    BOX_GONE: "address_gone",
    BOX_NEW: "address_new",
}
_NEW = 130 / 1_950_000
_RATES = ((GONE, share(75 / 1_950_000)), (RENAMED, share(240 / 1_950_000)), (MOVED, share(5_450 / 1_950_000)),
          (ROLE, share(23_600 / 1_950_000)), (BOX_GONE, share(360 / 390_000)), (BOX_NEW, share(235 / 1_950_000)))  # fmt: skip
_STRUCTURE_RATES = ((BOX_GONE, share(190 / 65_000)), (BOX_NEW, share(45 / 101_000)))


@dataclass(frozen=True, slots=True)
class Past:
    """The days on which each thing last changed, 0 for never; mailboxes opened (as bits: which slot) and closed."""

    is_gone: bool = False
    renamed: int = 0
    moved: int = 0
    role: int = 0
    closed: int = 0
    opened: int = 0
    today: int = 0  # the events of the last day


UNCHANGED = Past()


def newcomers(people: int, day: int) -> int:
    """How many numbers after the first ones are people by that day."""
    return max(round(people * _NEW), 1) * (day - 1) if day > 1 else 0


def past(draws: Source, number: int, first: int, day: int) -> Past:
    """All that happened to a person since `first`, the day it appeared."""
    found = UNCHANGED
    for today in range(max(first, 1) + 1, day + 1):
        found = _after(found, _events(draws, number, today, _RATES), today)
    return found


def structure_past(draws: Source, number: int, day: int) -> Past:
    found = UNCHANGED
    for today in range(2, day + 1):
        found = _after(found, _events(draws, number, today, _STRUCTURE_RATES), today)
    return found


def _events(draws: Source, number: int, today: int, rates: tuple[tuple[int, int], ...]) -> int:
    drawn = draws(today << 40 | number)
    return sum(event for place, (event, rate) in enumerate(rates) if drawn[place] < rate)


def _after(before: Past, events: int, today: int) -> Past:
    if not events and not before.today:
        return before
    return Past(
        is_gone=before.is_gone or bool(events & GONE),
        renamed=today if events & RENAMED else before.renamed,
        moved=today if events & MOVED else before.moved,
        role=today if events & ROLE else before.role,
        closed=before.closed + bool(events & BOX_GONE),
        opened=before.opened + bool(events & BOX_NEW),
        today=events,
    )
