"""«Mes préférences»: one's own screen, keys, notifications, sessions and password. Nobody else's, whatever is asked.

Each tab is a page of its own: it works by links and forms.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import preferences
from mailbox.models import Preference, preference_of
from mailbox.staff import rules
from mailbox.views.follow_list import DELAYS
from mailbox.views.place import person, shelter, zone_of

UNDO = (5, 10, 20, 30)  # seconds
TABS = (
    ("me", "Affichage", "monitor"), ("me_notices", "Notifications", "bell"), ("me_keys", "Clavier", "keyboard"),
    ("me_sessions", "Sessions", "monitor-smartphone"), ("me_password", "Mot de passe", "key-round"),
    ("me_security", "Sécurité", "shield-check"), ("me_account", "Compte", "user-round"),
)  # fmt: skip


def mine(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Of the person who asks; times are those of their first mailbox's pharmacy."""

    @never_cache
    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        place = shelter(request)
        if place.box is None:
            return view(request, *args, **kwargs)
        with timezone.override(zone_of(place.mailbox)):
            return view(request, *args, **kwargs)

    return enter


def show(request: HttpRequest, tab: str, *, page: str = "", **seen: Any) -> HttpResponse:
    """One tab, or a `page` under it; 422 when its form was refused."""
    form = seen.get("form")
    status = 422 if form is not None and form.errors else 200
    known = {"tabs": TABS, "tab": tab, "preference": preference_of(person(request)), **seen}
    if tab == "me_security":
        known |= rules.shown_to(person(request))
    return render(request, f"mailbox/me/{page or tab.removeprefix('me_')}.html", known, status=status)


class Display(forms.Form):
    theme = forms.ChoiceField(choices=Preference.Theme.choices)
    text_size = forms.ChoiceField(choices=Preference.TextSize.choices)
    undo_seconds = forms.TypedChoiceField(choices=[(n, f"{n} secondes") for n in UNDO], coerce=int)
    after_archive = forms.ChoiceField(choices=Preference.After.choices)


@require_http_methods(["GET", "POST"])
@mine
def display(request: HttpRequest) -> HttpResponse:
    """Theme, size of the text, how long a sending can be taken back, what follows an archived thread."""
    form = Display(request.POST or None)
    if request.method == "POST" and form.is_valid():
        preferences.change(person(request), request=request, **form.cleaned_data)
        messages.success(request, "Vos préférences sont enregistrées.")
        return redirect("mailbox:me")
    undo = preference_of(person(request)).undo_seconds
    return show(request, "me", form=form, choices=Display.base_fields, undo=undo if undo is not None else _house())


def _house() -> int:
    """The choice that stands for the house's own delay."""
    return min(UNDO, key=lambda seconds: abs(seconds - settings.UNDO_SECONDS))


@require_http_methods(["GET", "POST"])
@mine
def keys(request: HttpRequest) -> HttpResponse:
    """Single-key shortcuts on or off, for the person and not for a workstation (WCAG 2.1.4)."""
    if request.method == "POST":
        preferences.change(person(request), request=request, has_keys="on" in request.POST)
        if request.headers.get("X-Background"):
            return HttpResponse(status=204)
        messages.success(request, "Votre choix est enregistré.")
        return redirect("mailbox:me_keys")
    return show(request, "me_keys")


@require_POST
@mine
def delay(request: HttpRequest) -> HttpResponse:
    """After how many days a sending that nobody answered is told in «Suivi»."""
    days = request.POST.get("answer_days", "")
    if not days.isascii() or not days.isdigit() or int(days) not in DELAYS:
        raise Http404
    preferences.change(person(request), request=request, answer_days=int(days))
    messages.success(request, "Votre délai est enregistré.")
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/b/")
    return redirect(target if is_ours else "mailbox:me")
