"""«Activité de la boîte», for its managers: figures and charts, each chart with its table. No word of any message."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from auth_otp.models import User
from mailbox import daily
from mailbox.activity import PERIODS, Activity, Day, activity
from mailbox.models import Membership
from mailbox.views import charts
from mailbox.views.charts import Chart
from mailbox.views.place import Place, inside, zone_of
from mssweb.audit.record import record

_FEW = 12  # marks below a chart


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A line of the table of members."""

    name: str
    sent: int
    answered: int
    median: str
    waiting: int


@require_http_methods(["GET", "POST"])
@inside(manage=True)
def page(request: HttpRequest, place: Place) -> HttpResponse:
    """The page; a POST asks for the daily message, or no more."""
    if not place.mailbox.is_shared:
        raise Http404
    if request.method == "POST":
        return _ask(request, place)
    zone, asked = zone_of(place.mailbox), request.GET.get("jours", "")
    days = int(asked) if asked in {str(one) for one in PERIODS} else PERIODS[0]
    found = activity(place.mailbox, last=timezone.localdate(), days=days, zone=zone)
    told = {
        "shell": place.at("activity"), "found": found, "days": days, "periods": PERIODS, "charts": drawn(found),
        "median": daily.lasting(found.median), "people": _people(place, found),
        "letter_box": daily.letter_box(place.user), "wants": place.membership.wants_summary,
    }  # fmt: skip
    return render(request, "mailbox/team/activity.html", told)


def drawn(found: Activity) -> list[Chart]:
    names, marks = [f"{one.day:%d/%m/%Y}" for one in found.days], _marks(found.days)
    received, answered = [one.received for one in found.days], [one.answered for one in found.days]
    minutes = [None if one.median is None else round(one.median / 60) for one in found.days]
    return [
        charts.stacked("Messages reçus", ["reçus"], [received], names, marks=marks),
        charts.stacked("Réponses envoyées", ["réponses"], [answered], names, marks=marks),
        charts.lines("Délai médian de réponse", ["minutes"], [minutes], names, marks=marks, unit=" min"),
    ]


def _marks(days: list[Day]) -> list[str]:
    every = max(1, -(-len(days) // _FEW))
    return [_mark(one.day) if (len(days) - 1 - at) % every == 0 else "" for at, one in enumerate(days)]


def _mark(day: date) -> str:
    return f"{day.day}/{day.month:02}"


def _people(place: Place, found: Activity) -> list[Person]:
    """Members first, by name; then who is one no more, and what nobody is in charge of."""
    rows = Membership.objects.filter(mailbox=place.mailbox).select_related("user")
    names: dict[UUID | None, str] = {row.user_id: row.user.get_full_name() for row in rows if row.role != "reader"}
    gone = [who for who in found.parts if who is not None and who not in names]
    for user in User.objects.filter(pk__in=gone) if gone else ():
        names[user.pk] = f"{user.get_full_name()} (n’est plus membre)"
    told = [_person(found, who, name) for who, name in sorted(names.items(), key=lambda pair: pair[1])]
    if None in found.parts:
        told.append(_person(found, None, "À personne"))
    return told


def _person(found: Activity, who: UUID | None, name: str) -> Person:
    part = found.parts.get(who)
    if part is None:
        return Person(name, 0, 0, "–", 0)
    return Person(name, part.sent, part.answered, daily.lasting(part.median), part.waiting)


def _ask(request: HttpRequest, place: Place) -> HttpResponse:
    wants = request.POST.get("summary") == "on"
    if wants and daily.letter_box(place.user) is None:
        messages.error(request, "Ce résumé arrive dans votre boîte personnelle, et vous n’en avez pas ici.")
        return redirect("mailbox:activity", place.mailbox.pk)
    with transaction.atomic():
        Membership.objects.filter(pk=place.membership.pk).update(wants_summary=wants)
        record("membership.summary", request=request, mailbox_id=place.mailbox.pk, wants=wants)
    said = "Vous recevrez chaque matin le résumé de la veille." if wants else "Vous ne recevrez plus le résumé du jour."
    messages.success(request, said)
    return redirect("mailbox:activity", place.mailbox.pk)
