"""The ceremonies of WebAuthn (level 3 §7) before their answer: what a browser is given, and the challenge that its session keeps.

A challenge serves once, for one act of one session, for five minutes. Refuses to verify what comes back: auth_otp.passkeys.
"""

import ipaddress
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from auth_otp import allowances
from auth_otp.credentials import in_text
from auth_otp.models import Passkey, User

LIFE = timedelta(minutes=5)
ALGORITHMS = (-7, -8, -257)  # COSE: ES256, EdDSA, RS256 (Windows Hello)
_BYTES = 32  # §13.4.3 asks for 16
_KEPT = "ceremony"  # key, in a session


class Act(StrEnum):
    """What the key is asked for; a challenge of one is none of another."""

    ENTER = "enter"
    FOLLOW = "follow"  # a password
    UNLOCK = "unlock"
    PROVE = "prove"
    ADD = "add"


def rp_id() -> str:
    """The host that keys are bound to."""
    return urlsplit(settings.BASE_URL).hostname or ""


def origin() -> str:
    """That pages have; a browser writes no default port, no path, no capitals."""
    parts = urlsplit(settings.BASE_URL)
    port = "" if parts.port in {None, 443 if parts.scheme == "https" else 80} else f":{parts.port}"
    return f"{parts.scheme}://{rp_id()}{port}"


def is_open() -> bool:
    """Browsers bind no key to an address of the network, nor to what is not encrypted, but on this machine."""
    try:
        ipaddress.ip_address(rp_id())
    except ValueError:
        return settings.BASE_URL.startswith("https://") or rp_id() == "localhost"
    return False


def ask(request: HttpRequest, *, act: Act, user: User | None, now: datetime) -> dict[str, object]:
    """For navigator.credentials.get. Without a `user`: whichever key its owner takes, and nothing is told of anybody's."""
    held = Passkey.objects.filter(user=user) if user else Passkey.objects.none()
    return {
        "challenge": _draw(request, act, user, now), "rpId": rp_id(), "timeout": _milliseconds(),
        "userVerification": "required", "allowCredentials": [_named(one) for one in held],
    }  # fmt: skip


def ask_new(request: HttpRequest, *, user: User, now: datetime) -> dict[str, object]:
    """For navigator.credentials.create."""
    return {
        "challenge": _draw(request, Act.ADD, user, now), "timeout": _milliseconds(),
        "rp": {"id": rp_id(), "name": "mssweb"},
        "user": {"id": in_text(user.pk.bytes), "name": user.login, "displayName": user.get_full_name()},
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        },
        "attestation": "none", "excludeCredentials": [_named(one) for one in Passkey.objects.filter(user=user)],
    }  # fmt: skip


def take(request: HttpRequest, *, act: Act, user: User | None, now: datetime) -> bytes | None:
    """The challenge of this session for this act, once, whatever is made of it. Of two answers at once, one gets it."""
    kept = request.session.pop(_KEPT, None)
    at = parse_datetime(kept["at"]) if kept else None
    if kept is None or at is None or not at <= now < at + LIFE:
        return None
    if kept["act"] != act or kept["user"] != _whose(user):
        return None
    if not allowances.is_first(f"ceremony {kept['challenge']}", until=at + LIFE, now=now):
        return None
    return bytes.fromhex(kept["challenge"])


def _draw(request: HttpRequest, act: Act, user: User | None, now: datetime) -> str:
    challenge = secrets.token_bytes(_BYTES)
    if request.session.session_key is None:
        request.session.set_expiry(LIFE)  # nobody is in it
    request.session[_KEPT] = {
        "challenge": challenge.hex(), "act": act.value, "user": _whose(user), "at": now.isoformat(),
    }  # fmt: skip
    return in_text(challenge)


def _named(passkey: Passkey) -> dict[str, object]:
    return {"type": "public-key", "id": in_text(bytes(passkey.credential_id)), "transports": passkey.transports}


def _whose(user: User | None) -> str:
    return str(user.pk) if user else ""


def _milliseconds() -> int:
    return int(LIFE.total_seconds() * 1000)
