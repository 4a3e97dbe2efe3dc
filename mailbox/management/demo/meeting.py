"""An invitation of the demonstration, as the calendar of a hospital writes it (RFC 5545)."""

from datetime import UTC, datetime, timedelta

from mailbox.mime.address import in_words
from mailbox.mime.values import Address


def invitation(subject: str, who: Address, us: Address, at: datetime) -> bytes:
    """A meeting of an hour, a week after it was written, at 14:00."""
    start = (at + timedelta(days=7)).replace(hour=14, minute=0, second=0, microsecond=0)
    lines = (
        "BEGIN:VCALENDAR", "PRODID:-//demo//FR", "VERSION:2.0", "METHOD:REQUEST", "BEGIN:VEVENT",
        f"UID:demo-{start:%Y%m%d}@{who.addr_spec.rpartition('@')[2]}", f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}", "DURATION:PT1H", f"SUMMARY:{subject.partition(' : ')[2]}",
        "LOCATION:Salle Laënnec\\, rez-de-chaussée", f'ORGANIZER;CN="{in_words(who.display_name)}":mailto:{who.addr_spec}',
        f'ATTENDEE;CN="{us.display_name}";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{us.addr_spec}', "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()
