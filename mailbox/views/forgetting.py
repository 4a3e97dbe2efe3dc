"""«Mot de passe oublié ?», «Téléphone perdu ?»: the proofs, the wait, the new password or the new mobile. Public.

One answer and one page, whoever was named. Whoever comes back types the reference. Refuses to sign anybody in: they do, with all
their factors, once it is done.
"""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import allowances, begun, reset
from auth_otp.forms import WHAT_LOGIN
from auth_otp.models import Missive, Reset, User
from auth_otp.views.sign_in import pending
from mailbox.views.coming import WRONG, DigitsForm, PasswordForm, SpokenForm, come_back, mobile_step, page, soon, wait

_WHAT, _HERE = "reset", "mailbox:reset"
_State = Reset.State
_NEW_NUMBER = "Votre nouveau numéro. Un code y part maintenant\u00a0; il remplacera l’ancien, à qui rien n’ira plus."


class NameForm(forms.Form):
    login = forms.CharField(label="Identifiant", max_length=254, help_text=WHAT_LOGIN)
    login.widget.attrs.update(
        {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, reference = reset.begin(request, form.cleaned_data["login"], now=timezone.now())
        except allowances.UsedUp as told:
            return wait(request, told.wait, reverse("mailbox:forgotten"))
        return _begun(request, row, reference)
    return page(request, "forgotten", form=form)


@never_cache
@require_POST
def lost(request: HttpRequest) -> HttpResponse:
    """From the page of the code: the password was just given, the telephone is not there."""
    challenge = pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    try:
        row, reference = reset.begin_factor(request, challenge.user, now=timezone.now())
    except allowances.UsedUp as told:
        return wait(request, told.wait, reverse("auth_otp:code"))
    return _begun(request, row, reference)


def _begun(request: HttpRequest, row: Reset, reference: str) -> HttpResponse:
    begun.remember(request, _WHAT, row.pk, reference)
    soon()
    return redirect(_HERE)


@never_cache
@sensitive_post_parameters("code", "new", "twice", "reference")
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Where it stands, for the browser that asked, or that typed the reference."""
    row, now = _row(begun.remembered(request, _WHAT)), timezone.now()
    if row is None or "reference" in request.POST:
        return come_back(request, Reset, _WHAT, _HERE)
    if request.method == "POST" and request.POST.get("action") == "cancel":
        reset.cancel(request, row, now=now)
        begun.forget(request, _WHAT)
        return page(request, "done", what="cancelled")
    if row.state in {_State.DONE, _State.CANCELLED}:
        return page(request, "over", kind="reset")
    if row.state == _State.COOLING:
        return (
            _ripe(request, row)
            if reset.is_ripe(row, now)
            else page(request, "cooling", row=row, reference=_told(request), here=request.path)
        )
    return _proofs(request, row)


def _row(pk: UUID | None) -> Reset | None:
    rows = Reset.objects.select_related("user").filter(until__gt=timezone.now())
    return rows.filter(pk=pk).first() if pk else None


def _told(request: HttpRequest) -> str:
    return begun.shown_reference(request, _WHAT).upper()


def _proofs(request: HttpRequest, row: Reset) -> HttpResponse:
    """Both codes on one page: which is wrong is told of the one that was typed, in the same words for everybody."""
    act, now, said = request.POST.get("action", ""), timezone.now(), ""
    sms = DigitsForm(request.POST if act == "sms" else None, name="sms")
    letter = SpokenForm(request.POST if act == "letter" else None, name="letter", label="Code reçu par message MSSanté")
    letter.fields["code"].widget.attrs.pop("autofocus", None)
    if act == "again":
        said = (
            "Un autre SMS part."
            if reset.again(row, now=now)
            else "Pas encore\u00a0: attendez une minute, trois SMS au plus."
        )
        soon()
    kinds = {"sms": (Missive.Kind.RESET_SMS, sms), "letter": (Missive.Kind.RESET_LETTER, letter)}
    if act in kinds and kinds[act][1].is_valid():
        kind, form = kinds[act]
        if reset.prove(request, row, kind, form.cleaned_data["code"], now=now):
            soon()
            return redirect(_HERE)
        form.add_error("code", f"{WRONG} Cinq essais par code.")
    bad = sms if sms.errors else letter
    return page(
        request,
        "proofs",
        form=bad,
        row=row,
        sms=sms,
        letter=letter,
        said=said,
        reference=_told(request),
        here=request.path,
    )


def _ripe(request: HttpRequest, row: Reset) -> HttpResponse:
    try:
        if row.kind == Reset.Kind.FACTOR:
            return _mobile(request, row)
        person = row.user or User()
        form = PasswordForm(person, request.POST or None)
        if request.method == "POST" and form.is_valid():
            reset.finish_password(request, row, password=form.cleaned_data["new"], now=timezone.now())
            return page(request, "done", what="password")
    except reset.Over:
        return page(request, "over", kind="reset")
    return page(request, "chosen", form=form, step=3, login=person.login)


def _mobile(request: HttpRequest, row: Reset) -> HttpResponse:
    answer = mobile_step(
        request, row, here=_HERE, words=_NEW_NUMBER,
        confirm=lambda code: reset.confirm_mobile(request, row, code, now=timezone.now()),
    )  # fmt: skip
    row.refresh_from_db(fields=["state"])
    return page(request, "done", what="factor") if row.state == _State.DONE else answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a warning: one click more, for programs follow links by themselves."""
    row = reset.of_token(token, now=timezone.now())
    if row is None:
        return page(request, "over", kind="reset")
    if request.method == "POST":
        reset.cancel(request, row, now=timezone.now())
        return page(request, "done", what="cancelled")
    return page(request, "cancel", here=request.path, row=row)
