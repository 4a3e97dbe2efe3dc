"""«Mon compte»: who one is here, and one's own mobile number, changed with a strong proof and a code to the new one."""

import math

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from auth_otp import challenges, factors, number_change, otp, proof
from auth_otp.forms import CodeInput
from auth_otp.models import Challenge, User
from auth_otp.numbers import NumberRefused
from auth_otp.proof import Worth
from mailbox.views import me
from mailbox.views.place import person

_ENDED = {
    otp.Outcome.EXPIRED: "Ce code a expiré\u00a0: redonnez le numéro pour en recevoir un autre.",
    otp.Outcome.EXHAUSTED: "Trop d’essais avec ce code\u00a0: redonnez le numéro pour en recevoir un autre.",
}
_WRONG = "Ce code n’est pas le bon. Vérifiez le dernier SMS reçu sur le nouveau mobile."


class Number(forms.Form):
    number = forms.CharField(label="Nouveau numéro de mobile", max_length=40)
    number.widget.attrs.update({"type": "tel", "autocomplete": "tel", "inputmode": "tel"})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


class Code(forms.Form):
    code = forms.CharField(label="Code reçu sur le nouveau mobile", max_length=40, widget=CodeInput)
    code.widget.attrs.update({"autocomplete": "one-time-code", "inputmode": "numeric"})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


@require_safe
@me.mine
def account(request: HttpRequest) -> HttpResponse:
    return me.show(request, "me_account", phone=person(request).phone[-2:])


@require_http_methods(["GET", "POST"])
@me.mine
def number(request: HttpRequest) -> HttpResponse:
    """Who holds an SMS alone is told what to do: a telephone that was taken would move itself to another."""
    if not factors.has_strong(person(request)):
        return me.show(request, "me_account", page="number_barred")
    answer: HttpResponse = _change(request)
    return answer


@sensitive_post_parameters("number", "code")
@proof.asked(Worth.STRONG)
def _change(request: HttpRequest) -> HttpResponse:
    user, act, now = person(request), request.POST.get("action", ""), timezone.now()
    challenge = number_change.pending(request, user=user, now=now)
    if act == "cancel":
        number_change.cancel(user, now=now)
        return redirect("mailbox:me_account")
    if challenge and act == "again":
        return _again(request, challenge)
    if challenge and act != "ask":
        return _code(request, challenge)
    return _number(request, user)


def _number(request: HttpRequest, user: User) -> HttpResponse:
    form = Number(request.POST if "number" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            number_change.ask(request, user=user, given=form.cleaned_data["number"], now=timezone.now())
        except NumberRefused as refused:
            form.add_error("number", refused.words)
        except challenges.TooMany as told:
            minutes = max(1, math.ceil(told.wait.total_seconds() / 60))
            form.add_error("number", f"Trop de codes demandés\u00a0: réessayez dans {minutes}\u00a0min.")
        else:
            return redirect("mailbox:me_number")
    return me.show(request, "me_account", page="number", form=form, phone=user.phone[-2:])


def _code(request: HttpRequest, challenge: Challenge) -> HttpResponse:
    form = Code(request.POST if "code" in request.POST else None)
    if form.is_bound and form.is_valid():
        outcome = number_change.confirm(request, challenge, code=form.cleaned_data["code"], now=timezone.now())
        if outcome is otp.Outcome.OK:
            messages.success(request, "Votre numéro est changé. L’ancien en est averti par SMS.")
            return redirect("mailbox:me_account")
        if outcome in _ENDED:
            messages.error(request, _ENDED[outcome])
            return redirect("mailbox:me_number")
        form.add_error("code", _WRONG)
    challenge.refresh_from_db()
    return me.show(request, "me_account", page="number_code", form=form, challenge=challenge, to=challenge.to[-2:])


def _again(request: HttpRequest, challenge: Challenge) -> HttpResponse:
    try:
        is_asked = challenges.resend(challenge, now=timezone.now(), network=None)
    except challenges.TooMany:
        is_asked = False
    if is_asked:
        messages.success(request, "Le code est renvoyé.")
    else:
        messages.info(request, "Un code vient de partir\u00a0: attendez trente secondes avant d’en demander un autre.")
    return redirect("mailbox:me_number")
