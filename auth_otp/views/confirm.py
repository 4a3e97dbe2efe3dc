"""/confirmer/: who is in shows once more who they are, before a sensitive act, and goes on to it.

By the password, and a code of the authenticator where a strong proof is asked; by a passkey or a door of the sector, whose
own views call `entry.prove`. What is asked for is judged again by the act itself: the address only says which fields to show.
"""

from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import again, entry, factors, otp, throttle
from auth_otp.forms import CodeInput
from auth_otp.means import PASSWORD, Means
from auth_otp.models import User
from auth_otp.ways import target, too_soon
from mssweb.audit.record import REFUSED, record


class ConfirmForm(forms.Form):
    password = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    code = forms.CharField(label="Code de l’application, ou de secours", max_length=40, widget=CodeInput)
    password.widget.attrs.update({"autocomplete": "current-password", "autofocus": True})
    code.widget.attrs.update({"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"})

    def __init__(self, data: QueryDict | None, *, with_code: bool) -> None:
        super().__init__(data)
        if not with_code:
            del self.fields["code"]


@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return redirect("auth_otp:sign_in")
    is_strong = "fort" in request.GET or "fort" in request.POST
    form = ConfirmForm(request.POST or None, with_code=is_strong and _has_codes(user))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        answer = again.confirm(request, user, form.cleaned_data["password"], now=now, clear=False)
        if answer.wait:
            return too_soon(request, answer.wait)
        if not answer.is_right:
            form.add_error("password", "Mot de passe incorrect.")
        elif (proof := _proof(request, user, form, now)) is None:
            form.add_error("code", "Ce code n’est pas le bon, ou il a déjà servi.")
        else:
            throttle.clear(request, user.pk)
            entry.prove(request, proof=proof, now=now)
            record("session.prove", request=request, means=proof)
            return HttpResponseRedirect(target(request))
    may = user.has_usable_password() and (not is_strong or "code" in form.fields)
    seen = {"form": form, "next": target(request), "is_strong": is_strong, "may_password": may}
    seen["has_strong"] = factors.has_strong(user)
    return render(request, "auth_otp/confirm.html", seen, status=422 if form.errors else 200)


def _has_codes(user: User) -> bool:
    return factors.totp_of(user) is not None or factors.codes_left(user) > 0


def _proof(request: HttpRequest, user: User, form: ConfirmForm, now: datetime) -> str | None:
    """None: the code is wrong, which is told, and counted like a password."""
    if "code" not in form.fields:
        return PASSWORD
    given = form.cleaned_data["code"]
    for way, means in ((otp.Way.TOTP, Means.PASSWORD_TOTP), (otp.Way.RECOVERY, Means.PASSWORD_RECOVERY)):
        if factors.spend(way, user_id=user.pk, given=given, now=now):
            return means
    record("session.code_failed", request=request, result=REFUSED, means=otp.Way.TOTP.value)
    return None
