"""«Boîtes de la pharmacie»: what mailboxes a structure has and how they stand, whom they are asked for, when they end.

For *titulaires*, managers of shared mailboxes, and each holder of a personal one for theirs. The verbs are life's.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from auth_otp import proof
from auth_otp.models import User
from auth_otp.proof import Worth
from mailbox import access
from mailbox.life import desk, requests, states
from mailbox.life.requests import Wish
from mailbox.models import Domain, Mailbox, MailboxRequest, Tenant
from mailbox.views.place import person

_FARTHEST = timedelta(days=366)
_SHOWN = 20  # requests that are over


@dataclass(frozen=True, slots=True)
class House:
    """A structure as its page shows it."""

    tenant: Tenant
    boxes: list[Mailbox]
    requests: list[MailboxRequest]
    may_ask: bool


@never_cache
@require_safe
def boxes(request: HttpRequest) -> HttpResponse:
    user = person(request)
    rows = (
        access.governed_by(user).select_related("tenant", "life", "life__holder").prefetch_related("memberships__user")
    )
    found = list(rows.order_by("tenant__name", "kind", "address"))
    runs = {tenant.pk: tenant for tenant in access.tenants_of(user)}
    asked = MailboxRequest.objects.filter(tenant__in=runs).select_related("person", "asked_by", "tenant")
    waiting = list(asked.filter(state="waiting")) + list(
        asked.exclude(state="waiting").exclude(state="accepted")[:_SHOWN]
    )
    for box in found:
        box.may_close = access.may_close(user, box)  # type: ignore[attr-defined]  # for the template
        box.is_mine = any(one.user_id == user.pk and one.can_manage for one in box.memberships.all())  # type: ignore[attr-defined]
    tenants = {box.tenant_id: box.tenant for box in found} | runs
    houses = [
        House(tenant, [b for b in found if b.tenant_id == pk], [r for r in waiting if r.tenant_id == pk], pk in runs)
        for pk, tenant in sorted(tenants.items(), key=lambda item: item[1].name)
    ]
    seen = {"houses": houses, "alive": [*states.ALIVE], "me": user, "answers": bool(runs)}
    today = timezone.localdate()
    seen |= {"tomorrow": today + timedelta(days=1), "farthest": today + _FARTHEST, "grace": settings.CLOSURE_GRACE_DAYS}
    return render(request, "mailbox/life/boxes.html", seen)


class Asked(forms.Form):
    """What is asked for. `person` lists people of the structure: nobody is looked for by what is typed."""

    kind = forms.ChoiceField(
        label="Type de boîte", choices=Mailbox.Kind.choices, initial=Mailbox.Kind.ORG, widget=forms.RadioSelect
    )
    person = forms.ModelChoiceField(User.objects.none(), label="Pour qui", required=False, empty_label="Choisissez…")
    label = forms.CharField(label="Service ou logiciel", max_length=60, required=False)
    domain = forms.ModelChoiceField(Domain.objects.none(), label="Domaine", empty_label=None)
    reason = forms.CharField(label="Motif", max_length=desk.MAX_REASON, widget=forms.Textarea({"rows": 3}))

    def __init__(self, tenant: Tenant, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        self.tenant = tenant
        self.fields["person"].queryset = access.people_of(tenant).exclude(rpps="")  # type: ignore[attr-defined]
        own = Domain.objects.filter(state=Domain.State.ACTIVE)
        used = own.filter(mailboxes__tenant=tenant).distinct()
        self.fields["domain"].queryset = used if used.exists() else own  # type: ignore[attr-defined]
        self.fields["domain"].initial = self.fields["domain"].queryset.first()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("kind") == Mailbox.Kind.PER and not given.get("person"):
            self.add_error("person", "Choisissez la personne dont ce sera la boîte : elle a un numéro RPPS.")
        if given.get("kind") == Mailbox.Kind.APP and not given.get("label"):
            self.add_error("label", "Écrivez le nom du logiciel.")
        return given

    @property
    def wish(self) -> Wish:
        given = self.cleaned_data
        is_personal = given["kind"] == Mailbox.Kind.PER
        return Wish(
            tenant=self.tenant, domain=given["domain"], kind=given["kind"], person=given["person"] if is_personal else None,
            label="" if is_personal else given["label"],
        )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """First what is wanted, then which of the addresses that are free."""
    user = person(request)
    tenant = access.tenants_of(user).filter(pk=tenant_id).first()
    if tenant is None:
        raise Http404
    form = Asked(tenant, request.POST or None)
    seen: dict[str, Any] = {"form": form, "tenant": tenant}
    if request.method == "POST" and form.is_valid():
        address = request.POST.get("address", "")
        if address and _asked(request, form, address, user):
            return redirect("mailbox:boxes")
        seen["offers"] = requests.offers(form.wish)
        seen["near"] = requests.near(seen["offers"][0]) if seen["offers"] else []
        seen["chosen"] = address if address in seen["offers"] else ""
        if not seen["offers"]:
            form.add_error(
                None, "Aucune adresse ne se forme de ces noms. Écrivez un service, ou adressez-vous à l’opérateur."
            )
    return render(request, "mailbox/life/ask.html", seen, status=422 if form.errors else 200)


def _asked(request: HttpRequest, form: Asked, address: str, user: User) -> bool:
    by = desk.By(now=timezone.now(), actor=user, request=request, reason=form.cleaned_data["reason"])
    try:
        requests.ask(form.wish, address, by)
    except requests.Refused as words:
        form.add_error(None, str(words))
        return False
    messages.success(request, f"La boîte {address} est demandée. Elle sera ouverte après vérification.")
    return True


@never_cache
@require_POST
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The *titulaire* agrees or refuses; whoever asked takes it back."""
    user = person(request)
    row = access.access_request(user, request_id)
    is_holder, act = row.tenant.holder_id == user.pk, request.POST.get("action")
    by = desk.By(
        now=timezone.now(), actor=user, request=request, reason=request.POST.get("reason", "")[: desk.MAX_REASON]
    )
    try:
        if act == "agree" and is_holder:
            requests.agree(row.pk, by)
            said = "Votre accord est donné."
        elif act == "refuse" and is_holder:
            requests.refuse(row.pk, by)
            said = "La demande est refusée."
        elif act == "withdraw" and row.asked_by_id == user.pk:
            requests.withdraw(row.pk, by)
            said = "La demande est retirée."
        else:
            raise Http404
    except requests.Refused as words:
        messages.error(request, str(words))
    else:
        messages.success(request, said)
    return redirect("mailbox:boxes")


