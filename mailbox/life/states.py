"""The life of a mailbox as data: which act leads from which state where, and what each state lets happen. Pure.

Demandée → active → suspendue → clôturée → (grace) supprimée (trust-space §7.4, our decision). A letter to a mailbox that
is not active is refused, 550 5.1.1 (trust-space §4.3), a suspended one too: nobody knows how long it lasts, and a sender
who waits in a queue for two days believes that a prescription has arrived.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    DELETED = "deleted"


class Act(StrEnum):
    OPEN = "open"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"
    DESTROY = "destroy"


ACTS: Mapping[Act, tuple[frozenset[State], State]] = {
    Act.OPEN: (frozenset({State.REQUESTED}), State.ACTIVE),
    Act.SUSPEND: (frozenset({State.ACTIVE}), State.SUSPENDED),
    Act.RESUME: (frozenset({State.SUSPENDED}), State.ACTIVE),
    Act.CLOSE: (frozenset({State.REQUESTED, State.ACTIVE, State.SUSPENDED}), State.CLOSED),
    Act.REOPEN: (frozenset({State.CLOSED}), State.ACTIVE),  # in the grace period: nothing was destroyed
    Act.DESTROY: (frozenset({State.CLOSED}), State.DELETED),
}
READABLE = frozenset({State.ACTIVE, State.SUSPENDED, State.CLOSED})  # by its members, who may also take all of it away
ALIVE = frozenset({State.ACTIVE, State.SUSPENDED})  # may still be closed, or be told that nobody comes


class Impossible(Exception):
    """That act is none of this state."""


def after(state: str, act: Act) -> State:
    """The state that `act` leads to; Impossible when it starts elsewhere."""
    origins, target = ACTS[act]
    if state not in origins:
        raise Impossible(f"{act.value} of a {state} mailbox")
    return target


def possible(state: str) -> list[Act]:
    return [act for act, (origins, _) in ACTS.items() if state in origins]


def due(
    state: str,
    *,
    suspended_until: datetime | None,
    closing_at: datetime | None,
    destroy_at: datetime | None,
    now: datetime,
) -> Act | None:
    """What time itself asks for now. A closure that was asked for comes before the end of a suspension."""
    if state == State.CLOSED:
        return Act.DESTROY if destroy_at and destroy_at <= now else None
    if state in ALIVE and closing_at and closing_at <= now:
        return Act.CLOSE
    if state == State.SUSPENDED and suspended_until and suspended_until <= now:
        return Act.RESUME
    return None
