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


_LONG = tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split())
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def coming(at: datetime, now: datetime) -> str:
    """Of what is to come: à 18:00, demain à 8:00, lundi à 8:00, le 12 nov. à 8:00."""
    here, today = timezone.localtime(at), timezone.localtime(now).date()
    days = (here.date() - today).days
    if days <= 1:
        return f"{'demain ' if days == 1 else ''}à {clock(here)}"
    day = _DAYS[here.weekday()] if days < 7 else f"le {here.day} {_MONTHS[here.month - 1]}"
    return f"{day} à {clock(here)}"


def fully(at: datetime) -> str:
    """Without doubt: lundi 23 novembre 2026 à 9:41."""
    here = timezone.localtime(at)
    return f"{_DAYS[here.weekday()]} {here.day} {_LONG[here.month - 1]} {here.year} à {clock(here)}"


def since(waited: timedelta) -> str:
    """How long somebody has been waiting: 2 h, 3 j; '' for less than an hour."""
    hours = int(waited.total_seconds() // 3600)
    return f"{hours // 24} j" if hours >= 48 else f"{hours} h" if hours else ""


def ago(waited: timedelta) -> str:
    """Within a sentence: il y a 3 secondes, il y a 2 minutes, il y a 3 heures."""
    seconds = max(1, int(waited.total_seconds()))
    for size, word in ((86400, "jour"), (3600, "heure"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"il y a {count} {word}{'s' if count > 1 else ''}"
    return f"il y a {seconds} seconde{'s' if seconds > 1 else ''}"


def clock(here: datetime) -> str:
    return f"{here.hour}:{here.minute:02}"
