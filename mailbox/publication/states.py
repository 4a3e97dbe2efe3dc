"""The life of a listing as data: which state leads where, what is to be done next, and when to try again. Pure.

The queue is declarative: a row does not hold «create» or «delete» but what is wanted and what is known to stand there,
and the difference is the change. An interrupted change is therefore planned again from what is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailbox.publication.entry import Carrier, Entry, Incomplete, Unwanted, Wanted


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    INCOMPLETE = "incomplete"


_AT_REST = frozenset({State.PENDING, State.ACCEPTED, State.WITHDRAWN, State.INCOMPLETE})
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PENDING: _AT_REST | {State.SENDING},
    State.SENDING: _AT_REST | {State.REJECTED, State.SENDING},
    State.ACCEPTED: _AT_REST,
    State.REJECTED: _AT_REST,
    State.WITHDRAWN: _AT_REST,
    State.INCOMPLETE: _AT_REST,
}
DUE = frozenset({State.PENDING, State.SENDING})

STANDS = "?"  # a digest for what stands there for sure, in a wording that is not known

LADDER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 4 * 60, 12 * 60))  # after each attempt; the last goes on


@dataclass(frozen=True, slots=True)
class Standing:
    """What the directory holds as far as we know. A carrier without a digest: perhaps something, there."""

    carrier: Carrier | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Publish:
    """`is_known`: it stands there for sure, in an earlier wording."""

    entry: Entry
    is_known: bool = False

    @property
    def mark(self) -> str:
        return self.entry.digest


@dataclass(frozen=True, slots=True)
class Withdraw:
    carrier: Carrier
    address: str
    kind: str

    @property
    def mark(self) -> str:
        return f"- {self.carrier}"


type Change = Publish | Withdraw


def plan(wanted: Wanted, standing: Standing, *, address: str, kind: str) -> Change | None:
    """The next step towards what is wanted. From one holder to another: first away from the former, then to the new."""
    if isinstance(wanted, Incomplete):
        return None
    target = wanted.carrier if isinstance(wanted, Entry) else None
    if standing.carrier and standing.carrier != target:
        return Withdraw(standing.carrier, address, kind)
    if isinstance(wanted, Entry) and standing.digest != wanted.digest:
        return Publish(wanted, is_known=bool(standing.digest))
    return None


def at_rest(wanted: Wanted) -> State:
    """Of a listing that needs no change."""
    if isinstance(wanted, Entry):
        return State.ACCEPTED
    return State.WITHDRAWN if isinstance(wanted, Unwanted) else State.INCOMPLETE


def next_try(*, attempts: int, now: datetime, scale: float, jitter: float, wait: timedelta | None = None) -> datetime:
    """`attempts` counts the one that failed; `wait` is what the server asked for; `jitter` in [0, 1) spreads them."""
    step = LADDER[min(max(attempts, 1), len(LADDER)) - 1]
    return now + max(step, wait or timedelta()) * scale * (1 + 0.2 * jitter)
