"""When, in which zone: TZID by its IANA name, by its Windows name, else by the VTIMEZONE that the message brings (§3.6.5).

What names a zone that nobody knows, or none, stays without one: it is shown as written, and said to be so.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from mailbox.mime.calendar.lines import Component, Line

_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?")
_BYDAY = re.compile(r"([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = "MO TU WE TH FR SA SU".split()
_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")
_MOST_OBSERVANCES = 40
_WINDOWS = {
    "Romance Standard Time": "Europe/Paris", "W. Europe Standard Time": "Europe/Berlin", "GMT Standard Time": "Europe/London",
    "Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw",
    "Greenwich Standard Time": "Atlantic/Reykjavik", "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Helsinki", "GTB Standard Time": "Europe/Bucharest", "Morocco Standard Time": "Africa/Casablanca",
    "SA Western Standard Time": "America/Martinique", "SA Eastern Standard Time": "America/Cayenne",
    "Mauritius Standard Time": "Indian/Reunion", "E. Africa Standard Time": "Indian/Mayotte",
    "Central Pacific Standard Time": "Pacific/Noumea", "Hawaiian Standard Time": "Pacific/Tahiti",
    "Saint Pierre Standard Time": "America/Miquelon", "Eastern Standard Time": "America/New_York", "UTC": "UTC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is aware, or naive when no zone is known; of a whole day (`is_day`) only the date counts."""

    at: datetime
    is_day: bool = False

    @property
    def has_zone(self) -> bool:
        return self.at.utcoffset() is not None


@dataclass(frozen=True, slots=True)
class _Observance:
    """One half of a zone: from when on, each year at which day of which month, with which offset."""

    since: datetime
    offset: timedelta
    month: int
    week: int  # 0: only once, at `since`
    day: int

    def onset(self, year: int) -> datetime | None:
        """When it begins that year, on the clock before it; None when it does not."""
        if year < self.since.year:
            return None
        if not self.week:
            return self.since
        return datetime.combine(_day_of(year, self.month, self.week, self.day), self.since.time())


class Zones:
    """The zones that a calendar names."""

    def __init__(self, calendar: Component) -> None:
        self.own = {one.text("TZID"): one for one in calendar.all_of("VTIMEZONE")[:20]}

    def moment(self, line: Line | None) -> Moment | None:
        """DTSTART, DTEND, RECURRENCE-ID; None when it is none."""
        match = _MOMENT.fullmatch(line.value.strip()) if line else None
        if not line or not match or not 1900 <= int(match[1]) <= 2200:  # no zone is sure of others
            return None
        try:
            if match[4] is None:
                return Moment(datetime(int(match[1]), int(match[2]), int(match[3])), is_day=True)  # noqa: DTZ001  (a day)
            clock = time(int(match[4]), int(match[5]), min(int(match[6]), 59))
            written = datetime.combine(date(int(match[1]), int(match[2]), int(match[3])), clock)
            return Moment(written.replace(tzinfo=UTC if match[7] else self._zone(line.given.get("TZID", ""), written)))
        except (ValueError, OverflowError):
            return None

    def _zone(self, name: str, written: datetime) -> tzinfo | None:
        if not name:
            return None
        return known(name) or (self._offset(self.own[name], written) if name in self.own else None)

    def _offset(self, zone: Component, written: datetime) -> tzinfo | None:
        """The offset in force at `written`: of the observance that began last before it."""
        halves = [one for one in map(_observance, zone.inside[:_MOST_OBSERVANCES]) if one]
        begun = [
            (onset, half.offset) for half in halves for year in (written.year - 1, written.year)
            if (onset := half.onset(year)) and onset <= written
        ]  # fmt: skip
        found = max(begun, default=None) or min(((half.since, half.offset) for half in halves), default=None)
        return timezone(found[1]) if found else None


def known(name: str) -> tzinfo | None:
    """By the name of IANA, also at the end of a longer one («/citadel.org/20210210_1/Europe/Paris»), or of Windows."""
    name = _WINDOWS.get(name.strip('" '), name.strip('" '))
    for candidate in (name, "/".join(name.split("/")[-2:])):
        if _NAME.fullmatch(candidate):
            try:
                return ZoneInfo(candidate)
            except (KeyError, ValueError, OSError):
                continue
    return None


def _observance(part: Component) -> _Observance | None:
    start, offset = _MOMENT.fullmatch(part.text("DTSTART")), _OFFSET.fullmatch(part.text("TZOFFSETTO"))
    if not start or not offset or start[4] is None:
        return None
    size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    rule = dict(item.partition("=")[::2] for item in part.text("RRULE").upper().split(";")[:10])
    by_day, month = _BYDAY.fullmatch(rule.get("BYDAY", "")), rule.get("BYMONTH", "")
    is_yearly = by_day and month.isascii() and month.isdigit() and 1 <= int(month[:3]) <= 12
    try:
        clock = time(int(start[4]), int(start[5]), min(int(start[6]), 59))
        since = datetime.combine(date(int(start[1]), int(start[2]), int(start[3])), clock)
        timezone(size)
    except (ValueError, OverflowError):
        return None
    week, day = (int(by_day[1]), _DAYS.index(by_day[2])) if by_day and is_yearly else (0, 0)
    return _Observance(since, -size if offset[1] == "-" else size, int(month) if is_yearly else 1, week, day)


def _day_of(year: int, month: int, week: int, day: int) -> date:
    """The first, second… or last (-1) such day of a month."""
    if week > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(day - first.weekday()) % 7 + 7 * (min(week, 4) - 1))
    last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - day) % 7)
