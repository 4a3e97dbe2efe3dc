"""Enumeration by the clock: the answer for an unknown person takes as long as the one for a wrong password."""

import statistics
import time
from itertools import count

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from auth_otp.models import Throttle
from tests.auth_otp.conftest import give_password
from tests.depth import deep

ROUNDS = deep(12, 400)


def test_enumeration_by_the_clock_unknown_people_take_as_long_as_wrong_passwords(anne, settings):
    """Interleaved, with the real Argon2id; processor's time, which a busy machine does not lengthen, and the same statements."""
    settings.PASSWORD_HASHERS = ["auth_otp.hashers.Argon2"]
    anne.set_password("une ordonnance bleue")
    anne.save()
    addresses = (f"10.{n // 250}.{n % 250}.1" for n in count())

    statements: set[tuple[str, ...]] = set()

    def seconds(login: str) -> float:
        browser = Client(REMOTE_ADDR=next(addresses))  # a network each, so that nobody waits
        with CaptureQueriesContext(connection) as asked:
            start = time.thread_time()
            assert give_password(browser, login, "essai au hasard").status_code == 422
            took = time.thread_time() - start
        statements.add(tuple(query["sql"].split(" ", 1)[0] for query in asked.captured_queries))
        return took

    for login in (anne.login, "chauffe@x.example"):
        seconds(login)
    known, unknown = [], []
    for number in range(ROUNDS):
        Throttle.objects.all().delete()  # so many at one person would be slowed
        known.append(seconds(anne.login))
        unknown.append(seconds(f"personne{number:02}@pharmacie-dupont.example"))
    assert len(statements) == 1, statements
    ratio = statistics.median(unknown) / statistics.median(known)
    assert 0.8 < ratio < 1.25, f"unknown/known = {ratio:.2f}"
    overlap = sum(u < k for u in unknown for k in known) / ROUNDS**2  # Mann–Whitney: 0.5 tells nothing
    assert 0.2 < overlap < 0.8, f"an observer guesses right {max(overlap, 1 - overlap):.0%} of the time"
