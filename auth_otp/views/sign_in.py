"""Sign in with a password, then a code. Right or wrong, known or unknown: one path, one hash, one answer.

A wrong password is told at once, the same way for people who do not exist: only the right one leads to a code, so that a
pharmacist who mistypes is not left waiting for an SMS that will never come.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import allowances, browsers, challenges, entry, otp, throttle
from auth_otp.forms import CodeForm, SignInForm
from auth_otp.models import Challenge, User
from auth_otp.ways import safe, target, too_soon
from mssweb import crypto, keys
from mssweb.audit.record import REFUSED, client_address, record

_WRONG = "Identifiant ou mot de passe incorrect."
_ENDED = {
    otp.Outcome.EXPIRED: "Ce code a expiré. Recommencez la connexion pour en recevoir un autre.",
    otp.Outcome.EXHAUSTED: "Trop d’essais avec ce code. Recommencez la connexion pour en recevoir un autre.",
    otp.Outcome.USED: "Ce code a déjà servi. Recommencez la connexion pour en recevoir un autre.",
}


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password."""
    if entry.is_verified(request):
        return HttpResponseRedirect(target(request))  # a locked session is led on to its lock
    form = SignInForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _sign_in_page(request, form, status=422 if form.errors else 200)
    now, name = timezone.now(), form.cleaned_data["login"]
    known = User.objects.known_as(name).values_list("pk", flat=True).first()  # the same statements when it is nobody's
    if wait := throttle.count(request, known or name, now=now):
        return too_soon(request, wait)
    user = authenticate(request, username=name, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        record(
            "session.password_failed", request=request, result=REFUSED, subject=("user", known or ""), means="password"
        )
        form.refuse(_WRONG)
        return _sign_in_page(request, form, status=422)
    throttle.passed(request, user.pk, now=now)
    record("session.password_ok", request=request, actor_id=user.pk)
    try:
        _begin(request, user, now)
    except challenges.TooMany as told:
        record("code.refused", request=request, actor_id=user.pk, result=REFUSED)
        return too_soon(request, told.wait)
    return redirect("auth_otp:code")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code of this sign-in, and of no other."""
    challenge = _pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        given = form.cleaned_data["code"]
        outcome = challenges.verify(challenge, code=given, binding=_binding(request), now=now, request=request)
        if outcome is otp.Outcome.OK:
            user = challenge.user
            allowances.give_back(user, challenge.asks, network=_network(request, user))
            return _enter(request, challenge.user, now)
        throttle.count(request, challenge.user_id, now=now, always=True)
        challenge.refresh_from_db()
        form.add_error("code", _ENDED.get(outcome) or _wrong_code(otp.MAX_TRIES - challenge.tries))
    return _code_page(request, challenge, form)


@never_cache
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """The same code once more. Too early is told on the page, with the time left."""
    challenge = _pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    try:
        is_asked = challenges.resend(challenge, now=timezone.now(), network=_network(request, challenge.user))
    except challenges.TooMany as told:
        record("code.refused", request=request, actor_id=challenge.user_id, result=REFUSED)
        return too_soon(request, told.wait, back=reverse("auth_otp:code"))
    if is_asked:
        return redirect("auth_otp:code")
    return _code_page(request, challenge, CodeForm(), is_too_early=True)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    entry.leave(request)
    return redirect("auth_otp:sign_in")


def _begin(request: HttpRequest, user: User, now: datetime) -> None:
    """A fresh anonymous session waits for the code; the challenge is bound to its key."""
    request.session.flush()
    request.session.create()
    challenge = challenges.issue(user=user, binding=_binding(request), now=now, network=_network(request, user))
    request.session[entry.PENDING] = {"challenge": str(challenge.pk), "next": target(request)}


def _enter(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    there = safe(request.session[entry.PENDING]["next"])
    is_new = user.last_login is not None and browsers.known_to(request, user.pk) is None
    with transaction.atomic():
        entry.enter(request, user=user, now=now)
        if is_new:
            entry.note_new_browser(request, user=user, now=now)
    throttle.clear(request, user.pk)
    response = HttpResponseRedirect(there)
    browsers.remember(response, request, user.pk)
    return response


def _pending(request: HttpRequest) -> Challenge | None:
    """The challenge of the sign-in that this session is in the middle of."""
    pending = request.session.get(entry.PENDING)
    if not pending:
        return None
    rows = Challenge.objects.select_related("user").filter(user__is_active=True, used_at=None)
    return rows.filter(pk=UUID(pending["challenge"]), binding=_binding(request)).first()


def _network(request: HttpRequest, user: User) -> str | None:
    """None for a browser that is known: it has rations of its own, a thief afar ends no sign-in here."""
    is_known = browsers.known_to(request, user.pk) is not None
    return None if is_known else throttle.network(client_address(request))


def _binding(request: HttpRequest) -> str:
    return crypto.digest(keys.purpose_key("binding"), (request.session.session_key or "").encode()).hex()


def _wrong_code(left: int) -> str:
    return f"Ce code n’est pas le bon. Vérifiez le dernier SMS reçu : il reste {left} essai{'s' if left > 1 else ''}."


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int) -> HttpResponse:
    seen = {"form": form, "next": target(request), "is_demo": settings.DEMO}
    return render(request, "auth_otp/sign_in.html", seen, status=status)


def _code_page(
    request: HttpRequest, challenge: Challenge, form: CodeForm, *, is_too_early: bool = False
) -> HttpResponse:
    now = timezone.now()
    seen: dict[str, Any] = {
        "form": form,
        "challenge": challenge,
        "phone": challenge.user.phone[-2:],
        "is_ended": challenge.box is None or now >= challenge.expires_at,
        "is_too_early": is_too_early,
        "resend_in": max(0, round((challenge.resend_at - now).total_seconds())),
        "is_demo": settings.DEMO,
    }
    return render(request, "auth_otp/code.html", seen, status=422 if form.errors else 200)
