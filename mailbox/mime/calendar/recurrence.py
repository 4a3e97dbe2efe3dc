"""A rule of recurrence in French words (RFC 5545 §3.3.10). What it cannot say whole, it says is particular: never half a rule."""

from mailbox.mime.calendar.lines import Line
from mailbox.mime.calendar.zones import Zones

_DAYS = dict(
    zip("MO TU WE TH FR SA SU".split(), "lundi mardi mercredi jeudi vendredi samedi dimanche".split(), strict=True)
)
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_WEEK = set("MO TU WE TH FR".split())
_ORDER = {"1": "premier", "2": "deuxième", "3": "troisième", "4": "quatrième", "5": "cinquième", "-1": "dernier"}
_UNITS = {"DAILY": ("jour", False), "WEEKLY": ("semaine", True), "MONTHLY": ("mois", False), "YEARLY": ("an", False)}
_SAID = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST"})
_PARTICULAR = "Se répète selon une règle particulière : voyez l’organisateur"


def in_words(rule: str, zones: Zones) -> str:
    """«Chaque lundi et jeudi, jusqu’au 3 mars 2027»."""
    parts = dict(item.upper().partition("=")[::2] for item in rule.strip().split(";")[:12] if item)
    unit, interval = _UNITS.get(parts.get("FREQ", "")), _number(parts.get("INTERVAL", "1"))
    if unit is None or interval is None or not parts.keys() <= _SAID:
        return _PARTICULAR
    days = _days(parts)
    end = _end(parts, zones)
    if days is None or end is None:
        return _PARTICULAR
    return f"{_every(parts['FREQ'], *unit, interval, days)}{end}".strip().capitalize()


def _every(freq: str, unit: str, is_feminine: bool, interval: int, days: str) -> str:
    if interval == 1:
        if freq == "WEEKLY" and days:
            return f"chaque {days}" if "du lundi" not in days else days
        return f"chaque {'année' if unit == 'an' else unit}{f' {_the(days)}' if days else ''}"
    plural = unit if unit == "mois" else f"{unit}s"
    return f"{'toutes' if is_feminine else 'tous'} les {interval} {plural}{f' {_the(days)}' if days else ''}"


def _the(days: str) -> str:
    return days if days.startswith(("du ", "le ")) else f"le {days}"


def _days(parts: dict[str, str]) -> str | None:
    """Which days; '' for those of the start, None when it cannot be said."""
    by_day, by_month_day, by_month = (parts.get(name, "") for name in ("BYDAY", "BYMONTHDAY", "BYMONTH"))
    if by_month and (parts["FREQ"] != "YEARLY" or not _number(by_month) or int(by_month) > 12 or by_day):
        return None
    if by_month_day:
        day = _number(by_month_day)
        if by_day or parts["FREQ"] not in {"MONTHLY", "YEARLY"} or not day or day > 31:
            return None
        month = f" {_MONTHS[int(by_month) - 1]}" if by_month else ""
        return f"le {'1er' if day == 1 else day}{month}"
    if by_month:
        return f"en {_MONTHS[int(by_month) - 1]}"
    if not by_day:
        return ""
    return _named(by_day.split(",")[:8], is_monthly=parts["FREQ"] == "MONTHLY")


def _named(days: list[str], *, is_monthly: bool) -> str | None:
    if set(days) == _WEEK and not is_monthly:
        return "du lundi au vendredi"
    names = []
    for day in days:
        name, order = _DAYS.get(day[-2:]), day[:-2].lstrip("+")
        if name is None or (order and order not in _ORDER) or bool(order) is not is_monthly:
            return None
        names.append(f"{_ORDER[order]} {name}" if order else name)
    return " et ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _end(parts: dict[str, str], zones: Zones) -> str | None:
    if "COUNT" in parts:
        count = _number(parts["COUNT"])
        return f", {count} fois" if count else None
    if "UNTIL" not in parts:
        return ""
    until = zones.moment(Line("UNTIL", {}, parts["UNTIL"]))
    if until is None:
        return None
    day = "1er" if until.at.day == 1 else until.at.day
    return f", jusqu’au {day} {_MONTHS[until.at.month - 1]} {until.at.year}"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 10_000 and len(text) < 6 else None
