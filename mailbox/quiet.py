"""When a person wants to be left alone: pure. Times are those of the pharmacy's clock, overseas included."""

from collections.abc import Collection
from datetime import datetime, time, timedelta


def is_quiet(here: datetime, hours: tuple[time, time] | None, days: Collection[int]) -> bool:
    """Is `here`, a local instant, within the quiet hours? `days`: those on which they begin, 1 (Monday) to 7; none: all.

    Hours that end before they begin go on into the next morning; the same time twice is the whole day.
    """
    if hours is None:
        return False
    start, end = hours
    clock, today, yesterday = here.time(), here.isoweekday(), (here - timedelta(days=1)).isoweekday()
    wanted = set(days) or set(range(1, 8))
    if start < end:
        return today in wanted and start <= clock < end
    return (today in wanted and clock >= start) or (yesterday in wanted and clock < end)
