"""A sign-in on its way to the provider and back: what must come back with it, sealed in a cookie of this browser.

No row is made by who only knocks. It is forgotten as its answer is taken; three may be under way, of several tabs.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mssweb import crypto, keys
from mssweb.crypto import same

LIFE = timedelta(minutes=10)
_MOST, _THERE = 3, 300  # at once; characters of the way on: together they fit a cookie (RFC 6265 §6.1: 4096 bytes)
_CONTEXT = "psc attempts"


class Purpose(StrEnum):
    """What the answer is for."""

    SIGN_IN = "sign_in"
    UNLOCK = "unlock"
    PROVE = "prove"
    LEAVE = "leave"
    TELEPHONE = "telephone"


@dataclass(frozen=True, slots=True)
class Attempt:
    """`session`: the ref of the session that asks, for UNLOCK and PROVE; of LEAVE, why they were not let in, if they were not.

    `at`: seconds, when it began. `must_prove`: its person proves who they are since then, whatever is open there.
    """

    state: str
    nonce: str
    verifier: str
    purpose: Purpose
    there: str
    at: int
    session: str = ""
    must_prove: bool = False


def begin(purpose: Purpose, *, there: str, now: datetime, session: str = "", must_prove: bool = False) -> Attempt:
    """256 bits each of state, nonce and verifier (RFC 7636 §4.1)."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(state, nonce, verifier, purpose, _kept(there), int(now.timestamp()), session, must_prove)


def _kept(there: str) -> str:
    """A longer one leads home: half a way leads nowhere."""
    return there if len(there) <= _THERE else "/"


def of_telephone(secret: str, *, there: str, now: datetime) -> Attempt:
    """`secret` is what only who asked holds of the question."""
    return Attempt(secret, "", "", Purpose.TELEPHONE, _kept(there), int(now.timestamp()))


def challenge(verifier: str) -> str:
    """S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def remember(response: HttpResponse, request: HttpRequest, attempt: Attempt, *, now: datetime) -> None:
    """Beside those of other tabs."""
    _write(response, request, [*_read(request, now)[-_MOST + 1 :], attempt])


def find(request: HttpRequest, state: str, *, now: datetime) -> Attempt | None:
    """The one that this answer is of: whoever brings the answer of another browser gets None."""
    return next((one for one in _read(request, now) if same(one.state.encode(), state.encode())), None)


def all_of(request: HttpRequest, *, now: datetime) -> list[Attempt]:
    return _read(request, now)


def forget(response: HttpResponse, request: HttpRequest, attempt: Attempt, *, now: datetime) -> None:
    """It was answered, however: it serves no more in this browser."""
    _write(response, request, [one for one in _read(request, now) if one.state != attempt.state])


def has_just_left(request: HttpRequest, *, now: datetime) -> bool:
    """Somebody left here, and has not come back from the provider: their session may be open there."""
    return any(one.purpose is Purpose.LEAVE for one in _read(request, now))


def _read(request: HttpRequest, now: datetime) -> list[Attempt]:
    """As the browser brought them, or as this answer leaves them."""
    left: list[Attempt] | None = getattr(request, "_psc_attempts", None)
    if left is not None:
        return left
    try:
        box = base64.urlsafe_b64decode(request.COOKIES.get(settings.PSC_COOKIE_NAME, ""))
        told = json.loads(crypto.unseal(keys.purpose_key("psc attempt"), box, _CONTEXT))
    except (ValueError, crypto.Unreadable):
        return []
    found = [Attempt(**{**one, "purpose": Purpose(one["purpose"])}) for one in told]
    return [one for one in found if one.at > (now - LIFE).timestamp()]


def _write(response: HttpResponse, request: HttpRequest, attempts: Sequence[Attempt]) -> None:
    request._psc_attempts = list(attempts)  # type: ignore[attr-defined]
    if not attempts:
        response.delete_cookie(settings.PSC_COOKIE_NAME, samesite="Lax")
        return
    told = json.dumps([asdict(one) for one in attempts]).encode()
    box = crypto.seal(keys.purpose_key("psc attempt"), told, _CONTEXT)
    response.set_cookie(
        settings.PSC_COOKIE_NAME,
        base64.urlsafe_b64encode(box).decode(),
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
