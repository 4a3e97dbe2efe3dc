"""The verbs of a session: enter by a means, prove again, lock, unlock, leave, end all. All but the last tell the audit.

A session ends 12 hours after it began, or when its door says, whatever happens; a lock keeps it, a departure ends it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django_otp
from django.conf import settings
from django.contrib.auth import login, logout
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.models import Device

from auth_otp import browsers, challenges, factors, policy, remaining, throttle
from auth_otp.means import PASSWORD, STRONG, Means
from auth_otp.models import Passkey, RecoveryCode, SectorLink, Session, TOTPDevice, User
from auth_otp.policy import Rules
from auth_otp.sessions import row_key
from mssweb import notify
from mssweb.audit.record import client_address, record

_NETWORKS, _MOST_NETWORKS = "networks", 4  # key, in a session, of those where its person gave proof; the last ones
PENDING = "pending"  # key, in an anonymous session, of the sign-in that waits for its code


def row_of(request: HttpRequest) -> Session | None:
    """The session's row, read with its person in one statement by auth_otp.sessions."""
    request.session.get(PENDING)  # loads it
    row: Session | None = getattr(request.session, "row", None)
    return row


def key_of(request: HttpRequest) -> str:
    """By which the row of this request's session is found."""
    return row_key(request.session.session_key or "")


def is_verified(request: HttpRequest) -> bool:
    """Two factors were given, or one that is worth both: DeviceMiddleware found the device of this session."""
    return request.user.is_authenticated and getattr(request.user, "otp_device", None) is not None


def enter(
    request: HttpRequest,
    *,
    user: User,
    now: datetime,
    means: Means = Means.PASSWORD_SMS,
    device: Device | None = None,
    until: datetime | None = None,
) -> None:
    """A new key (no fixation), verified by `device`, bound to its person. `means`: told to the audit, asked of the policy.

    `device`: of a passkey or a door of the sector; codes after a password have theirs. `until`: when its door closes.
    """
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")  # holds the person's row: confining.hold
    rules = policy.rules_of(user)
    limits = rules.limits
    end = now + timedelta(hours=min(limits.hours or settings.SESSION_HOURS, settings.SESSION_HOURS))
    request.session.pop(PENDING, None)
    request.session[_NETWORKS] = [_network(request)]
    request.session.set_expiry(min(end, until or end))
    opened: dict[str, Any] = {
        "device": browsers.label(request.headers.get("User-Agent", "")),
        "client": client_address(request),
        "created_at": now,
        "gesture_at": now,
        "locked_at": None,
        "idle_minutes": limits.idle_minutes,
    }
    _verify(request, rules, means, device or _device(user, means), now, opened)
    record("session.sign_in", request=request, actor_id=user.pk, means=means)


def strengthen(request: HttpRequest, *, user: User, means: Means, device: Device, now: datetime) -> None:
    """A strong device was added in this session: a weak or confined one counts as verified by that from now on."""
    row = row_of(request)
    if row is not None and (row.means not in STRONG or row.is_confined):
        _verify_again(request, user, means, device, now)


def weaken(request: HttpRequest, *, user: User, now: datetime) -> None:
    """What this session was opened by beside the password is gone, authenticator or codes: it goes on, as one by SMS."""
    row = row_of(request)
    gone = {
        Means.PASSWORD_TOTP: not TOTPDevice.objects.filter(user=user).exists(),
        Means.PASSWORD_RECOVERY: not RecoveryCode.objects.filter(user=user).exists(),
    }
    if row is not None and row.means and gone.get(Means(row.means)):
        _verify_again(request, user, Means.PASSWORD_SMS, challenges.device_of(user), now)


def prove(request: HttpRequest, *, proof: str, now: datetime) -> None:
    """Its person has shown once more who they are (auth_otp.proof): a new key (ASVS 7.2.4)."""
    _rows(request).update(proof=proof, proven_at=now)
    renew(request)


def renew(request: HttpRequest) -> None:
    """The same session under a new key; the old one opens nothing any more."""
    request.session.rename()  # type: ignore[attr-defined]  # auth_otp.sessions


def lock(request: HttpRequest, *, session: Session, now: datetime, by: str) -> None:  # SSI/IE.58
    """`by` is «person», «idle» or «network»; told once."""
    if session.locked_at is not None:
        return
    with transaction.atomic():
        if Session.objects.filter(pk=session.pk, locked_at=None).update(locked_at=now):
            record("session.lock", request=request, actor_id=session.user_id, by=by)
            if session.user_id:
                notify.kill(session.user_id)  # the other tabs of this browser cover themselves now
    session.locked_at = now


def is_elsewhere(request: HttpRequest) -> bool:
    """The session's cookie came from a network (/24 or /64) where its person has not given the password: stolen, or moved.

    Asked where SESSION_BINDING=network. A browser that comes by IPv4 and IPv6 gives the password once for each.
    """
    return settings.SESSION_BINDING == "network" and _network(request) not in request.session.get(_NETWORKS, [])


def unlock(request: HttpRequest, *, session: Session, now: datetime, proof: str = PASSWORD) -> None:
    """`proof`: what its person has given."""
    if is_elsewhere(request):
        request.session[_NETWORKS] = [*request.session.get(_NETWORKS, []), _network(request)][-_MOST_NETWORKS:]
    with transaction.atomic():
        Session.objects.filter(pk=session.pk).update(locked_at=None, gesture_at=now)
        prove(request, proof=proof, now=now)
        record("session.unlock", request=request, actor_id=session.user_id, means=proof)


def end_all(user_id: UUID, *, now: datetime, but: str | None = None) -> None:
    """What was opened or begun with the old password ends: sessions (`but` the one of that key), streams, codes."""
    kept = row_key(but) if but else ""
    Session.objects.filter(user=user_id).exclude(pk=kept).delete()
    challenges.withdraw(user_id, now=now)
    notify.kill(user_id)


def leave(request: HttpRequest) -> None:  # SSI/IE.38
    """The session is destroyed and the person's live streams end (those of other browsers come back by themselves)."""
    with transaction.atomic():
        if isinstance(request.user, User):
            record("session.sign_out", request=request, actor_id=request.user.pk)
            notify.kill(request.user.pk)
        logout(request)


def _verify_again(request: HttpRequest, user: User, means: Means, device: Device, now: datetime) -> None:
    """Under the rules of now: whoever changes them meanwhile waits, or is waited for (confining.hold)."""
    with transaction.atomic():
        remaining.hold(user)
        _verify(request, policy.rules_of(user), means, device, now)
        renew(request)


def _verify(
    request: HttpRequest,
    rules: Rules,
    means: Means,
    device: Device,
    now: datetime,
    opened: dict[str, Any] | None = None,
) -> None:
    """`opened`: what else its row says, of a new session."""
    django_otp.login(request, device)
    request.session.save()
    _rows(request).update(
        means=means,
        proof=means,
        proven_at=now,
        passkey=device if isinstance(device, Passkey) else None,
        link=device if isinstance(device, SectorLink) else None,
        is_confined=means in rules.refused,
        **(opened or {}),
    )


def _device(user: User, means: Means) -> Device:
    """The one that this session was verified with: recovery codes are none, the session's means tells them."""
    strong = factors.totp_of(user) if means is Means.PASSWORD_TOTP else None
    return strong or challenges.device_of(user)


def _rows(request: HttpRequest) -> QuerySet[Session]:
    return Session.objects.filter(pk=key_of(request))


def _network(request: HttpRequest) -> str:
    return throttle.network(client_address(request))
