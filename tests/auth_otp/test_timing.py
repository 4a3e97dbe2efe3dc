"""Enumeration by the clock: the answer for an unknown or a closed account takes as long as the one for a wrong password."""

import random
import statistics
import time
from itertools import count
from math import erfc, sqrt

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from auth_otp.models import Throttle
from tests.auth_otp.conftest import give_password
from tests.depth import deep

ROUNDS = deep(12, 400)
_BY_CHANCE = 1e-4  # how often nothing but chance may look like a leak
_SEEN = 0.002  # seconds: an eighth of a hash; across a network nobody averages away less within the delays


def test_enumeration_by_the_clock_unknown_and_closed_accounts_take_as_long_as_wrong_passwords(anne, claire, settings):
    """Processor's time, which a busy machine does not lengthen, kinds in a fresh order each round; the same statements."""
    settings.PASSWORD_HASHERS = ["auth_otp.hashers.Argon2"]
    for user in (anne, claire):
        user.set_password("une ordonnance bleue")
        user.is_active = user is anne
        user.save()
    addresses = (f"10.{n // 250}.{n % 250}.1" for n in count())
    statements: set[tuple[str, ...]] = set()

    def seconds(login: str) -> float:
        browser = Client(REMOTE_ADDR=next(addresses))  # a network each, so that nobody waits
        with CaptureQueriesContext(connection) as asked:
            start = time.process_time()  # of all threads: hashing has its own
            assert give_password(browser, login, "essai au hasard").status_code == 422
            took = time.process_time() - start
        statements.add(tuple(query["sql"].split(" ", 1)[0] for query in asked.captured_queries))
        return took

    names = (f"personne{number}@pharmacie-dupont.example" for number in count())
    kinds = {"known": lambda: anne.login, "closed": lambda: claire.login, "unknown": lambda: next(names)}
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    rng = random.Random(6)
    for number in range(ROUNDS + 1):
        Throttle.objects.all().delete()  # so many at one person would be slowed
        for kind in rng.sample(sorted(kinds), len(kinds)):
            spent = seconds(kinds[kind]())
            took[kind] += [spent] if number else []  # the first warms up
    assert len(statements) == 1, statements
    hashed = min(took["known"]) / 2  # about what a sign-in without a hash would save
    assert tells([one - hashed for one in took["unknown"]], took["known"]), "a leak of that size would not be seen"
    for kind in ("unknown", "closed"):
        assert not tells(took[kind], took["known"]), f"{kind}: {shift(took[kind], took['known']) * 1000:+.1f} ms"


def tells(some: list[float], others: list[float]) -> bool:
    """Mann and Whitney's test, and Hodges and Lehmann's estimate of the shift: both must say that it is there."""
    below = sum((a < b) + (a == b) / 2 for a in some for b in others)
    pairs = len(some) * len(others)
    z = (below - pairs / 2) / sqrt(pairs * (len(some) + len(others) + 1) / 12)
    return erfc(abs(z) / sqrt(2)) < _BY_CHANCE and abs(shift(some, others)) > _SEEN


def shift(some: list[float], others: list[float]) -> float:
    return statistics.median(a - b for a in some for b in others)
