"""Times as people say them at the counter; those of the pharmacy (the time zone in force)."""

from datetime import datetime, timedelta

from django.utils import timezone

_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def briefly(at: datetime, now: datetime) -> str:
    """For lists: 9:41, hier, 12 nov., 12/11/2025."""
    here, today = timezone.localtime(at), timezone.localtime(now).date()
    day = here.date()
    if day == today:
        return clock(here)
    if day == today - timedelta(days=1):
        return "hier"
    return f"{here.day} {_MONTHS[here.month - 1]}" if here.year == today.year else f"{here:%d/%m/%Y}"


def daily(at: datetime, now: datetime) -> str:
    """For messages: 9:41, hier 9:41, 12 nov. 9:41."""
    here, said = timezone.localtime(at), briefly(at, now)
    return said if said == clock(here) else f"{said} {clock(here)}"


def moment(at: datetime, now: datetime) -> str:
    """Within a sentence: à 9:41, hier à 9:41, le 12 nov. à 9:41."""
    here, said = timezone.localtime(at), briefly(at, now)
    if said == clock(here):
        return f"à {said}"
    return f"{said if said == 'hier' else f'le {said}'} à {clock(here)}"


def clock(here: datetime) -> str:
    return f"{here.hour}:{here.minute:02}"
