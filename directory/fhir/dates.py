"""`ge2026-11-26` -> the instants it stands for (FHIR R4 §3.1.1.4.7). Pure.

A date is as long as it is precise: a month, a day, a minute. Without a time zone it is of Paris.
"""

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_PARIS = ZoneInfo("Europe/Paris")
_END = datetime.max.replace(tzinfo=UTC)
_NEAR = timedelta(days=1)  # what `ap` adds on both sides
_SHAPE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(T(?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.(?P<part>\d{1,6})\d*)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)

type Span = tuple[datetime | None, datetime | None]  # from, and before; None: without end


class NoDate(ValueError):
    """It is none of FHIR's."""


def spans(text: str) -> list[Span]:
    """The spans of time that a value stands for: one, or two for `ne`."""
    match = _SHAPE.fullmatch(text)
    if match is None or (match["prefix"] or "eq") not in PREFIXES:
        raise NoDate
    try:
        low, high = _bounds(match)
        return _BY_PREFIX[match["prefix"] or "eq"](low, high)
    except (ValueError, OverflowError):
        raise NoDate from None


_BY_PREFIX: dict[str, Callable[[datetime, datetime], list[Span]]] = {
    "eq": lambda low, high: [(low, high)],
    "ne": lambda low, high: [(None, low), (high, None)],
    "gt": lambda _, high: [(high, None)],
    "sa": lambda _, high: [(high, None)],
    "ge": lambda low, _: [(low, None)],
    "lt": lambda low, _: [(None, low)],
    "eb": lambda low, _: [(None, low)],
    "le": lambda _, high: [(None, high)],
    "ap": lambda low, high: [(low - _NEAR, high + _NEAR)],
}


def _bounds(match: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    hour, minute, second = int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0)
    part = int((match["part"] or "0").ljust(6, "0"))
    low = datetime(year, month, day, hour, minute, min(second, 59), part, tzinfo=_zone(match["zone"]))
    length = _length(match, year, month)
    return low, low + length if low < _END - length - _NEAR else _END


def _length(match: re.Match[str], year: int, month: int) -> timedelta:
    if match["part"]:
        return timedelta(microseconds=10 ** (6 - len(match["part"])))
    for name, length in (("second", timedelta(seconds=1)), ("hour", timedelta(minutes=1)), ("day", timedelta(days=1))):
        if match[name]:
            return length
    if match["month"]:
        return timedelta(days=calendar.monthrange(year, month)[1])
    return timedelta(days=366 if calendar.isleap(year) else 365)


def _zone(text: str | None) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo if text else _PARIS
