"""Codes that travel to who is not signed in, asked of many threads at once; links of activations too."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from auth_otp import activation, missives
from auth_otp.models import Activation, Missive

KIND = Missive.Kind.RESET_SMS


def all_at_once(count: int, act) -> list:
    def one(number: int):
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_code_guessing_in_parallel_never_gets_more_than_five_and_of_two_right_answers_one_wins():
    """Attack: guesses at once, the right one among them; then the right one, by many at once."""
    now = timezone.now()
    row = missives.draw(KIND, uuid4(), now=now, to=["+33639980001"])
    Missive.objects.update(sent_at=now)
    right = missives.content(row).secret
    wrong = "000000" if right != "000000" else "111111"
    all_at_once(20, lambda _: missives.verify(KIND, row.about, given=wrong, now=now))
    row.refresh_from_db()
    assert row.tries == missives.MAX_TRIES
    assert missives.verify(KIND, row.about, given=right, now=now) is None
    row = missives.draw(KIND, row.about, now=now, to=["+33639980001"])
    Missive.objects.update(sent_at=now)
    right = missives.content(row).secret
    won = all_at_once(5, lambda _: missives.verify(KIND, row.about, given=right, now=now))
    assert sum(one is not None for one in won) == 1


@pytest.mark.django_db(transaction=True)
def test_the_code_that_is_said_is_guessed_five_times_at_most_however_many_at_once(anne, rf):
    row, said = activation.make(anne, activation.Who("Lucie", "Petit", "+33639980041"), now=timezone.now())

    def guess(code: str) -> bool:
        request = rf.get("/")
        request.session, request.user = {}, anne
        return activation.enter(request, row, code, now=timezone.now())

    assert not any(all_at_once(20, lambda n: guess(f"zzzz{22 + n % 8}")))
    assert Activation.objects.get().tries == activation.TRIES
    assert not guess(said)
