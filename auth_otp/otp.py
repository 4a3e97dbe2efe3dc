"""One-time codes, pure: how a code is drawn, what is kept of it, when it may still be used. Keys and time are arguments."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mssweb import crypto

DIGITS = 6
LIFE = timedelta(minutes=5)
MAX_TRIES = 5
RESEND_AFTER = timedelta(seconds=30)


class Outcome(StrEnum):
    """What an attempt with a code comes to."""

    OK = "ok"
    WRONG = "wrong"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a code besides its digits."""

    expires_at: datetime
    tries: int  # this one counted
    is_used: bool


def draw() -> str:
    """Six digits from the system's source of randomness."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def digest(key: crypto.Key, challenge_id: str, code: str) -> bytes:
    """What is compared: bound to the challenge, so that a code of another sign-in is another digest."""
    return crypto.digest(key, f"{challenge_id}:{code}".encode())


def judge(life: Life, *, given: bytes, expected: bytes, now: datetime) -> Outcome:
    """The digests are compared in constant time whatever the rest says."""
    is_same = crypto.same(given, expected)
    if life.is_used:
        return Outcome.USED
    if now >= life.expires_at:
        return Outcome.EXPIRED
    if life.tries > MAX_TRIES:
        return Outcome.EXHAUSTED
    return Outcome.OK if is_same else Outcome.WRONG


def cleaned(text: str) -> str:
    """The digits of what a person typed or pasted."""
    return "".join(c for c in text if c.isascii() and c.isdigit())[:12]
