"""A manager asks a colleague who has no account into a shared mailbox; follows it, sends it again, takes it back.

The code that is said in person is in the one answer that draws it, and never again. A fresh proof is asked: whoever finds a
session open at the counter lets nobody in.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from auth_otp import allowances, proof
from auth_otp.proof import Worth
from mailbox import colleagues
from mailbox.models import ColleagueInvitation, Mailbox, Membership
from mailbox.views.coming import MobileForm, soon
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_ROLES = [(value, str(label).capitalize()) for value, label in Membership.Role.choices]
_FULL = "Trop d’invitations attendent une réponse\u00a0: annulez-en d’abord."
_USED_UP = "Trop d’invitations sont parties aujourd’hui, de vous ou vers ce mobile\u00a0: réessayez demain."


class ColleagueForm(MobileForm):
    first_name = forms.CharField(label="Prénom", max_length=100)
    last_name = forms.CharField(label="Nom", max_length=100)
    role = forms.ChoiceField(label="Rôle", choices=_ROLES, initial=Membership.Role.MEMBER)
    may_send = forms.BooleanField(label="Peut envoyer des messages", required=False, initial=True)
    field_order = ["first_name", "last_name", "phone", "role", "may_send"]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.fields["phone"].label = "Son mobile"
        for name in ("first_name", "last_name", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def who(self) -> colleagues.Who:
        given = self.cleaned_data
        return colleagues.Who(given["first_name"].strip(), given["last_name"].strip(), given["phone"])


@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
@proof.asked(Worth.STRONGEST)
def invite(request: HttpRequest, place: Place) -> HttpResponse:
    mailbox = _shared(place)
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                row, code = colleagues.invite(
                    mailbox, place.user, form.who, role=given["role"], may_send=given["may_send"], now=timezone.now()
                )
                _tell(request, row, "colleague.invite")
                soon()
            return _said(request, place, form.who.name, code)
        except colleagues.Full:
            form.add_error(None, _FULL)
        except allowances.UsedUp:
            form.add_error(None, _USED_UP)
    seen = {"shell": place.at("members"), "form": form}
    return render(request, "mailbox/team/colleague.html", seen, status=422 if form.errors else 200)


@require_http_methods(["POST"])
@inside(manage=True)
@proof.asked(Worth.STRONGEST)
def again(request: HttpRequest, place: Place, invitation_id: UUID) -> HttpResponse:
    """A new link and a new code, or the end of it."""
    row = colleagues.found(_shared(place), invitation_id)
    if row is None:
        raise Http404
    now, who = (
        timezone.now(),
        next((one for one in colleagues.of(place.mailbox, timezone.now()) if one.row.pk == row.pk), None),
    )
    if request.POST.get("action") == "revoke":
        with transaction.atomic():
            if not colleagues.revoke(row, now=now):
                raise Http404
            _tell(request, row, "colleague.revoke")
        messages.success(request, "Invitation annulée\u00a0: son lien n’ouvre plus rien.")
        return redirect("mailbox:members", place.mailbox.pk)
    try:
        with transaction.atomic():
            code = colleagues.resend(row, place.user, now=now)
            _tell(request, row, "colleague.resend")
            soon()
    except allowances.UsedUp:
        messages.error(request, _USED_UP)
    except colleagues.Over:
        messages.error(request, "Cette invitation ne peut plus être renvoyée\u00a0: faites-en une autre.")
    else:
        return _said(request, place, who.name if who else "", code)
    return redirect("mailbox:members", place.mailbox.pk)


def _said(request: HttpRequest, place: Place, name: str, code: str) -> HttpResponse:
    seen = {"shell": place.at("members"), "name": name, "code": code.upper()}
    return render(request, "mailbox/team/colleague_code.html", seen)


def _tell(request: HttpRequest, row: ColleagueInvitation, action: str) -> None:
    record(
        action, request=request, mailbox_id=row.mailbox_id, subject=("invitation", row.pk), role=row.role,
        may_send=row.may_send,
    )  # fmt: skip


def _shared(place: Place) -> Mailbox:
    if not place.mailbox.is_shared:
        raise Http404
    return place.mailbox
