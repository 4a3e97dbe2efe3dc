"""The lock of a session: the password alone reopens it on this browser, with the work as it was."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from auth_otp import entry, parking, throttle
from auth_otp.forms import UnlockForm
from auth_otp.models import Session, User
from auth_otp.ways import target, too_soon
from mssweb.audit.record import REFUSED, record


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def lock(request: HttpRequest) -> HttpResponse:
    """POST with a password reopens; POST without one locks (the button «Verrouiller»)."""
    session, user = entry.row_of(request), request.user
    if session is None or not isinstance(user, User):
        return redirect("auth_otp:sign_in")
    if request.method == "POST" and "password" not in request.POST:
        entry.lock(request, session=session, now=timezone.now(), by="person")
        return redirect(f"{request.path}?{urlencode({'next': target(request)})}")
    if session.locked_at is None:
        return HttpResponseRedirect(target(request))
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _unlock(request, session, user, form)
    return _page(request, form)


@never_cache
@require_safe
def lock_state(request: HttpRequest) -> HttpResponse:
    """For lock.js: 204 and the seconds left before the lock. (When it is locked the middleware has answered 401.)"""
    session = entry.row_of(request)
    idle, most = timedelta(), timedelta(minutes=settings.IDLE_LOCK_MINUTES)
    if session:
        idle, most = timezone.now() - session.gesture_at, session.idle_within(most)
    left = most - idle
    headers = {"X-Lock-In": str(max(1, round(left.total_seconds()))), "X-Person": str(request.user.pk)}
    return HttpResponse(status=204, headers=headers)


def _unlock(request: HttpRequest, session: Session, user: User, form: UnlockForm) -> HttpResponse:
    now = timezone.now()
    if wait := throttle.count(request, user.pk, now=now):
        return too_soon(request, wait)
    with throttle.judging(request, user.pk, now=now):
        is_right = user.check_password(form.cleaned_data["password"])
    if not is_right:
        record("session.unlock", request=request, actor_id=user.pk, result=REFUSED)
        form.add_error("password", "Mot de passe incorrect.")
        return _page(request, form)
    entry.unlock(request, session=session, now=now)
    throttle.passed(request, user.pk, now=now)
    throttle.clear(request, user.pk)
    return HttpResponseRedirect(target(request))


def _page(request: HttpRequest, form: UnlockForm) -> HttpResponse:
    now = timezone.now()
    parked, may_park = parking.of(request, now=now), parking.may_park(request, now=now)
    seen = {
        "form": form,
        "next": target(request),
        "is_elsewhere": entry.is_elsewhere(request),
        "parked": parked,
        "may_park": may_park,
    }
    return render(request, "auth_otp/lock.html", seen, status=422 if form.errors else 200)
