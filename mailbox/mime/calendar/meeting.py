"""What an invitation says: what, when, where, who asks, who comes (RFC 5545 §3.6.1, RFC 5546 §3.2). Never raises.

The first event of a calendar is the meeting; exceptions of a series that come with it are counted.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from mailbox.mime.address import normalise
from mailbox.mime.calendar.lines import Component, Line, read
from mailbox.mime.calendar.recurrence import in_words
from mailbox.mime.calendar.zones import Moment, Zones

MAX_ATTENDEES = 200
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_METHODS = frozenset({"REQUEST", "CANCEL", "REPLY", "PUBLISH", "ADD", "COUNTER", "DECLINECOUNTER", "REFRESH"})
_BLANKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_KINDS = {"ROOM", "RESOURCE"}


@dataclass(frozen=True, slots=True, repr=False)
class Guest:
    """`answer` is a PARTSTAT, '' when none; `address` is normalised."""

    name: str
    address: str
    answer: str = ""
    is_optional: bool = False
    is_place: bool = False  # a room or a thing


@dataclass(frozen=True, slots=True, repr=False)
class Meeting:
    """`method` is '' for a calendar that asks nothing. `recurs` is in French words, '' for once."""

    method: str
    uid: str
    sequence: int
    what: str
    where: str
    details: str
    start: Moment | None
    end: Moment | None
    recurs: str
    exceptions: int
    organizer: Guest | None
    guests: tuple[Guest, ...]
    more_guests: int
    is_cancelled: bool
    of_series: Moment | None  # the one of a series that it is about (RECURRENCE-ID)

    @property
    def may_be_answered(self) -> bool:
        return self.method == "REQUEST" and not self.is_cancelled and bool(self.uid and self.organizer)

    def guest(self, address: str) -> Guest | None:
        return next((one for one in self.guests if one.address == normalise(address)), None)


def parse(source: str) -> Meeting | None:
    """None when it holds no event."""
    calendar = read(source)
    events = calendar.all_of("VEVENT")
    if not events:
        return None
    event = next((one for one in events if one.first("RECURRENCE-ID") is None), events[0])
    zones = Zones(calendar)
    method = calendar.text("METHOD").upper()
    guests = [guest for line in event.every("ATTENDEE") if (guest := _guest(line))]
    start = zones.moment(event.first("DTSTART"))
    sequence = event.text("SEQUENCE")
    rule = event.first("RRULE")
    organizer = event.first("ORGANIZER")
    return Meeting(
        method=method if method in _METHODS else "",
        uid=_one_line(event.text("UID"), 500),
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 9 else 0,
        what=_one_line(event.text("SUMMARY"), 300),
        where=_one_line(event.text("LOCATION"), 500),
        details=_BLANKS.sub(" ", event.text("DESCRIPTION"))[:5_000].strip(),
        start=start,
        end=_end(event, zones, start),
        recurs=in_words(rule.value, zones) if rule else "",
        exceptions=len(events) - 1 + sum(line.value.count(",") + 1 for line in event.every("EXDATE")),
        organizer=_guest(organizer) if organizer else None,
        guests=tuple(guests[:MAX_ATTENDEES]),
        more_guests=max(0, len(guests) - MAX_ATTENDEES),
        is_cancelled=method == "CANCEL" or event.text("STATUS").upper() == "CANCELLED",
        of_series=zones.moment(event.first("RECURRENCE-ID")),
    )


def _end(event: Component, zones: Zones, start: Moment | None) -> Moment | None:
    """DTEND, or DTSTART and DURATION; of whole days the last one, which DTEND is after (§3.6.1)."""
    if start is None:
        return None
    end = zones.moment(event.first("DTEND"))
    try:
        if end is None and (size := _duration(event.text("DURATION"))):
            end = Moment(start.at + size, start.is_day)
        if end and end.is_day:
            end = Moment(max(start.at, end.at - timedelta(days=1)), is_day=True)
    except (OverflowError, TypeError):
        return None
    is_later = end is not None and end.has_zone == start.has_zone and end.at > start.at
    return end if is_later else None


def _duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip().upper())
    if not match or match[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds) or None


def _guest(line: Line) -> Guest | None:
    value = line.value.strip()
    address = normalise(_one_line(value[7:], 254)) if value[:7].lower() == "mailto:" else ""
    name = _one_line(line.given.get("CN", ""), 100)
    if not name and not address:
        return None
    return Guest(
        "" if name.lower() == address else name,
        address if address.count("@") == 1 and " " not in address else "",
        line.given.get("PARTSTAT", "").upper()[:20],
        is_optional=line.given.get("ROLE", "").upper() in {"OPT-PARTICIPANT", "NON-PARTICIPANT"},
        is_place=line.given.get("CUTYPE", "").upper() in _KINDS,
    )


def _one_line(text: str, most: int) -> str:
    return " ".join(_BLANKS.sub(" ", text[: most * 2]).split())[:most]
