"""The operator's page: is mail moving, what is refused, who does not answer, what ends soon. Nothing of any mailbox.

For staff with the right `mailbox.view_dashboard`; everybody else sees 404. Asked again by static/js/refresh.js every half
minute, which is no gesture and keeps no session alive.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auth_otp import admin_site
from mailbox.traces import reasons
from mailbox.traces.standing import MOST_COUNTED, Hour, Standing, probes_run, standing
from mailbox.views import charts
from mailbox.views.charts import Chart
from mailbox.views.place import person

_WAYS = {"in": "Reçus", "out": "Envoyés"}
_SERIES = ("acceptés", "refusés")
_SLOW, _STUCK = timedelta(minutes=2), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Gauge:
    """`level` is «good», «warn» or «danger», said by an icon and a word, never by its colour alone."""

    label: str
    value: str
    note: str
    level: str = "good"

    @property
    def word(self) -> str:
        return {"good": "en ordre", "warn": "à surveiller", "danger": "en défaut"}[self.level]

    @property
    def icon(self) -> str:
        return {"good": "circle-check", "warn": "triangle-alert", "danger": "octagon-alert"}[self.level]


@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    user = person(request)
    if not (user.is_staff and user.has_perm("mailbox.view_dashboard")):
        raise Http404
    if weak := admin_site.weak(request):
        return weak
    now = timezone.now()
    found = standing(now)
    told = {
        "now": now, "gauges": gauges(found, now), "charts": drawn(found, now), "causes": causes(found),
        "peers": found.peers[:10], "more_peers": len(found.peers) > 10, "incidents": found.incidents,
        "open": found.open_incidents, "delayed": _counted(found.delayed),
    }  # fmt: skip
    return render(request, "mailbox/operations.html", told)


def gauges(found: Standing, now: datetime) -> list[Gauge]:
    return [
        _queue("File de réception", "message", found.arrivals, found.oldest_arrival, now),
        _queue("File d’envoi", "destinataire", found.due, found.oldest_due, now),
        *_probe(found, now),
        _age("Traitements", found.worker, now, timedelta(seconds=30), timedelta(minutes=2), "vus il y a {}", "jamais vus"),
        _certificate(found, now),
        _age(
            "Liste blanche", found.list_made, now, timedelta(hours=settings.WHITE_LIST_ALARM_HOURS),
            timedelta(days=settings.WHITE_LIST_MAX_AGE_DAYS), "publiée il y a {}", "aucune en vigueur",
        ),
        _crl(found, now),
    ]  # fmt: skip


def _queue(label: str, what: str, count: int, oldest: datetime | None, now: datetime) -> Gauge:
    waits = now - oldest if oldest else timedelta()
    level = "danger" if waits > _STUCK else "warn" if waits > _SLOW else "good"
    note = f"{what}{'s' if count > 1 else ''}, le plus ancien depuis {lasting(waits)}" if count else "rien n’attend"
    return Gauge(label, _counted(count), note, level)


def _probe(found: Standing, now: datetime) -> list[Gauge]:
    if not probes_run():
        return []
    limit = timedelta(seconds=settings.PROBE_SECONDS + settings.PROBE_LATE_SECONDS)
    seen = [at for at in (found.probe_in, found.probe_out) if at]
    worst = min(seen) if len(seen) == 2 else None
    return [
        _age(
            "Sonde, aller et retour",
            worst,
            now,
            limit,
            2 * limit,
            "partie il y a {}, retrouvée",
            "pas encore retrouvée",
        )
    ]


def _age(
    label: str, at: datetime | None, now: datetime, slow: timedelta, late: timedelta, note: str, never: str
) -> Gauge:
    if at is None:
        return Gauge(label, "–", never, "danger")
    age = now - at
    level = "danger" if age > late else "warn" if age > slow else "good"
    return Gauge(label, lasting(age), note.format(lasting(age)), level)


def _certificate(found: Standing, now: datetime) -> Gauge:
    if found.certificate_ends is None:
        return Gauge("Notre certificat", "–", "pas encore regardé", "warn")
    left = found.certificate_ends - now
    level = (
        "danger"
        if found.certificate_faults or left < timedelta(days=7)
        else "warn"
        if left < timedelta(days=30)
        else "good"
    )
    note = f"prend fin le {date_format(timezone.localtime(found.certificate_ends), 'j F Y')}"
    return Gauge(
        "Notre certificat",
        f"{max(0, left.days)} j",
        "en défaut : voyez la surveillance" if found.certificate_faults else note,
        level,
    )


def _crl(found: Standing, now: datetime) -> Gauge:
    label = "Liste de révocation"
    if found.crl_made is None or found.crl_ends is None:
        return Gauge(label, "–", "aucune : rien n’entre ni ne part", "danger")
    left = found.crl_ends - now
    level = "danger" if left <= timedelta() else "warn" if left < timedelta(hours=12) else "good"
    end = f"sert encore {lasting(left)}" if left > timedelta() else f"périmée depuis {lasting(-left)}"
    return Gauge(label, lasting(now - found.crl_made), f"publiée, {end}", level)


def drawn(found: Standing, now: datetime) -> list[Chart]:
    """Of each way the last 24 hours and their delays, then 30 days hour by hour."""
    this = now.replace(minute=0, second=0, microsecond=0)
    day = [this - timedelta(hours=n) for n in range(23, -1, -1)]
    month = [this - timedelta(hours=n) for n in range(30 * 24 - 1, -1, -1)]
    known = {(one.way, one.hour): one for one in found.hours}
    made = [_flow(way, day, known) for way in _WAYS]
    made += [_delays(way, day, known) for way in _WAYS]
    return made + [_month(way, month, known) for way in _WAYS]


def _flow(way: str, hours: list[datetime], known: dict[tuple[str, datetime], Hour]) -> Chart:
    values = _values(way, hours, known)
    names = [date_format(timezone.localtime(hour), "G \\h") for hour in hours]
    marks = [name if n % 4 == 3 else "" for n, name in enumerate(names)]
    return charts.stacked(f"{_WAYS[way]}, par heure, depuis 24 heures", _SERIES, values, names, marks=marks)


def _month(way: str, hours: list[datetime], known: dict[tuple[str, datetime], Hour]) -> Chart:
    """Drawn by the hour, told by the day: nobody listens to 720 rows."""
    values = _values(way, hours, known)
    days: dict[date, list[int]] = {}
    marks = []
    for hour, accepted, refused in zip(hours, *values, strict=True):
        here = timezone.localtime(hour)
        marks.append(f"{here.day}/{here.month}" if here.hour == 0 and here.day % 5 == 1 and here.day != 31 else "")
        sums = days.setdefault(here.date(), [0, 0])
        sums[0], sums[1] = sums[0] + accepted, sums[1] + refused
    rows = [(date_format(day, "j F"), str(accepted), str(refused)) for day, (accepted, refused) in days.items()]
    return charts.stacked(
        f"{_WAYS[way]}, par heure, depuis 30 jours", _SERIES, values, [""] * len(hours), marks=marks, rows=rows
    )


def _delays(way: str, hours: list[datetime], known: dict[tuple[str, datetime], Hour]) -> Chart:
    found = [known.get((way, hour)) for hour in hours]
    names = [date_format(timezone.localtime(hour), "G \\h") for hour in hours]
    marks = [name if n % 4 == 3 else "" for n, name in enumerate(names)]
    title = "Délai de classement des messages reçus" if way == "in" else "Délai de remise des messages envoyés"
    values = [[one.p50 if one else None for one in found], [one.p95 if one else None for one in found]]
    return charts.lines(f"{title}, en secondes", ("médian", "95 %"), values, names, marks=marks, unit=" s")


def _values(way: str, hours: list[datetime], known: dict[tuple[str, datetime], Hour]) -> list[list[int]]:
    found = [known.get((way, hour)) for hour in hours]
    return [[int(one.accepted) if one else 0 for one in found], [int(one.refused) if one else 0 for one in found]]


def causes(found: Standing) -> list[dict[str, object]]:
    most = max([1, *(count for _, _, count in found.causes)])
    return [
        {
            "way": "reçu" if way == "in" else "envoyé",
            "said": reasons.said(cause),
            "count": count,
            "share": max(1, count * 100 // most),
        }
        for way, cause, count in found.causes
    ]


def _counted(count: int) -> str:
    return f"plus de {MOST_COUNTED}" if count > MOST_COUNTED else str(count)


def lasting(span: timedelta) -> str:
    """«12 s», «4 min», «3 h 05», «2 j»."""
    seconds = int(max(span, timedelta()).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02}"
    return f"{seconds // 86400} j"
