"""Growing delays, keyed on the user and the unknown browser or network together: nobody locks a pharmacist out from afar.

A browser that this person has signed in with is counted by itself; others by network (/24 or /64). Refuses to lock an
account: only the pair waits. Bound: an attacker gets three free tries for each network, then one in 15 minutes.
Counted on the person's id, by whatever name they were called; on the name that was typed when it is nobody's.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from auth_otp import browsers
from auth_otp.models import Throttle
from mssweb import crypto, keys
from mssweb.audit.record import client_address

WAITS = (
    0.0,
    0.0,
    0.0,
    1.0,
    2.0,
    4.0,
    8.0,
    16.0,
    32.0,
    64.0,
    128.0,
    256.0,
    512.0,
    900.0,
)  # seconds after the n-th failure
_FORGET = timedelta(hours=24)

_COUNT = """
INSERT INTO auth_otp_throttle AS t (key, failures, free_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN t.free_at < %(forgotten)s THEN 1 ELSE t.failures + 1 END,
  free_at = %(now)s::timestamptz + make_interval(secs =>
    CASE WHEN t.free_at < %(forgotten)s THEN 0 ELSE (%(waits)s::float8[])[LEAST(t.failures + 2, %(count)s)] END)
WHERE t.free_at <= %(now)s OR %(always)s
RETURNING failures
"""


def count(request: HttpRequest, who: UUID | str, *, now: datetime, always: bool = False) -> timedelta:
    """Count a try before it is made: as many at once as one likes, each is counted. Zero: it may be made.

    Else how long this pair has to wait, and nothing was counted; `always` counts even then, what was made already.
    `clear` forgets the count after a sign-in.
    """
    key = _key(request, who)
    facts: dict[str, Any] = {
        "key": key,
        "now": now,
        "always": always,
        "forgotten": now - _FORGET,
        "waits": list(WAITS),
        "count": len(WAITS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, facts)
        if cursor.fetchone():
            return timedelta()
    free_at = Throttle.objects.filter(key=key).values_list("free_at", flat=True).first()
    return max(free_at - now, timedelta()) if free_at else timedelta()


def clear(request: HttpRequest, who: UUID | str) -> None:
    Throttle.objects.filter(key=_key(request, who)).delete()


def forget() -> None:
    """From the sweep."""
    Throttle.objects.filter(free_at__lt=timezone.now() - _FORGET).delete()


def _key(request: HttpRequest, who: UUID | str) -> bytes:
    browser = browsers.known_to(request, who)
    place = f"browser:{browser.id}" if browser else f"network:{network(client_address(request))}"
    return crypto.digest(keys.purpose_key("throttle"), f"{browsers.mark(who)} {place}".encode())


def network(address: str | None) -> str:
    """The /24 or the /64 that an address is in."""
    if address is None:
        return "unknown"
    size = 24 if ip_address(address).version == 4 else 64
    return str(ip_network(f"{address}/{size}", strict=False))
