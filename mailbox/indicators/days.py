"""Days and months of the country: Europe/Paris, where two days a year have 23 and 25 hours. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
LABELS = (
    "cause",
    "class",
    "domain",
    "flag",
    "from",
    "kind",
    "means",
    "nil",
    "state",
    "structure",
    "way",
)  # and no other


def bounds(day: date) -> tuple[datetime, datetime]:
    """Its first instant, and that of the next day."""
    return datetime.combine(day, time(), ZONE), datetime.combine(day + timedelta(days=1), time(), ZONE)


def day_of(now: datetime) -> date:
    return now.astimezone(ZONE).date()


def days_of(month: date) -> list[date]:
    first = month.replace(day=1)
    return [day for n in range(31) if (day := first + timedelta(days=n)).month == first.month]


def month_before(day: date) -> date:
    """The first day of the month that ended before that of `day`."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def labels(given: Mapping[str, object]) -> str:
    """«name=value,name=value» in the order of the alphabet, without those that are empty."""
    told = {name: _word(value) for name, value in given.items() if value not in {None, ""}}
    if unknown := told.keys() - set(LABELS):
        raise ValueError(f"no such label: {', '.join(sorted(unknown))}")
    return ",".join(f"{name}={told[name]}" for name in sorted(told))


def read(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(",") if part)


def _word(value: object) -> str:
    return "".join(c for c in str(value) if c.isprintable() and c not in ",=;")[:60]
