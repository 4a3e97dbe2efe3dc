"""When old messages go, and when that is announced. Pure: dates of the office in, dates out.

Reference trust-space §7.4: a purge is a policy of the operator, announced to its users; the messaging is no archive.
What is old goes on the first of a month, announced 30 and 7 days before: one batch to know of, not one each day.
"""

from datetime import datetime, timedelta

ANNOUNCED = (30, 7)  # days before


def next_batch(now: datetime) -> datetime:
    """The first morning of a month, on the clock of `now`, that can still be announced in time."""
    soonest = now + timedelta(days=max(ANNOUNCED))
    first = soonest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first if first >= soonest else months_after(first, 1)


def months_after(first: datetime, months: int) -> datetime:
    """The same first of the month so many months later, or earlier."""
    index = first.year * 12 + first.month - 1 + months
    return first.replace(year=max(1, index // 12), month=index % 12 + 1)


def cutoff(goes_at: datetime, months: int) -> datetime:
    """What was filed before it goes then."""
    return months_after(goes_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0), -months)


def step(goes_at: datetime, told: int | None, now: datetime) -> int | None:
    """Which announcement is due: 30, 7, or 0 when it is time to destroy; None when nothing is."""
    if told is None:
        return ANNOUNCED[0] if now >= goes_at - timedelta(days=ANNOUNCED[0]) else None
    if told > ANNOUNCED[1] and now >= goes_at - timedelta(days=ANNOUNCED[1]):
        return ANNOUNCED[1]
    return 0 if told <= ANNOUNCED[1] and now >= goes_at else None


def next_look(goes_at: datetime, told: int | None) -> datetime:
    """When `step` will say something again."""
    if told is None:
        return goes_at - timedelta(days=ANNOUNCED[0])
    return goes_at - timedelta(days=ANNOUNCED[1]) if told > ANNOUNCED[1] else goes_at
