"""Passwords that breaches have shown, of twelve characters or more: digests shipped beside this module, read by halves.

Eight bytes of SHA-256 each, in order, of the password in small letters: no list of passwords is in the repository, and
nothing of it is kept in memory. Where it comes from, by what licence, and how it is made anew: `known.md`.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

LISTED = Path(__file__).with_name("known.bin")
SHORTEST = 12  # what is shorter is refused for that
_SIZE = 8


def is_known(password: str, listed: Path = LISTED) -> bool:
    """Some sixteen reads. What differs from a known one by capitals only is known: attackers try those next."""
    wanted = digest(password)
    with listed.open("rb", buffering=0) as kept:
        low, high = 0, os.fstat(kept.fileno()).st_size // _SIZE
        while low < high:
            middle = (low + high) // 2
            found = os.pread(kept.fileno(), _SIZE, middle * _SIZE)
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


def digest(password: str) -> bytes:
    return hashlib.sha256(password.casefold().encode()).digest()[:_SIZE]


def packed(passwords: Iterable[str]) -> bytes:
    """What `LISTED` is made of."""
    return b"".join(sorted({digest(one) for one in passwords if len(one) >= SHORTEST}))
