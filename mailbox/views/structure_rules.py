"""The rules of a structure for signing in, changed at once or from a day on. Those whom they would keep out are named first."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from mailbox.models import Staff, Tenant
from mailbox.staff import policy, rules, seen
from mailbox.staff.policy import Policy, Told, Way
from mailbox.views.structure import headed, show
from mssweb.audit.record import record

_FARTHEST = timedelta(days=366)
_WAYS = {
    Way.TOTP: "Application d’authentification, avec ses codes de secours",
    Way.PSC: "Pro Santé Connect (carte ou e-CPS)",
    Way.CPS: "Carte CPS",
    Way.SMS: "Code par SMS – le moins sûr",
}


class Rules(forms.Form):
    """`refused` is what is ticked; whoever leaves fields out changes nothing."""

    refused = forms.MultipleChoiceField(
        choices=[(way.value, words) for way, words in _WAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    idle_minutes = forms.TypedChoiceField(coerce=int, label="Verrouiller sans geste après")
    hours = forms.TypedChoiceField(coerce=int, label="Terminer la session après")
    admits = forms.ChoiceField(
        choices=[("heads", "Le titulaire et les gérants seulement"), ("managers", "Aussi les responsables des boîtes")],
        widget=forms.RadioSelect,
    )
    start = forms.ChoiceField(
        choices=[("now", "Dès maintenant"), ("day", "À partir du")], widget=forms.RadioSelect, initial="now"
    )
    on = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))

    def __init__(self, tenant: Tenant, data: QueryDict | None = None) -> None:
        told, today = rules.told_of(tenant), rules.today_of(tenant)
        is_ahead = told.coming is not None and not told.is_due(today)
        shown = told.coming if is_ahead and told.coming is not None else told.at(today)
        initial = {
            "refused": [way.value for way in shown.refused], "idle_minutes": shown.idle_minutes, "hours": shown.hours,
            "admits": "managers" if shown.managers_admit else "heads", "start": "day" if is_ahead else "now",
            "on": told.on if is_ahead else None,
        }  # fmt: skip
        super().__init__(data, initial=initial, label_suffix="")
        self.today = today
        most = settings.IDLE_LOCK_MINUTES
        idle = [(n, f"{n} minutes") for n in policy.IDLE if 0 < n < most]
        self.fields["idle_minutes"].choices = [(0, f"{most} minutes (l’opérateur)"), *idle]  # type: ignore[attr-defined]
        hours = [(n, f"{n} heures") for n in policy.HOURS if 0 < n < settings.SESSION_HOURS]
        self.fields["hours"].choices = [(0, f"{settings.SESSION_HOURS} heures (l’opérateur)"), *hours]  # type: ignore[attr-defined]
        self.fields["on"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(), "max": (today + _FARTHEST).isoformat(), "aria-label": "Jour",
        }  # fmt: skip

    def clean(self) -> dict[str, object]:
        given = self.cleaned_data
        on = given.get("on")
        fits = on is not None and self.today < on <= self.today + _FARTHEST
        if given.get("start") == "day" and not fits and not self.has_error("on"):
            self.add_error("on", "Choisissez un jour entre demain et un an.")
        return given

    @property
    def policy(self) -> Policy:
        given = self.cleaned_data
        return Policy(
            refused=frozenset(map(Way, given["refused"])), idle_minutes=given["idle_minutes"], hours=given["hours"],
            managers_admit=given["admits"] == "managers",
        )  # fmt: skip


@require_http_methods(["GET", "POST"])
@headed(proven=True)
def change(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    form = Rules(tenant, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _save(request, tenant, form)
        ahead = form.cleaned_data["on"] if form.cleaned_data["start"] == "day" else None
        said = f"Règles enregistrées\u00a0: elles s’appliquent {f'à partir du {ahead:%d/%m/%Y}' if ahead else 'dès maintenant'}."
        messages.success(request, said)
        return redirect("mailbox:structure", tenant.pk)
    here = [one for one in seen.people(tenant, now=timezone.now()) if one.row.is_authorised]
    weak = [one.row.user.get_full_name() for one in here if one.is_weak]
    return show(request, tenant, "rules", form=form, weak=weak, count=len(here))


@transaction.atomic
def _save(request: HttpRequest, tenant: Tenant, form: Rules) -> None:
    """Sessions that are open follow in the same transaction; people are told by the sweep."""
    row = Tenant.objects.select_for_update(of=("self",), no_key=True).get(pk=tenant.pk)
    new, today = form.policy, rules.today_of(row)
    on = form.cleaned_data["on"] if form.cleaned_data["start"] == "day" else None
    told = Told(rules.told_of(row).at(today), new, on) if on else Told(new)
    if policy.kept(told) == policy.kept(rules.told_of(row)):
        return
    row.policy = policy.kept(told)
    row.save(update_fields=["policy"])
    record(
        "tenant.rules", request=request, subject=("tenant", row.pk), refused=",".join(sorted(new.refused)),
        idle_minutes=new.idle_minutes, hours=new.hours, managers_admit=new.managers_admit, on=on.isoformat() if on else "",
    )  # fmt: skip
    Staff.objects.authorised().filter(tenant=row).update(letter=Staff.Letter.RULES)
    if not on:
        rules.judge(rules.people_of(row), now=timezone.now())
