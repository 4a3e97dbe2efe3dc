"""What the pages of those who come in have in common: a code typed, a mobile, a password chosen twice; how they wait.

Public pages, by who is not signed in. What is said of a wrong code is one sentence, whatever is wrong with it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from auth_otp import allowances, begun, missives, numbers
from auth_otp.forms import CodeInput
from auth_otp.models import Enrolment, Missive, Reset, User
from auth_otp.ways import too_soon
from mailbox import tasks

WRONG = "Ce code n’est pas le bon, ou il ne sert plus."
_STEPS = ("Code", "Mobile", "Mot de passe")
_NEW = {"autocomplete": "new-password"}


class SpokenForm(forms.Form):
    """Signs that were read or heard: no telephone fills them in."""

    code = forms.CharField(label="Code", max_length=60, widget=CodeInput)
    code.widget.attrs.update(
        {
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "class": "signs",
            "autofocus": True,
        }
    )

    def __init__(self, data: QueryDict | None = None, *, label: str = "", name: str = "") -> None:
        super().__init__(data, label_suffix="", auto_id=f"id_{name}_%s" if name else "id_%s")
        self.fields["code"].label = label or self.fields["code"].label


class DigitsForm(forms.Form):
    code = forms.CharField(label="Code reçu par SMS", max_length=40, widget=CodeInput)
    code.widget.attrs.update(
        {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code", "autofocus": True}
    )

    def __init__(self, data: QueryDict | None = None, *, name: str = "") -> None:
        super().__init__(data, label_suffix="", auto_id=f"id_{name}_%s" if name else "id_%s")


class ReferenceForm(forms.Form):
    reference = forms.CharField(label="Votre référence", max_length=60)
    reference.widget.attrs.update(
        {
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "class": "signs",
            "autofocus": True,
        }
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


class MobileForm(forms.Form):
    phone = forms.CharField(label="Votre mobile", max_length=40, widget=forms.TextInput({"type": "tel"}))
    phone.widget.attrs.update({"autocomplete": "tel", "inputmode": "tel"})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_phone(self) -> str:
        try:
            return numbers.mobile(str(self.cleaned_data["phone"]), settings.SMS_COUNTRIES)
        except numbers.NumberRefused as refused:
            raise forms.ValidationError(refused.words) from None


class PasswordForm(forms.Form):
    """`person`: whose it will be, so that it is not made of their names."""

    new = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    twice = forms.CharField(label="Une seconde fois", max_length=200, strip=False, widget=forms.PasswordInput)
    new.widget.attrs.update(_NEW | {"autofocus": True})
    twice.widget.attrs.update(_NEW)

    def __init__(self, person: User, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        self.person = person

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("new") and given.get("twice") and given["new"] != given["twice"]:
            self.add_error("twice", "Les deux mots de passe ne sont pas les mêmes.")
        elif given.get("new"):
            try:
                password_validation.validate_password(given["new"], self.person)
            except ValidationError as words:
                self.add_error("new", words)
        return given


def page(request: HttpRequest, name: str, *, form: forms.Form | None = None, **seen: Any) -> HttpResponse:
    """422 when the form was refused. `step`: where one is in the steps of a code, a mobile and a password."""
    seen |= {"form": form, "is_demo": settings.DEMO, "steps": _STEPS}
    return render(request, f"mailbox/coming/{name}.html", seen, status=422 if form and form.errors else 200)


def mobile_step(
    request: HttpRequest, row: begun.Begun, *, here: str, confirm: Callable[[str], bool], words: str = ""
) -> HttpResponse:
    """A number that is typed, then the code that it gets; another number as often as rations let. `here`: this page."""
    action = request.POST.get("action", "")
    waiting = Missive.objects.filter(about=row.pk, kind=Missive.Kind.MOBILE, used_at=None).first()
    if action == "other" or waiting is None or waiting.box is None:
        return _number(request, row, here, words)
    path = reverse(here)
    if action == "again":
        return _send(request, row, missives.content(waiting).to[0], here)
    form = DigitsForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and form.is_valid():
        if confirm(form.cleaned_data["code"]):
            return redirect(here)
        form.add_error("code", f"{WRONG} Vérifiez le dernier SMS reçu, ou demandez-en un autre.")
    phone = missives.content(waiting).to[0][-2:]
    return page(request, "mobile_code", form=form, step=2, phone=phone, here=path, may_change=True)


def come_back(request: HttpRequest, model: type[Enrolment] | type[Reset], what: str, here: str) -> HttpResponse:
    """This browser goes on with what its reference is of; nothing is told of one that was never given."""
    form = ReferenceForm(request.POST if "reference" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            row = begun.find(request, model, form.cleaned_data["reference"], now=timezone.now())
        except allowances.UsedUp as told:
            return wait(request, told.wait, reverse(here))
        if row is not None:
            begun.remember(request, what, row.pk)
            return redirect(here)
        form.add_error("reference", "Cette référence n’est pas, ou plus, celle d’une demande ouverte.")
    return page(request, "reference", form=form, here=reverse(here))


def _number(request: HttpRequest, row: begun.Begun, here: str, words: str) -> HttpResponse:
    form = MobileForm(request.POST if "phone" in request.POST else None)
    if form.is_bound and form.is_valid():
        return _send(request, row, form.cleaned_data["phone"], here)
    return page(request, "mobile", form=form, step=2, here=reverse(here), words=words)


def _send(request: HttpRequest, row: begun.Begun, number: str, here: str) -> HttpResponse:
    try:
        with transaction.atomic():
            begun.ask_mobile(request, row.pk, number, now=timezone.now())
            soon()
    except allowances.UsedUp as told:
        return wait(request, told.wait, reverse(here))
    return redirect(here)


def wait(request: HttpRequest, left: timedelta, back: str) -> HttpResponse:
    """Too many were asked for."""
    return too_soon(request, left, back=back)


def soon() -> None:
    """A worker looks at it once this transaction is over; the sweep does if nobody hears."""
    transaction.on_commit(lambda: tasks.ring(tasks.let_in))
