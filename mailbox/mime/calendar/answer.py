"""What is answered to an invitation: METHOD:REPLY (RFC 5546 §3.2.3), one attendee, folded at 75 octets (RFC 5545 §3.1).

Brings back of the stranger's words only what names the meeting; no control character passes.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from mailbox.mime.calendar.meeting import Meeting
from mailbox.mime.calendar.zones import Moment
from mailbox.mime.values import Address

ACCEPTED, TENTATIVE, DECLINED = "ACCEPTED", "TENTATIVE", "DECLINED"
WORDS = {ACCEPTED: "Accepté", TENTATIVE: "Peut-être", DECLINED: "Décliné"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def reply(meeting: Meeting, who: Address, answer: str, *, now: datetime) -> str:
    """The calendar that travels. ValueError for an invitation that cannot be answered, or an answer that is none."""
    if not meeting.may_be_answered or meeting.organizer is None or answer not in WORDS:
        raise ValueError("nothing to answer")
    return "".join(f"{folded}\r\n" for line in _lines(meeting, who, answer, now) for folded in _folded(line))


def _lines(meeting: Meeting, who: Address, answer: str, now: datetime) -> Iterator[str]:
    organizer = meeting.organizer
    yield from ("BEGIN:VCALENDAR", "PRODID:-//mssweb//invitations//FR", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT")
    yield f"UID:{_text(meeting.uid)}"
    yield f"SEQUENCE:{meeting.sequence}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if meeting.start:
        yield _moment("DTSTART", meeting.start)
    if meeting.of_series:
        yield _moment("RECURRENCE-ID", meeting.of_series)
    if meeting.what:
        yield f"SUMMARY:{_text(meeting.what)}"
    yield f"ORGANIZER:mailto:{_bare(organizer.address if organizer else '')}"
    yield f'ATTENDEE;CN="{_quoted(who.display_name)}";PARTSTAT={answer}:mailto:{_bare(who.addr_spec)}'
    yield from ("END:VEVENT", "END:VCALENDAR")


def _moment(name: str, one: Moment) -> str:
    if one.is_day:
        return f"{name};VALUE=DATE:{one.at:%Y%m%d}"
    return f"{name}:{one.at.astimezone(UTC):%Y%m%dT%H%M%SZ}" if one.has_zone else f"{name}:{one.at:%Y%m%dT%H%M%S}"


def _text(value: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", _bare(value))


def _quoted(value: str) -> str:
    return _bare(value).replace('"', "'")


def _bare(value: str) -> str:
    return _CONTROLS.sub(" ", value)


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most 75 octets, none of which breaks a character."""
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > 75:
            yield piece
            piece, size = " ", 1
        piece += character
        size += octets
    yield piece
