"""«Absence» of a mailbox: its answer while nobody reads it, from a day to a day on the clock of the pharmacy.

Seen by who writes there, decided by its managers (of a nominative one, its person). The later of two is told.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailbox import access
from mailbox.models import Absence
from mailbox.rules import absences
from mailbox.rules.absences import MAX_TEXT, Wish
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_LONGEST = timedelta(days=366)
_MODEL_OF_TEAM = (
    "Bonjour,\n\nLa pharmacie est fermée et votre message ne sera lu qu’à notre retour.\n\n"
    "Pour une urgence, adressez-vous à la pharmacie de garde.\n"
)
_MODEL_OF_ONE = (
    "Bonjour,\n\nAbsent de la pharmacie, je lirai votre message à mon retour.\n\n"
    "Pour ce qui ne peut pas attendre, écrivez à la boîte de la pharmacie.\n"
)


class Asked(forms.Form):
    """Days, the last one included."""

    begins = forms.DateField(label="Du", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends = forms.DateField(label="Au (inclus)", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    whom = forms.ChoiceField(label="Répondre", choices=Absence.Whom.choices)
    patients = forms.BooleanField(label="Répondre aussi aux patients (Mon espace santé)", required=False)
    text = forms.CharField(label="Texte de la réponse", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 8}))

    def clean(self) -> dict[str, object]:
        told = super().clean() or {}
        begins, ends = told.get("begins"), told.get("ends")
        if isinstance(begins, date) and isinstance(ends, date):
            if ends < begins:
                self.add_error("ends", "Le dernier jour vient avant le premier.")
            elif ends - begins > _LONGEST:
                self.add_error("ends", "Une absence dure un an au plus.")
            elif ends < timezone.localdate():
                self.add_error("ends", "Ce jour est passé.")
        return told


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page says of it."""

    is_now: bool
    is_soon: bool
    last_day: date | None


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@inside(write=True)
@transaction.atomic
def absence(request: HttpRequest, place: Place) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        return _page(request, place, _form(place, absences.of(place.mailbox)))
    access.check_right(place.membership, manage=True)
    if request.POST.get("action") == "end":
        if absences.end(place.membership, now=now):
            record("absence.end", request=request, mailbox_id=place.mailbox.pk)
            messages.success(request, "Absence terminée : plus rien ne répond de soi-même.")
        return redirect("mailbox:absence", place.mailbox.pk)
    form = Asked(request.POST)
    if not form.is_valid():
        return _page(request, place, form, status=422)
    try:
        absences.write(place.membership, _wish(form.cleaned_data), version=_version(request), now=now)
    except absences.Changed:
        return _page(request, place, form, is_late=True, status=409)
    record("absence.change", request=request, mailbox_id=place.mailbox.pk)
    messages.success(request, "Réponse d’absence enregistrée.")
    return redirect("mailbox:absence", place.mailbox.pk)


def last_day(ends_at: datetime) -> date:
    """The last day of it, on the clock in force."""
    return timezone.localdate(ends_at - timedelta(microseconds=1))


def _wish(told: dict[str, Any]) -> Wish:
    text = str(told["text"]).replace("\r\n", "\n").replace("\0", "").strip()
    return Wish(
        is_on=True, begins_at=_midnight(told["begins"]), ends_at=_midnight(told["ends"] + timedelta(days=1)),
        whom=str(told["whom"]), to_patients=bool(told["patients"]), text=text,
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _form(place: Place, row: Absence | None) -> Asked:
    today = timezone.localdate()
    if row is None:
        model = _MODEL_OF_TEAM if place.mailbox.is_shared else _MODEL_OF_ONE
        return Asked(initial={"begins": today, "ends": today + timedelta(days=7), "text": model})
    is_over = row.ends_at <= timezone.now()
    return Asked(
        initial={
            "begins": today if is_over else timezone.localdate(row.begins_at),
            "ends": today + timedelta(days=7) if is_over else last_day(row.ends_at), "whom": row.whom,
            "patients": row.to_patients, "text": absences.seen(row, place.mailbox),
        }
    )  # fmt: skip


def _page(request: HttpRequest, place: Place, form: Asked, *, is_late: bool = False, status: int = 200) -> HttpResponse:
    row, now = absences.of(place.mailbox), timezone.now()
    is_on = row is not None and row.is_on and row.ends_at > now
    standing = Standing(
        is_now=row is not None and absences.is_in_force(row, now), is_soon=is_on and row is not None and row.begins_at > now,
        last_day=last_day(row.ends_at) if row else None,
    )  # fmt: skip
    seen = {
        "shell": place.at("absence"), "form": form, "row": row, "standing": standing, "is_late": is_late,
        "is_broken": row is not None and not absences.seen(row, place.mailbox), "most": MAX_TEXT,
        "may_manage": place.membership.can_manage,
        "version": row.version if row and (is_late or request.method != "POST") else _version(request),
    }  # fmt: skip
    return render(request, "mailbox/rules/absence.html", seen, status=status)


def _version(request: HttpRequest) -> int:
    told = request.POST.get("version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
