"""«Sécurité»: the ways that one signs in, the stronger offered first. Before a change its person proves once more who they are.

Secrets are shown to who is adding them; recovery codes in the one answer that makes them, and never again.
"""

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from auth_otp import ceremonies, entry, factors, holdings, proof, totp
from auth_otp.forms import CodeInput
from auth_otp.means import Means
from auth_otp.models import Passkey, SectorLink, TOTPDevice, User
from mailbox.views import me, me_standing
from mailbox.views.place import person

_LATE = "Plus de quinze minutes ont passé\u00a0: recommencez, et supprimez de l’application le compte qui vient d’y être mis."
STRONGEST = proof.asked(proof.Worth.STRONGEST)  # guards what changes the ways in


class Confirm(forms.Form):
    code = forms.CharField(label="Code affiché par l’application", max_length=40, widget=CodeInput)
    code.widget.attrs.update({"autocomplete": "one-time-code", "inputmode": "numeric"})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


@require_safe
@me.mine
def security(request: HttpRequest) -> HttpResponse:
    """The ways of this person; each is changed on a page of its own."""
    user, row, now = person(request), entry.row_of(request), timezone.now()
    passkeys = Passkey.objects.filter(user=user).order_by("added_at")
    held, left = holdings.held_by([user.pk], now=now)[user.pk], factors.codes_left(user)
    may_add_passkey, may_codes = ceremonies.is_open(), held.is_strong and user.has_usable_password()
    step = me_standing.first_step(
        held, left=left, may_codes=may_codes, may_begin=factors.may_begin(user), may_add_passkey=may_add_passkey
    )
    return me.show(
        request, "me_security", passkeys=passkeys, this_passkey=row.passkey_id if row else None, device=factors.totp_of(user),
        left=left, codes=factors.CODES, phone=user.phone[-2:], has_strong=held.is_strong,
        has_password=user.has_usable_password(), step=step, others=held.sessions - 1,
        entrances=me_standing.entrances(user), last_notice=me_standing.last_notice(user, now=now),
        may_add_passkey=may_add_passkey, may_codes=may_codes,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@STRONGEST
@me.mine
def codes(request: HttpRequest) -> HttpResponse:
    """Ten codes for the day when what is stronger is lost; they stand for it, after the password."""
    user = person(request)
    if not _may_codes(user):
        return redirect("mailbox:me_security")
    if request.method == "POST":
        made = factors.renew_codes(request, user=user)
        return _codes(request, made) if made else redirect("mailbox:me_security")  # removed meanwhile
    return me.show(request, "me_security", page="codes_new", left=factors.codes_left(user))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@STRONGEST
@me.mine
def application(request: HttpRequest) -> HttpResponse:
    """An authenticator: its secret, then a code that shows that it has arrived."""
    user, now = person(request), timezone.now()
    if factors.totp_of(user) is not None:
        return redirect("mailbox:me_security")
    secret = factors.begun(request, user=user, now=now)
    if secret is not None and request.method == "POST":
        return _confirmed(request, user, secret, Confirm(request.POST))
    if request.method == "POST":
        messages.warning(request, _LATE)
    if secret is None:
        factors.begin(request, user=user, now=now)
        secret = factors.begun(request, user=user, now=now) or b""
    return _secret_page(request, user, secret, Confirm())


def _confirmed(request: HttpRequest, user: User, secret: bytes, form: Confirm) -> HttpResponse:
    if not form.is_valid():
        return _secret_page(request, user, secret, form)
    now = timezone.now()
    made = factors.add(request, user=user, secret=secret, given=form.cleaned_data["code"], now=now)
    if made is None:
        words = "Ce code n’est pas le bon. Vérifiez l’heure de votre téléphone, et prenez le code suivant."
        form.add_error("code", words)
        return _secret_page(request, user, secret, form)
    entry.strengthen(request, user=user, means=Means.PASSWORD_TOTP, device=TOTPDevice.objects.get(user=user), now=now)
    if made:
        return _codes(request, made, is_new=True)
    messages.success(request, "Votre application est ajoutée. Vos codes de secours restent les mêmes.")
    return redirect("mailbox:me_security")


@require_http_methods(["GET", "POST"])
@STRONGEST
@me.mine
def remove_application(request: HttpRequest) -> HttpResponse:
    user = person(request)
    if factors.totp_of(user) is None:
        return redirect("mailbox:me_security")
    if request.method == "POST":
        if words := factors.remove(request, user=user):
            messages.error(request, words)
        else:
            entry.weaken(request, user=user, now=timezone.now())
            messages.success(request, "Votre application est retirée.")
        return redirect("mailbox:me_security")
    is_last = not Passkey.objects.filter(user=user).exists() and not SectorLink.objects.filter(user=user).exists()
    return me.show(request, "me_security", page="application_remove", is_last=is_last)


def _may_codes(user: User) -> bool:
    """A code comes after the password."""
    return factors.has_strong(user) and user.has_usable_password()


def _secret_page(request: HttpRequest, user: User, secret: bytes, form: Confirm) -> HttpResponse:
    drawing = segno.make(totp.uri(secret, user.login), error="m", micro=False)
    svg = drawing.svg_inline(omitsize=True, dark="#000", light="#fff", border=4)
    return me.show(
        request, "me_security", page="secret", form=form, groups=totp.in_groups(secret),
        qr=mark_safe(svg),  # noqa: S308  (squares that segno draws: no word of the address is in it)
    )  # fmt: skip


def _codes(request: HttpRequest, made: list[str], *, is_new: bool = False) -> HttpResponse:
    """Shown once: no page shows them again."""
    return me.show(request, "me_security", page="codes", codes=made, is_new=is_new)
