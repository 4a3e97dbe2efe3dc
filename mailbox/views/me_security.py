"""«Sécurité»: the ways that one signs in, a stronger one added or removed. The password is asked again before each change.

Secrets are shown to who is adding them; recovery codes in the one answer that makes them, and never again.
"""

import segno
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import again, entry, factors, totp
from auth_otp.forms import CodeInput
from auth_otp.means import Means
from auth_otp.models import TOTPDevice, User
from mailbox.views import me
from mailbox.views.place import person

_WEAK = "Entrez avec votre application ou un code de secours\u00a0: pour un administrateur, un SMS ne suffit pas."
_ALONE = (
    "Aucun mobile n’est enregistré pour vous\u00a0: sans cette application, vous ne pourriez plus entrer. "
    "Ajoutez d’abord votre numéro, dans «\u00a0Mon compte\u00a0»."
)
_LATE = "Plus de quinze minutes ont passé\u00a0: recommencez, et supprimez de l’application le compte qui vient d’y être mis."


class Password(forms.Form):
    password = forms.CharField(label="Votre mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    password.widget.attrs.update({"autocomplete": "current-password"})

    def __init__(self, data: QueryDict | None = None, *, act: str = "") -> None:
        super().__init__(data, label_suffix="", auto_id=f"id_{act}_%s" if act else "id_%s")

    def is_confirmed(self, request: HttpRequest, user: User) -> bool:
        """It is the password of this person; else the field says why not."""
        if not self.is_valid():
            return False
        answer = again.confirm(request, user, self.cleaned_data["password"], now=timezone.now())
        if not answer.is_right:
            minutes = max(1, round(answer.wait.total_seconds() / 60))
            wait = f"Trop d’essais\u00a0: attendez {minutes} minute{'s' if minutes > 1 else ''}."
            self.add_error("password", wait if answer.wait else "Ce n’est pas votre mot de passe.")
        return answer.is_right


class Confirm(forms.Form):
    code = forms.CharField(label="Code affiché par l’application", max_length=40, widget=CodeInput)
    code.widget.attrs.update({"autocomplete": "one-time-code", "inputmode": "numeric"})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@me.mine
def security(request: HttpRequest) -> HttpResponse:
    """The ways of this person. A POST removes the authenticator, or makes its recovery codes again."""
    user, act = person(request), request.POST.get("action", "")
    device = factors.totp_of(user)
    if request.method == "POST" and not factors.may_change(user):
        raise PermissionDenied(_WEAK)
    if request.method == "POST" and (device is None or act not in {"remove", "codes"}):
        return redirect("mailbox:me_security")
    if act == "remove" and not factors.may_remove(user):
        messages.warning(request, _ALONE)
        return redirect("mailbox:me_security")
    form = Password(request.POST or None, act=act)
    if request.method == "POST" and form.is_confirmed(request, user):
        return _act(request, user, act)
    shown = {name: form if name == act else Password(act=name) for name in ("remove", "codes")}
    left = factors.codes_left(user) if device else 0
    return me.show(
        request, "me_security", form=form, device=device, left=left, codes=factors.CODES, forms=shown, act=act,
        phone=user.phone[-2:], may_change=factors.may_change(user), may_remove=factors.may_remove(user),
    )  # fmt: skip


def _act(request: HttpRequest, user: User, act: str) -> HttpResponse:
    if act == "codes":
        codes = factors.renew_codes(request, user=user)
        return _codes(request, codes) if codes else redirect("mailbox:me_security")  # removed meanwhile
    factors.remove(request, user=user)
    entry.weaken(request, user=user, now=timezone.now())
    messages.success(request, "Votre application est retirée, et ses codes de secours ne servent plus.")
    return redirect("mailbox:me_security")


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
@me.mine
def application(request: HttpRequest) -> HttpResponse:
    """An authenticator, in two steps: the password, then a code that shows that the secret has arrived."""
    user, now = person(request), timezone.now()
    if factors.totp_of(user) is not None:
        return redirect("mailbox:me_security")
    secret = factors.begun(request, user=user, now=now)
    if "code" in request.POST and secret is not None:
        confirm = Confirm(request.POST)
        if confirm.is_valid():
            given = confirm.cleaned_data["code"]
            if codes := factors.add(request, user=user, secret=secret, given=given, now=now):
                entry.strengthen(
                    request, user=user, means=Means.PASSWORD_TOTP, device=TOTPDevice.objects.get(user=user), now=now
                )
                return _codes(request, codes, is_new=True)
            confirm.add_error(
                "code", "Ce code n’est pas le bon. Vérifiez l’heure de votre téléphone, et prenez le code suivant."
            )
        return _secret_page(request, user, secret, confirm)
    if "code" in request.POST:
        messages.warning(request, _LATE)
    form = Password(request.POST if "password" in request.POST else None)
    if form.is_bound and form.is_confirmed(request, user):
        factors.begin(request, user=user, now=now)
        return redirect("mailbox:me_application")
    if secret is not None and not form.is_bound:
        return _secret_page(request, user, secret, Confirm())
    return me.show(request, "me_security", page="application", form=form)


def _secret_page(request: HttpRequest, user: User, secret: bytes, form: Confirm) -> HttpResponse:
    drawing = segno.make(totp.uri(secret, user.login), error="m", micro=False)
    svg = drawing.svg_inline(omitsize=True, dark="#000", light="#fff", border=4)
    return me.show(
        request, "me_security", page="secret", form=form, groups=totp.in_groups(secret),
        qr=mark_safe(svg),  # noqa: S308  (squares that segno draws: no word of the address is in it)
    )  # fmt: skip


def _codes(request: HttpRequest, codes: list[str], *, is_new: bool = False) -> HttpResponse:
    """Shown once: no page shows them again."""
    return me.show(request, "me_security", page="codes", codes=codes, is_new=is_new)
