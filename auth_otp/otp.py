"""One-time codes, pure: how a code is drawn, what is kept of it, when it may still be used. Keys and time are arguments.

Six digits of a real source of randomness, one use, five tries, five minutes (NIST SP 800-63B §5.1.3, OWASP ASVS 6.5).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mssweb import crypto

DIGITS = 6
LIFE = timedelta(minutes=5)
MAX_TRIES = 5
RESEND_AFTER = timedelta(seconds=30)
CALL_AFTER = 2  # times that it was asked for: the first, and one «Renvoyer»


class Way(StrEnum):
    """How the second factor is given; the strongest first."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY = "recovery"
    SMS = "sms"


class Outcome(StrEnum):
    """What a try with a code comes to."""

    OK = "ok"
    WRONG = "wrong"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a code besides its digits. `tries` includes the one being judged."""

    expires_at: datetime
    tries: int
    is_used: bool


def draw(below: Callable[[int], int] = secrets.randbelow) -> str:
    """Six digits, each code as likely as any other; `below(n)` is the source of randomness."""
    return f"{below(10**DIGITS):0{DIGITS}}"


def digest(key: crypto.Key, challenge_id: str, code: str) -> bytes:
    """What is compared: bound to the challenge, so that the same digits elsewhere are another digest."""
    return crypto.digest(key, f"{challenge_id}:{code}".encode())


def judge(life: Life, *, given: bytes, expected: bytes, now: datetime) -> Outcome:
    """The digests are compared in constant time whatever the rest says."""
    return settle(life, is_right=crypto.same(given, expected), now=now)


def settle(life: Life, *, is_right: bool, now: datetime) -> Outcome:
    """What the try comes to, once it is known whether the code is the right one."""
    if life.is_used:
        return Outcome.USED
    if now >= life.expires_at:
        return Outcome.EXPIRED
    if life.tries > MAX_TRIES:
        return Outcome.EXHAUSTED
    if is_right:
        return Outcome.OK
    return Outcome.WRONG if life.tries < MAX_TRIES else Outcome.EXHAUSTED


def cleaned(text: str) -> str:
    """The digits of what a person typed or pasted, «123 456» and «code : 123456» alike; no digit of another alphabet."""
    return "".join(c for c in text if c.isascii() and c.isdigit())[: 2 * DIGITS]
