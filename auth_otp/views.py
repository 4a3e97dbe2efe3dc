"""Sign in with a password, then a code; lock and unlock; sign out. The same answers for users who exist and who do not."""

import json
import math
from datetime import datetime, timedelta

import django_otp
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import challenges, channels, otp, throttle
from auth_otp.forms import CodeForm, SignInForm, UnlockForm
from auth_otp.middleware import row_of
from auth_otp.models import Challenge, Session, User
from mssweb import crypto, keys, notify
from mssweb.audit.record import client_address, record

_WRONG = "Identifiant ou mot de passe incorrect."
_CODE_WORDS = {
    otp.Outcome.WRONG: "Ce code n’est pas le bon. Vérifiez le dernier SMS reçu.",
    otp.Outcome.EXPIRED: "Ce code a expiré. Recommencez la connexion pour en recevoir un autre.",
    otp.Outcome.EXHAUSTED: "Trop d’essais avec ce code. Recommencez la connexion.",
    otp.Outcome.USED: "Ce code a déjà servi. Recommencez la connexion.",
}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password. Right or wrong, known or unknown: one path, one hash, one answer."""
    form = SignInForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "auth_otp/sign_in.html", {"form": form, "next": _next(request)})
    now, name = timezone.now(), form.cleaned_data["login"].strip().lower()
    if wait := throttle.wait(request, name, now=now):
        return _too_soon(request, wait)
    user = authenticate(request, username=name, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        throttle.failed(request, name, now=now)
        record("session.password_failed", request=request, result="refused")
        form.add_error(None, _WRONG)
        return render(request, "auth_otp/sign_in.html", {"form": form, "next": _next(request)}, status=422)
    record("session.password_ok", request=request, actor_id=user.pk)
    request.session.flush()
    request.session.create()
    challenge = challenges.issue(user=user, binding=_binding(request), now=now)
    request.session["pending"] = {"challenge": str(challenge.pk), "next": _next(request)}
    return redirect("auth_otp:code")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code of this sign-in."""
    challenge = _pending(request)
    if challenge is None or challenge.user is None:
        return redirect("auth_otp:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        given = form.cleaned_data["code"]
        outcome = challenges.verify(challenge, code=given, binding=_binding(request), now=now, request=request)
        if outcome is otp.Outcome.OK:
            return _enter(request, challenge.user, now)
        throttle.failed(request, challenge.user.login, now=now)
        form.add_error("code", _CODE_WORDS[outcome])
    seen = {"form": form, "challenge": challenge, "phone": challenge.user.phone[-2:], "resend_after": otp.RESEND_AFTER}
    return render(request, "auth_otp/code.html", seen, status=422 if form.errors else 200)


@never_cache
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    challenge = _pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    challenges.resend(challenge, now=timezone.now())
    return redirect("auth_otp:code")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def lock(request: HttpRequest) -> HttpResponse:
    """A locked session: the password alone reopens it on this browser. POST without a password locks it."""
    row, user = row_of(request), request.user
    if row is None or not isinstance(user, User):
        return redirect("auth_otp:sign_in")
    if request.method == "POST" and "password" not in request.POST:
        if Session.objects.filter(pk=row.pk, locked_at=None).update(locked_at=timezone.now()):
            record("session.lock", request=request, by="person")
        return redirect("auth_otp:lock")
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        if wait := throttle.wait(request, user.login, now=now):
            return _too_soon(request, wait)
        if user.check_password(form.cleaned_data["password"]):
            Session.objects.filter(pk=row.pk).update(locked_at=None, gesture_at=now)
            throttle.succeeded(request, user.login)
            record("session.unlock", request=request)
            return HttpResponseRedirect(_next(request))
        throttle.failed(request, user.login, now=now)
        record("session.unlock", request=request, result="refused")
        form.add_error("password", "Mot de passe incorrect.")
    seen = {"form": form, "next": _next(request), "is_locked": row.locked_at is not None}
    return render(request, "auth_otp/lock.html", seen, status=422 if form.errors else 200)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        record("session.sign_out", request=request)
        notify.kill(request.user.pk)
    logout(request)
    return redirect("auth_otp:sign_in")


@never_cache
@require_http_methods(["GET"])
def demo_sms(request: HttpRequest) -> HttpResponse:
    """What the demonstration carrier «sent». Exists with DEMO=1 only."""
    if not settings.DEMO:
        raise Http404
    path = channels.sms_file()
    lines = path.read_text(encoding="utf-8").splitlines()[-20:] if path.exists() else []
    return render(request, "auth_otp/demo_sms.html", {"messages_sent": [json.loads(line) for line in reversed(lines)]})


def _enter(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """Both factors are there: a new session, verified, bound to its person, ending in 12 hours whatever happens."""
    target = _safe(request, request.session["pending"]["next"])
    login(request, user)
    django_otp.login(request, challenges.device_of(user))
    request.session.set_expiry(now + timedelta(hours=settings.SESSION_HOURS))
    request.session.save()
    Session.objects.filter(pk=request.session.session_key).update(
        device=_device(request.headers.get("User-Agent", "")),
        client=client_address(request),
        gesture_at=now,
        locked_at=None,
    )
    throttle.succeeded(request, user.login)
    record("session.sign_in", request=request, actor_id=user.pk)
    response = HttpResponseRedirect(target)
    throttle.remember(response, request, user.login)
    return response


def _pending(request: HttpRequest) -> Challenge | None:
    """The challenge of the sign-in that this session is in the middle of."""
    pending = request.session.get("pending")
    if not pending:
        return None
    rows = Challenge.objects.select_related("user")
    return rows.filter(pk=pending["challenge"], binding=_binding(request), used_at=None).first()


def _binding(request: HttpRequest) -> str:
    return crypto.digest(keys.purpose_key("binding"), (request.session.session_key or "").encode()).hex()


def _next(request: HttpRequest) -> str:
    return _safe(request, request.POST.get("next") or request.GET.get("next") or "/")


def _safe(request: HttpRequest, target: str) -> str:
    """A path of ours, else the front page: no open redirect."""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours and not target.startswith(reverse("auth_otp:sign_in")) else "/"


def _too_soon(request: HttpRequest, wait: timedelta) -> HttpResponse:
    seconds = math.ceil(wait.total_seconds())
    seen = {"seconds": seconds, "minutes": math.ceil(seconds / 60)}
    response = render(request, "auth_otp/too_soon.html", seen, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _device(agent: str) -> str:
    """« Firefox sous Windows », for the list of sessions."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "Navigateur")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} sous {system}" if system else browser
