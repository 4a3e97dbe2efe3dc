"""The life of a recipient as data (design §7): which state leads where, and when to try again. Pure.

Attempts are counted from submission on a fixed ladder, shorter than RFC 5321's days on purpose: a prescription that
waits must be known. What is unknown is temporary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailbox.reply import Reply


class State(StrEnum):
    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    DELAYED = "delayed"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset({State.QUEUED, State.SENDING, State.CANCELLED}),
    State.QUEUED: frozenset({State.SENDING, State.CANCELLED}),
    State.SENDING: frozenset(
        {State.RELAYED, State.DELIVERED, State.DELAYED, State.FAILED, State.QUEUED, State.SENDING}
    ),
    State.DELAYED: frozenset({State.SENDING, State.FAILED, State.CANCELLED}),
    State.RELAYED: frozenset({State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
}
DUE = frozenset(
    {State.HELD, State.QUEUED, State.SENDING, State.DELAYED}
)  # a worker may claim these once their time comes

_HOUR = 60  # minutes
LADDER = tuple(  # minutes after submission of each attempt
    timedelta(minutes=m)
    for m in (0, 1, 5, 15, 30, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR, 24 * _HOUR, 36 * _HOUR, 48 * _HOUR)
)
DELAY_TOLD_AFTER = timedelta(hours=4)
_PEER_WAITS = timedelta(minutes=1), timedelta(minutes=15)  # between two tries of a domain that does not answer


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a recipient; `not_before` is None when nothing more is due."""

    state: State
    not_before: datetime | None = None


def can(state: str, to: State) -> bool:
    return to in TRANSITIONS[State(state)]


def after_reply(
    reply: Reply, *, is_local: bool, attempts: int, submitted_at: datetime, now: datetime, scale: float, jitter: float
) -> Step:
    """The next step after an attempt. `attempts` counts this one; `jitter` in [0, 1) spreads peers' bad hours."""
    if 200 <= reply.code < 300:
        return Step(State.DELIVERED if is_local else State.RELAYED)
    if reply.is_permanent or attempts >= len(LADDER):
        return Step(State.FAILED)
    wait = LADDER[attempts] - LADDER[attempts - 1]
    due = submitted_at + LADDER[attempts] * scale + wait * scale * 0.1 * jitter
    soonest = now + LADDER[1] * scale
    return Step(State.DELAYED, max(due, soonest))


def is_delay_told(*, submitted_at: datetime, now: datetime, scale: float) -> bool:
    """Has it waited long enough for its sender to be told?"""
    return now - submitted_at >= DELAY_TOLD_AFTER * scale


def after_waiting(*, submitted_at: datetime, now: datetime, scale: float) -> Step:
    """Of one that was not tried, its domain being left alone: its own 48 hours end all the same."""
    if now - submitted_at >= LADDER[-1] * scale:
        return Step(State.FAILED)
    return Step(State.DELAYED, now + max(LADDER[1] * scale, timedelta(seconds=1)))


def peer_wait(*, failures: int, scale: float, jitter: float) -> timedelta:
    """How long a domain is left alone after so many failures in a row (1 or more); `jitter` in [0, 1)."""
    first, longest = _PEER_WAITS
    return min(first * (1 << min(failures - 1, 10)), longest) * scale * (1 - 0.2 * jitter)
