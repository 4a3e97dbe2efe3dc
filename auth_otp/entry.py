"""The verbs of a session: enter with both factors, lock, unlock, leave, end all. All but the last tell the audit.

A session ends 12 hours after it began, whatever happens; a lock keeps it, a departure ends it.
"""

from datetime import datetime, timedelta
from uuid import UUID

import django_otp
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest
from django_otp.models import Device

from auth_otp import browsers, challenges, factors, throttle
from auth_otp.models import NewBrowser, Session, User
from auth_otp.sessions import row_key
from mssweb import notify
from mssweb.audit.record import client_address, record

PASSWORD_SMS = "password+sms"  # noqa: S105  (the name of a way in)
PASSWORD_TOTP, PASSWORD_RECOVERY = "password+totp", "password+recovery"
_NETWORKS, _MOST_NETWORKS = "networks", 4  # key, in a session, of those where its password was given; the last ones
PENDING = "pending"  # key, in an anonymous session, of the sign-in that waits for its code


def row_of(request: HttpRequest) -> Session | None:
    """The session's row, read with its person in one statement by auth_otp.sessions."""
    request.session.get(PENDING)  # loads it
    row: Session | None = getattr(request.session, "row", None)
    return row


def is_verified(request: HttpRequest) -> bool:
    """Both factors were given: DeviceMiddleware found the device that this session was verified with."""
    return request.user.is_authenticated and getattr(request.user, "otp_device", None) is not None


def enter(request: HttpRequest, *, user: User, now: datetime, means: str = PASSWORD_SMS) -> None:
    """Both factors were given: a new key (no fixation), verified, bound to its person. `means`: which, told to the audit."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    django_otp.login(request, _device(user, means))
    request.session.pop(PENDING, None)
    request.session[_NETWORKS] = [_network(request)]
    request.session.set_expiry(now + timedelta(hours=settings.SESSION_HOURS))
    request.session.save()
    Session.objects.filter(pk=row_key(request.session.session_key or "")).update(
        device=browsers.label(request.headers.get("User-Agent", "")),
        client=client_address(request),
        created_at=now,
        gesture_at=now,
        locked_at=None,
    )
    record("session.sign_in", request=request, actor_id=user.pk, means=means)


def note_new_browser(request: HttpRequest, *, user: User, now: datetime) -> None:
    """In the transaction of the sign-in: its person is told, wherever they are, by whoever may write to them."""
    device = browsers.label(request.headers.get("User-Agent", ""))
    NewBrowser.objects.create(user=user, at=now, device=device, client=client_address(request))
    record("session.new_browser", request=request, actor_id=user.pk)


def _device(user: User, means: str) -> Device:
    """The one that this session was verified with: recovery codes stand for the authenticator that they come with."""
    strong = factors.totp_of(user) if means in {PASSWORD_TOTP, PASSWORD_RECOVERY} else None
    return strong or challenges.device_of(user)


def lock(request: HttpRequest, *, session: Session, now: datetime, by: str) -> None:  # SSI/IE.58
    """`by` is «person», «idle» or «network»; told once."""
    if Session.objects.filter(pk=session.pk, locked_at=None).update(locked_at=now):
        session.locked_at = now
        record("session.lock", request=request, actor_id=session.user_id, by=by)
        if session.user_id:
            notify.kill(session.user_id)  # the other tabs of this browser cover themselves now


def is_elsewhere(request: HttpRequest) -> bool:
    """The session's cookie came from a network (/24 or /64) where its person has not given the password: stolen, or moved.

    Asked where SESSION_BINDING=network. A browser that comes by IPv4 and IPv6 gives the password once for each.
    """
    return settings.SESSION_BINDING == "network" and _network(request) not in request.session.get(_NETWORKS, [])


def unlock(request: HttpRequest, *, session: Session, now: datetime) -> None:
    if is_elsewhere(request):
        request.session[_NETWORKS] = [*request.session.get(_NETWORKS, []), _network(request)][-_MOST_NETWORKS:]
    Session.objects.filter(pk=session.pk).update(locked_at=None, gesture_at=now)
    record("session.unlock", request=request, actor_id=session.user_id)


def end_all(user_id: UUID, *, now: datetime, but: str | None = None) -> None:
    """What was opened or begun with the old password ends: sessions (`but` the one of that key), streams, codes."""
    kept = row_key(but) if but else ""
    Session.objects.filter(user=user_id).exclude(pk=kept).delete()
    challenges.withdraw(user_id, now=now)
    notify.kill(user_id)


def leave(request: HttpRequest) -> None:  # SSI/IE.38
    """The session is destroyed and the person's live streams end (those of other browsers come back by themselves)."""
    if isinstance(request.user, User):
        record("session.sign_out", request=request, actor_id=request.user.pk)
        notify.kill(request.user.pk)
    logout(request)


def _network(request: HttpRequest) -> str:
    return throttle.network(client_address(request))
