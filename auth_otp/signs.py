"""Signs that people read, say and type: references, and codes of letters. Pure.

Nothing in them is written like something else: no zero, no one, no i, l or o. Where a person puts blanks or dashes, or
writes capitals, changes nothing.
"""

import secrets
from collections.abc import Callable

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 signs: 4.95 bits each
GROUP = 4
CODE, REFERENCE = 2, 3  # groups: 39 bits (with five tries), 59 bits (looked up)
SPOKEN = 6  # signs of what is said in person: 29 bits, five tries


def draw(groups: int, below: Callable[[int], int] = secrets.randbelow) -> str:
    """«7kmp-q2wx-9rtd»."""
    return "-".join("".join(_sign(below) for _ in range(GROUP)) for _ in range(groups))


def draw_spoken(below: Callable[[int], int] = secrets.randbelow) -> str:
    """«7kmq2w», short enough to be said across a counter."""
    return "".join(_sign(below) for _ in range(SPOKEN))


def cleaned(text: str) -> str:
    """The signs alone of what was typed, the first forty."""
    return "".join(c for c in text[:200].lower() if c in ALPHABET)[:40]


def head(reference: str) -> str:
    """The first group: what its holder tells whoever recognises them, and which by itself opens nothing."""
    return cleaned(reference)[:GROUP]


def _sign(below: Callable[[int], int]) -> str:
    return ALPHABET[below(len(ALPHABET))]
