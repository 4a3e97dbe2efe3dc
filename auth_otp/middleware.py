"""Closed by default: every page but sign-in, health and static files wants a verified, unlocked session.

A *gesture* is any request that is not marked as background: header `X-Background: 1` (autosave, counters) and the live
stream do not keep a session alive (design §10). Without a gesture for IDLE_LOCK_MINUTES the session is locked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from auth_otp.models import Session, User
from mssweb.audit.record import record
from mssweb.crypto import same

type Next = Callable[[HttpRequest], HttpResponse]

_PUBLIC = ("/connexion/", "/healthz", "/static/")
_STREAM = "/evenements/"
_WRITE_EVERY = timedelta(seconds=30)  # how exact `gesture_at` is: one statement at most in this time


def row_of(request: HttpRequest) -> Session | None:
    """The session's row, read with its user in one statement by auth_otp.sessions."""
    request.session.get("_")  # loads it
    row: Session | None = getattr(request.session, "row", None)
    return row


def person_middleware(get_response: Next) -> Next:
    """Before Django's authentication: the user came with the session's row, no second statement is needed."""

    def middleware(request: HttpRequest) -> HttpResponse:
        row = row_of(request) if request.COOKIES.get(settings.SESSION_COOKIE_NAME) else None
        if row and row.user and _is_current(request, row.user):
            request._cached_user = row.user  # type: ignore[attr-defined]  # where AuthenticationMiddleware looks first
        return get_response(request)

    return middleware


def _is_current(request: HttpRequest, user: User) -> bool:
    """The password has not changed since (Django's session hash)."""
    known = str(request.session.get(HASH_SESSION_KEY, ""))
    return user.is_active and same(known.encode(), user.get_session_auth_hash().encode())


def door_middleware(get_response: Next) -> Next:
    """After OTPMiddleware: who may pass, who must sign in, who must unlock."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _is_public(request.path_info):
            return get_response(request)
        user, row = request.user, row_of(request)
        if not user.is_authenticated or not user.is_verified() or row is None:
            return _elsewhere(request, "auth_otp:sign_in")
        now = timezone.now()
        if _is_locked(row, now):
            _lock(request, row, now)
            if request.path_info in {reverse("auth_otp:lock"), reverse("auth_otp:sign_out")}:
                return get_response(request)
            return _elsewhere(request, "auth_otp:lock")
        if not is_background(request) and now - row.gesture_at > _WRITE_EVERY:
            Session.objects.filter(pk=row.pk).update(gesture_at=now)
        return get_response(request)

    return middleware


def is_background(request: HttpRequest) -> bool:
    return request.headers.get("X-Background") == "1" or request.path_info == _STREAM


def _is_public(path: str) -> bool:
    return path.startswith(_PUBLIC) or (settings.DEMO and path.startswith("/demo/"))


def _is_locked(row: Session, now: datetime) -> bool:
    return row.locked_at is not None or now - row.gesture_at > timedelta(minutes=settings.IDLE_LOCK_MINUTES)


def _lock(request: HttpRequest, row: Session, now: datetime) -> None:
    if Session.objects.filter(pk=row.pk, locked_at=None).update(locked_at=now):
        record("session.lock", request=request)


def _elsewhere(request: HttpRequest, name: str) -> HttpResponse:
    """A page is redirected; a fragment or a stream is told 401, and htmx where to go."""
    target = reverse(name)
    if request.method == "GET" and not request.headers.get("HX-Request") and not is_background(request):
        return HttpResponseRedirect(f"{target}?{urlencode({'next': request.path})}" if request.path != "/" else target)
    if request.method == "POST" and not request.headers.get("HX-Request") and not is_background(request):
        return HttpResponseRedirect(target)
    return HttpResponse(status=401, headers={"HX-Redirect": target})
