"""When a mailbox that nobody opens is closed, and when that is said before (CNIL AU-037, trust-space §7.4). Pure.

At most one year without any member's sign-in closes it; whoever is concerned is warned at 60, 30 and 7 days and may oppose.
Refuses to close what was not warned of: a machine that was away, or that meets an old mailbox, moves the end, never the warnings.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

STAGES = (60, 30, 7)  # days before the end
_FIRST, _LAST = timedelta(days=STAGES[0]), timedelta(days=STAGES[-1])


@dataclass(frozen=True, slots=True)
class Told:
    """What was said so far: the end that was announced, and the last stage; None: nothing."""

    ends_at: datetime | None = None
    stage: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done now, what will then have been said, and when to look again."""

    again_at: datetime
    told: Told = Told()
    warn: bool = False
    close: bool = False


def look(*, active_at: datetime, told: Told, allowed: timedelta, now: datetime) -> Look:
    """`active_at` is the last sign-in of a member, or the last opposition; `allowed` how long nobody may come."""
    end = active_at + allowed
    if now < end - _FIRST:
        return Look(end - _FIRST)  # somebody came: what was said before is void
    if told.ends_at is None or told.stage is None:
        announced = max(end, now + _FIRST)
        return _warned(announced, STAGES[0])
    if told.stage == STAGES[-1] and now >= told.ends_at:
        return Look(now, told, close=True)
    stage = min(stage for stage in STAGES if stage == told.stage or now >= told.ends_at - timedelta(days=stage))
    if stage == told.stage:
        return Look(_next(told.ends_at, stage), told)
    return _warned(max(told.ends_at, now + _LAST), stage)


def _warned(ends_at: datetime, stage: int) -> Look:
    return Look(_next(ends_at, stage), Told(ends_at, stage), warn=True)


def _next(ends_at: datetime, stage: int) -> datetime:
    later = [one for one in STAGES if one < stage]
    return ends_at - timedelta(days=later[0]) if later else ends_at
