"""Closed by default: all but sign-in, health, static files and links of opposition wants a verified, unlocked session.

Programs come to /fhir/ by key.

A *gesture* is any request that a person makes. Two are none, and keep no session alive (design §10): those that carry
`X-Background: 1` (autosave, counters, a page that looks whether it is locked) and live streams. Without a gesture for
IDLE_LOCK_MINUTES (or sooner, as the structures of its person say) the session is locked, and so it is in another network
where SESSION_BINDING says so. One by a means that they refuse is *confined*: it leads to «Sécurité», whatever it asks for.
static/js/lock.js tells the server of keys and clicks that make no request.
What a browser asks before its person does (a preload) is given nothing: it opens, marks and tells nothing.
Costs one statement a request, for the session, its person and the device that verified them; another one every 30 s.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.middleware import OTPMiddleware
from django_otp.models import Device

from auth_otp import entry
from auth_otp.hashers import Busy
from auth_otp.models import Session, User
from auth_otp.ways import busy, elsewhere, is_background
from mssweb import tally
from mssweb.crypto import same

type Next = Callable[[HttpRequest], HttpResponse]

_PROGRAMS = "/fhir/"  # by key, never by session: directory.api.door
# The last two: whoever holds a link, that opposes to a closure (mailbox.life.opposition), that stops mails (mailbox.ordinary)
_PUBLIC = ("/connexion/", "/static/", _PROGRAMS, "/opposition/", "/courriel/arreter/")
_MACHINES = {"/healthz", "/readyz", "/metrics"}  # the last by a token, which its view asks for
_DEMO = "/demo/sms/"
_WRITE_EVERY = timedelta(seconds=30)  # how exact `gesture_at` is: one statement at most in this time


class KeptCookie(SessionMiddleware):
    """Only who ends a session takes its cookie away, never an answer that found none.

    A page may ask something just before its form signs in (how far the SMS has come): answered after it, it carries the
    key of before, and Django would delete with it the cookie that the browser has just been given.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_ended = getattr(request.session, "row", None) is not None
        answer: HttpResponse = super().process_response(request, response)
        if not is_ended and request.session.is_empty():
            answer.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        return answer


def person_middleware(get_response: Next) -> Next:
    """Before Django's authentication: the person came with the session's row, no second statement is needed."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_persons = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path_info.startswith(_PROGRAMS)
        session = entry.row_of(request) if is_persons else None
        if session and session.user and _is_current(request, session.user):
            request._cached_user = session.user  # type: ignore[attr-defined]  # where AuthenticationMiddleware looks first
        return get_response(request)

    return middleware


class DeviceMiddleware(OTPMiddleware):  # type: ignore[misc]  # django-otp has no types
    """The person's devices came with them; django-otp asks for any other, and judges them all."""

    def _verify_user_sync(self, request: HttpRequest, user: User) -> User:
        named = request.session.get(DEVICE_ID_SESSION_KEY) if user.is_authenticated else None
        device = (
            next((one for one in _held(request, user) if one and one.persistent_id == named), None) if named else None
        )
        if device is None:
            return super()._verify_user_sync(request, user)  # type: ignore[no-any-return]
        self._init_user_fields(user)
        user.session_means = getattr(entry.row_of(request), "means", "")  # type: ignore[attr-defined]  # factors.is_strong
        user.otp_device = self._finalize_device(request, user, device)  # type: ignore[attr-defined]
        return user


def _held(request: HttpRequest, user: User) -> list[Device | None]:
    """Read with the session's row: what is the person's, and what this session was opened with."""
    row = entry.row_of(request)
    own = [getattr(user, name, None) for name in ("sms_device", "totp_device")]
    return [*own, row.passkey, row.link] if row else own


def door_middleware(get_response: Next) -> Next:
    """After DeviceMiddleware: who may pass, who must sign in, who must unlock."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _is_public(request.path_info):
            return get_response(request)
        if _is_preload(request):
            return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
        session = entry.row_of(request)
        if session is None or not entry.is_verified(request):
            return elsewhere(request, "auth_otp:sign_in")
        now = timezone.now()
        is_idle = session.is_locked(now=now, idle=timedelta(minutes=settings.IDLE_LOCK_MINUTES))
        if is_idle or entry.is_elsewhere(request):
            entry.lock(request, session=session, now=now, by="idle" if is_idle else "network")
            if request.path_info not in _ways_out():
                return elsewhere(request, "auth_otp:lock")
        elif session.is_confined and not _is_let_in(request.path_info):
            return elsewhere(request, settings.CONFINED_TO)
        elif not is_background(request):
            _note_gesture(session, now)
        return _kept_nowhere(get_response(request))

    return middleware


class BusyMiddleware(MiddlewareMixin):
    """More passwords at once than may be hashed: 503, in words, wherever this one was given."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Busy):
            return None
        tally.count("slowed", "busy")
        return busy(request)


def _is_preload(request: HttpRequest) -> bool:
    """The browser guesses that its person will ask for this (Fetch: Sec-Purpose; Safari: Purpose)."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def _is_current(request: HttpRequest, user: User) -> bool:
    """The password has not changed since (Django's session hash)."""
    known = str(request.session.get(HASH_SESSION_KEY, ""))
    return user.is_active and same(known.encode(), user.get_session_auth_hash().encode())


def _is_public(path: str) -> bool:
    return path.startswith(_PUBLIC) or path in _MACHINES or (settings.DEMO and path == _DEMO)


def _ways_out() -> set[str]:
    """What a locked session may ask for."""
    return {reverse(f"auth_otp:{name}") for name in ("lock", "unlock_passkey", "sign_out")}


def _is_let_in(path: str) -> bool:
    """What a confined session may ask for: the pages where a better factor is added, what confirms, locks and leaves."""
    proofs = {reverse(f"auth_otp:{name}") for name in ("confirm", "prove_passkey")}
    return path.startswith(reverse(settings.CONFINED_TO)) or path in proofs | _ways_out()


def _note_gesture(session: Session, now: datetime) -> None:
    if now - session.gesture_at > _WRITE_EVERY:
        Session.objects.filter(pk=session.pk).update(gesture_at=now)


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    """Unless the view decided: no browser keeps a page of mail for who presses «back» after the lock (ASVS 14.3.2)."""
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, no_store=True, private=True)
    return response
