"""Chance without a state: sixteen numbers of 32 bits for each (seed, what for, number), whoever asks and in any order.

So any person or structure is made again when needed, instead of being kept: memory does not grow with the country.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from struct import Struct

ALL = 1 << 32
_QUESTION = Struct("<QQ").pack
_ANSWER = Struct("<16I").unpack

type Draws = tuple[int, ...]
type Source = Callable[[int], Draws]


def source(seed: int, purpose: str) -> Source:
    """Sixteen draws in [0, 2**32) for a number; another purpose, other draws."""
    person = purpose.encode()[:16]

    def draws(number: int) -> Draws:
        return _ANSWER(blake2b(_QUESTION(seed & (1 << 64) - 1, number), person=person, usedforsecurity=False).digest())

    return draws


def share(fraction: float) -> int:
    """A draw under this happens so often."""
    return round(fraction * ALL)


def spread[T](weighted: Iterable[tuple[T, float]], bits: int = 12) -> list[T]:
    """A table of 2**bits places, each value in proportion to its weight: `table[draw >> 32 - bits]`."""
    pairs = list(weighted)
    size, total, table = 1 << bits, sum(weight for _, weight in pairs), list[T]()
    for (value, _), until in zip(pairs, accumulate(weight for _, weight in pairs), strict=True):
        table.extend([value] * (round(until / total * size) - len(table)))
    return table


class Weights:
    """Places 0 to n-1, each in proportion to its weight, however small: a sum and a bisection."""

    __slots__ = ("_sums", "_total")

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(accumulate(weights))
        self._total = self._sums[-1]

    def __call__(self, draw: int) -> int:
        return min(bisect_right(self._sums, draw * self._total / ALL), len(self._sums) - 1)


def luhn_closed(digits: str) -> str:
    """The digits with their Luhn key appended."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


_FOUR = [sum(int(digit) if place % 2 else int(digit) * 2 - 9 * (digit > "4")
             for place, digit in enumerate(f"{number:04d}"[::-1])) for number in range(10_000)]  # fmt: skip


def rpps(number: int) -> str:
    """`99`, eight digits and their key: real numbers begin with 10. Neighbours are far apart."""
    scattered = 10_000_000 + (number * 48_271_907 + 7_654_321) % 79_999_987
    high, low = divmod(scattered, 10_000)
    return f"99{scattered}{-(9 + 9 + _FOUR[high] + _FOUR[low]) % 10}"