class Closing(forms.Form):
    on = forms.DateField()
    reason = forms.CharField(max_length=desk.MAX_REASON)


@never_cache
@require_POST
@proof.asked(Worth.STRONGEST)
def close(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """A closure is asked for, on a day and with a reason; or taken back."""
    user = person(request)
    mailbox = access.access_governed(user, box_id)
    form, now = Closing(request.POST), timezone.now()
    by = desk.By(now=now, actor=user, request=request, reason=request.POST.get("reason", "")[: desk.MAX_REASON])
    try:
        if request.POST.get("action") == "keep":
            desk.keep(mailbox.pk, by)
            messages.success(request, "La clôture est annulée.")
        elif form.is_valid() and _fits(form.cleaned_data["on"]):
            desk.ask_closure(mailbox.pk, by, on=_morning(form.cleaned_data["on"]))
            messages.success(
                request, f"La boîte {mailbox.address} sera clôturée le {form.cleaned_data['on']:%d/%m/%Y}."
            )
        else:
            messages.error(request, "Donnez un motif, et un jour entre demain et un an.")
    except states.Impossible:
        messages.error(request, "Ce n’est plus possible : l’état de cette boîte a changé.")
    return redirect("mailbox:boxes")


def _fits(on: date) -> bool:
    today = timezone.localdate()
    return today < on <= today + _FARTHEST


def _morning(on: date) -> datetime:
    """When the day begins, on the clock of the office."""
    return timezone.make_aware(datetime.combine(on, time()))
