"""Typing errors: a word and those one letter away from it share a spelling with a letter left out. Pure.

Symmetric deletes: of each known word the numbers of all its forms with one letter less are kept and indexed; a typed
word asks for its own. What the index gives is then measured, since two errors may also meet.
"""

from collections.abc import Iterable
from zlib import crc32

LONGEST = 24  # letters of a word that is corrected
SHORTEST = 4  # a shorter word has too many neighbours


def number(text: str) -> int:
    """A signed 32-bit number of a spelling."""
    found = crc32(text.encode())
    return found - (1 << 32) if found >> 31 else found


def spellings(word: str) -> list[int]:
    """The word itself and each form of it with one letter less, as numbers, each once."""
    forms = {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
    return [number(form) for form in forms]


def is_near(typed: str, meant: str) -> bool:
    """One letter more, less, wrong, or two neighbours exchanged."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    rest, other = typed[at:], meant[at:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or _is_exchanged(rest, other)


def _is_exchanged(rest: str, other: str) -> bool:
    return rest[:2] == other[:2][::-1] and rest[2:] == other[2:]


def near(typed: str, known: Iterable[tuple[str, int]]) -> list[str]:
    """Of known words with their weights, those meant by `typed`, the commonest first."""
    return [word for word, _ in sorted((one for one in known if is_near(typed, one[0])), key=lambda one: -one[1])]
