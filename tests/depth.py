"""How deep the suite goes: `make test` stays under three minutes on two processors, `make soak` has the time.

Both have the same bounds. What grows in a soak is how much is tried: examples of a property, rounds of a clock or of a
kill, screens on which axe reads a page, people of a country; and walks through narrower matters (`soak`), each of some
seconds in a browser. Pytest says how many it left out (deselected).
"""

import os

import pytest
from hypothesis import settings

SOAK = os.environ.get("SOAK") == "1"

settings.register_profile("suite", max_examples=30)
settings.register_profile("soak", max_examples=2_000, deadline=None)


def variant(*given: object) -> object:
    """Parameters of a walk that differs from the one before it in little."""
    return pytest.param(*given, marks=pytest.mark.soak)


def deep[T](suite: T, soak: T) -> T:
    return soak if SOAK else suite
