"""Passkeys of «Sécurité»: added by static/js/passkeys.js, renamed, removed. One's own, after a proof of who one is."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import ceremonies, entry, factors, passkeys
from auth_otp.means import Means
from auth_otp.models import Passkey
from auth_otp.views.passkey import there, words
from mailbox.views import me
from mailbox.views.me_security import STRONGEST
from mailbox.views.place import person


class Name(forms.Form):
    name = forms.CharField(label="Nom", max_length=64)
    name.widget.attrs.update({"autocomplete": "off"})

    def __init__(self, data: QueryDict | None, *, name: str) -> None:
        super().__init__(data, label_suffix="", initial={"name": name})


@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
@STRONGEST
@me.mine
def add(request: HttpRequest) -> HttpResponse:
    """A page with a button, and what the button asks: first what the browser needs, then its answer."""
    user, now = person(request), timezone.now()
    if not ceremonies.is_open():
        return redirect("mailbox:me_security")
    if not factors.may_begin(user):
        raise PermissionDenied(factors.BARRED)
    if request.method == "GET":
        return me.show(request, "me_security", page="passkey_add", host=ceremonies.rp_id())
    if "credential" not in request.POST:
        return JsonResponse(ceremonies.ask_new(request, user=user, now=now))
    try:
        passkey = passkeys.add(request, user=user, given=request.POST["credential"], now=now)
    except passkeys.Refused as told:
        return words(told.words)
    entry.strengthen(request, user=user, means=Means.PASSKEY, device=passkey, now=now)
    messages.success(request, f"Votre clé d’accès «\u00a0{passkey.name}\u00a0» est ajoutée.")
    return there(reverse("mailbox:me_security"))


@require_http_methods(["GET", "POST"])
@STRONGEST
@me.mine
def change(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Its name, and its end. The session that it opened ends with it."""
    user, row = person(request), entry.row_of(request)
    passkey = get_object_or_404(Passkey, pk=passkey_id, user=user)
    is_this = row is not None and row.passkey_id == passkey.pk
    if request.POST.get("action") == "remove":
        return _remove(request, passkey, is_this=is_this)
    form = Name(request.POST or None, name=passkey.name)
    if request.method == "POST" and form.is_valid():
        passkeys.rename(request, passkey=passkey, name=form.cleaned_data["name"])
        messages.success(request, "Le nom de votre clé d’accès est changé.")
        return redirect("mailbox:me_security")
    return me.show(request, "me_security", page="passkey", form=form, passkey=passkey, is_this=is_this)


def _remove(request: HttpRequest, passkey: Passkey, *, is_this: bool) -> HttpResponse:
    user, now = person(request), timezone.now()
    if told := passkeys.remove(request, user=user, passkey=passkey, now=now):
        messages.error(request, told)
        return redirect("mailbox:me_passkey", passkey.pk)
    if is_this:
        entry.leave(request)
        return redirect("auth_otp:sign_in")
    entry.weaken(request, user=user, now=now)
    messages.success(
        request, f"Votre clé d’accès «\u00a0{passkey.name}\u00a0» est retirée\u00a0: elle n’ouvre plus rien."
    )
    return redirect("mailbox:me_security")
