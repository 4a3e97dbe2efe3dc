"""Codes of an authenticator, pure (RFC 6238 over RFC 4226): six digits, HMAC-SHA-1, steps of 30 s, as every application expects.

A code counts one step before and after its own, for clocks that stray (RFC 6238 §5.2). Which steps have served is the row's.
"""

import base64
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

from mssweb import crypto

STEP_SECONDS = 30
SKEW_STEPS = 1
SECRET_BYTES = 20  # of the output of SHA-1 (RFC 4226 §4, R6)
DIGITS = 6
ISSUER = "mssweb"


def draw() -> bytes:
    """A new secret."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """RFC 4226 §5.3: dynamic truncation."""
    mac = crypto.digest_sha1(secret, struct.pack(">Q", step))
    [number] = struct.unpack_from(">I", mac, mac[-1] & 0xF)
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def matching(secret: bytes, given: str, *, now: datetime) -> int | None:
    """The step whose code this is, the newest if there are two; compared with each of them in constant time."""
    here = step_of(now)
    steps = range(here - SKEW_STEPS, here + SKEW_STEPS + 1)
    found = [step for step in steps if crypto.same(given.encode(), code_of(secret, step).encode())]
    return found[-1] if found else None


def in_base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def in_groups(secret: bytes) -> str:
    """For who types it: «ABCD EFGH …»."""
    text = in_base32(secret)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def uri(secret: bytes, account: str) -> str:
    """What the QR code says (Key URI Format): read by the application, shown and kept nowhere else."""
    facts = {
        "secret": in_base32(secret),
        "issuer": ISSUER,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{ISSUER}:{quote(account)}?{urlencode(facts)}"
