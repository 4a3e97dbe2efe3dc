"""«Envoyer plus tard»: the times that are offered, and the one that was asked for, in the zone of the pharmacy. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATER = "later"
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(days=366)
_MORNING, _EVENING = time(8, 0), time(18, 0)
_DAYS = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()


class NoTime(Exception):
    """What was asked is no time to send at. The text says why, in French."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`at` as a form gives it back: local, to the minute."""

    label: str
    at: str


def presets(now: datetime) -> list[Preset]:
    """`now` in the zone of the pharmacy. Tonight when it is not evening yet, tomorrow, the next Monday."""
    offered = []
    if now.time() < time(17, 30):
        offered.append(("Ce soir", now.date(), _EVENING))
    tomorrow, monday = now.date() + timedelta(days=1), now.date() + timedelta(days=7 - now.weekday())
    offered.append((f"Demain {_said(tomorrow)}", tomorrow, _MORNING))
    if monday != tomorrow:
        offered.append((_said(monday).capitalize(), monday, _MORNING))
    return [Preset(f"{label} à {at.hour} h", f"{day.isoformat()}T{at:%H:%M}") for label, day, at in offered]


def _said(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day}"


def asked(action: str, typed: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """`later:<preset>`, or `later` with a time typed beside it. NoTime when it is past, too far, or no time."""
    _, _, given = action.partition(":")
    try:
        at = datetime.fromisoformat(given or typed)
    except ValueError:
        raise NoTime("Indiquez le jour et l’heure de l’envoi.") from None
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    if at < now + _SOONEST:
        raise NoTime("Cette heure est déjà passée : choisissez-en une à venir.")
    if at > now + _LATEST:
        raise NoTime("Un envoi se programme au plus un an à l’avance.")
    return at
