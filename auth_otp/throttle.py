"""Growing delays, keyed on the user and the unknown browser or network together: nobody locks a pharmacist out from afar.

A browser that has signed in before carries a signed mark and is counted by itself; others are counted by network
(/24 or /64). Refuses to lock an account: only the pair waits.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.core import signing
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from auth_otp.models import Throttle
from mssweb import crypto, keys
from mssweb.audit.record import client_address

COOKIE = "mssweb_browser"
_FREE = 3  # failures without a wait
_MAX_WAIT = timedelta(minutes=15)
_FORGET = timedelta(hours=24)
_SALT = "known browser"


def wait(request: HttpRequest, login: str, *, now: datetime) -> timedelta:
    """How long this pair still has to wait; zero when it may try."""
    row = Throttle.objects.filter(key=_key(request, login)).first()
    if row is None or now - row.last_at > _FORGET:
        return timedelta()
    return max(timedelta(), row.last_at + _delay(row.failures) - now)


def failed(request: HttpRequest, login: str, *, now: datetime) -> None:
    key = _key(request, login)
    row, made = Throttle.objects.get_or_create(key=key, defaults={"failures": 1, "last_at": now})
    if not made:
        stale = now - row.last_at > _FORGET
        Throttle.objects.filter(key=key).update(failures=1 if stale else F("failures") + 1, last_at=now)


def succeeded(request: HttpRequest, login: str) -> None:
    Throttle.objects.filter(key=_key(request, login)).delete()


def remember(response: HttpResponse, request: HttpRequest, login: str) -> None:
    """Mark this browser as one that this user has signed in with."""
    marks = [mark for mark in _marks(request) if mark != _mark(login)][-9:]
    value = signing.dumps([*marks, _mark(login)], salt=_SALT, compress=True)
    response.set_cookie(
        COOKIE, value, max_age=180 * 24 * 3600, httponly=True, samesite="Lax", secure=request.is_secure()
    )


def _delay(failures: int) -> timedelta:
    over = failures - _FREE
    return timedelta() if over < 0 else min(_MAX_WAIT, timedelta(seconds=2 ** min(over, 10)))


def _marks(request: HttpRequest) -> list[str]:
    try:
        marks: list[str] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=180 * 24 * 3600)
    except signing.BadSignature:
        return []
    return marks


def _mark(login: str) -> str:
    return crypto.digest(keys.purpose_key("browser"), login.lower().encode()).hex()[:24]


def _key(request: HttpRequest, login: str) -> bytes:
    mark = _mark(login)
    place = f"browser:{request.COOKIES[COOKIE]}" if mark in _marks(request) else f"network:{network(request)}"
    return crypto.digest(keys.purpose_key("throttle"), f"{mark} {place}".encode())


def network(request: HttpRequest) -> str:
    address = client_address(request) or "0.0.0.0"  # noqa: S104  (a name for «unknown», nothing is bound)
    size = 24 if ip_address(address).version == 4 else 64
    return str(ip_network(f"{address}/{size}", strict=False))
