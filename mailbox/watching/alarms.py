"""What ails our place in the trust space, in words for administrators: the white list, our certificate. Asked at most every
few seconds; nothing is looked at here, worker has (watch.py)."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.formats import date_format

from mailbox.models import Watched
from mailbox.trust.own import NOT_LISTED, warned_at

_RECHECK_SECONDS = 5.0
_FAULTS = {
    "unreadable": "Notre certificat ne se lit pas (TLS_CERTIFICATE).",
    "key": "La clé (TLS_KEY) ne correspond pas à notre certificat.",
    "no-key": "La clé de notre certificat ne se lit pas (TLS_KEY).",
    "ended": "Notre certificat a pris fin : les autres opérateurs refusent nos messages et les leurs n’arrivent plus.",
    "foreign": "Notre certificat n’a pas été émis par l’autorité de l’espace de confiance (TRUST_ISSUER).",
    "revoked": "Notre certificat est révoqué : son numéro est sur la liste de révocation de son autorité.",
    "old": "La liste blanche date de plus de {hours} heures. Après {days} jours, plus rien n’entre ni ne part.",
    "missing": "Aucune liste blanche n’est en vigueur : rien n’entre ni ne part.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`code` for what compares, `text` for a person."""

    code: str
    text: str


_seen: dict[str, tuple[float, tuple[Alarm, ...]]] = {}


def current(now: datetime) -> tuple[Alarm, ...]:
    checked_at, known = _seen.get("alarms", (0.0, ()))
    if checked_at and time.monotonic() - checked_at < _RECHECK_SECONDS:
        return known
    try:
        found = tuple(alarm for row in Watched.objects.all() for alarm in of(row, now))
    except DatabaseError:
        return known
    _seen["alarms"] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Ask the database again at the next use (tests)."""
    _seen.clear()


def of(row: Watched, now: datetime) -> list[Alarm]:
    found = [Alarm(f"{row.name} {code}", said(code)) for code in row.faults]
    days = warned_at(row.until, now) if row.name == "certificate" and row.until else None
    if row.until and days:
        left = (row.until - now) // timedelta(days=1)
        found.append(Alarm(f"{row.name} {days}", f"Notre certificat prend fin {_in(left)}, le {_date(row.until)}."))
    return found


def said(code: str) -> str:
    """A fault in French; one that no word was given for, by its code."""
    kind, _, domain = code.partition(" ")
    if kind == NOT_LISTED:
        return f"La liste blanche en vigueur ne donne pas le nom (DN) de notre certificat pour le domaine {domain}."
    text = _FAULTS.get(code, f"Autre défaut : {code}.")
    return text.format(hours=settings.WHITE_LIST_ALARM_HOURS, days=settings.WHITE_LIST_MAX_AGE_DAYS)


def _in(days: int) -> str:
    return f"dans {days} jours" if days > 1 else "demain" if days else "aujourd’hui"


def _date(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y à H:i")
