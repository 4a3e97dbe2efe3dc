"""Passwords are hashed a few at a time: what floods the door is sent away, what serves mail and pages goes on."""

import os
import threading
import time

import pytest
from django.conf import settings
from django.test import Client

from auth_otp import hashers
from auth_otp.hashers import Busy, Turns
from auth_otp.models import Throttle
from tests.auth_otp.conftest import give_password
from tests.conftest import PASSWORD


class Held:
    """An act that lasts until it is let go; counts how many go on at once."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Semaphore(0)
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.begun.release()
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        return True


def together(turns: Turns, act, count: int) -> tuple[list[threading.Thread], list[object]]:
    told: list[object] = []

    def ask() -> None:
        try:
            told.append(turns.take(act))
        except Busy:
            told.append(None)

    people = [threading.Thread(target=ask) for _ in range(count)]
    for one in people:
        one.start()
    return people, told


@pytest.fixture
def full(monkeypatch):
    """Every thread that hashes is taken, and nobody may wait."""
    turns, held = Turns(1, waiting=0), Held()
    people, _ = together(turns, held, 1)
    held.begun.acquire(timeout=10)
    monkeypatch.setattr(hashers, "turns", turns)
    yield turns
    held.go.set()
    people[0].join()


def test_a_flood_of_passwords_is_hashed_two_at_a_time_and_most_of_it_is_sent_away_at_once():
    """Attack: starving mail and pages by Argon2id. Memory and threads are bounded."""
    turns, held = Turns(2, waiting=3, patience=10), Held()
    people, told = together(turns, held, 20)
    deadline = time.monotonic() + 10
    while len(told) < 12 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert told == [None] * 12
    assert all(held.begun.acquire(timeout=10) for _ in range(2))
    held.go.set()
    for one in people:
        one.join()
    assert held.most == 2
    assert told.count(True) == 8
    assert turns.take(lambda: "again") == "again"


def test_whoever_waits_too_long_is_told_so_and_never_hashed():
    turns, held, late = Turns(1, waiting=1, patience=0.05), Held(), []
    people, told = together(turns, held, 1)
    held.begun.acquire(timeout=10)
    with pytest.raises(Busy):
        turns.take(lambda: late.append(1))
    held.go.set()
    people[0].join()
    assert told != [None]  # it had begun: it is waited for
    assert turns.take(lambda: 6) == 6
    assert not late


def test_whoever_waits_holds_no_connection_meanwhile(monkeypatch):
    """Attack: a flood that takes every connection of the pool, so that no page opens."""

    class Connection:
        in_atomic_block, closed = False, 0

        def close(self) -> None:
            self.closed += 1

    kept = Connection()
    monkeypatch.setattr(hashers, "connection", kept)
    turns, held = Turns(1, waiting=1), Held()
    people, _ = together(turns, held, 1)
    held.begun.acquire(timeout=10)
    assert kept.closed == 0
    second, _ = together(turns, held, 1)
    deadline = time.monotonic() + 10
    while not kept.closed and time.monotonic() < deadline:
        time.sleep(0.005)
    assert kept.closed == 1
    held.go.set()
    for one in people + second:
        one.join()


def test_a_full_house_is_told_before_the_database_is_asked_anything(anne, full, django_assert_num_queries):
    """Attack: a flood of passwords, to keep the database busy for nothing."""
    with django_assert_num_queries(0):
        assert give_password(Client(), anne.login).status_code == 503


def test_a_password_that_could_not_be_looked_at_is_told_so_and_counts_for_nothing(anne, pocket, full, settings):
    settings.PASSWORD_HASHERS = ["auth_otp.hashers.Argon2"]
    full.look = lambda: None  # it was full only afterwards
    browser = Client()
    answers = [give_password(browser, login) for login in (anne.login, "personne@x.example") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0]["Retry-After"] == "5"
    told = answers[0].content.decode()
    assert "Réessayez dans quelques secondes" in told and "Cet essai n’est pas compté" in told
    assert set(Throttle.objects.values_list("failures", flat=True)) == {0}
    assert give_password(browser, anne.login, next="/").status_code == 503


def test_one_s_own_counter_is_not_forgotten_by_a_full_house(anne, pocket, full, settings):
    """Attack: wrong passwords, then a flood to have them forgotten."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    full.look = lambda: None
    browser = Client()
    for _ in range(2):
        give_password(browser, anne.login, "essai au hasard")
    settings.PASSWORD_HASHERS = ["auth_otp.hashers.Argon2"]
    for _ in range(3):
        give_password(browser, anne.login, "essai au hasard")
    assert set(Throttle.objects.values_list("failures", flat=True)) == {2}


def test_the_size_follows_the_machine_and_a_hash_is_right_through_it():
    assert max(1, (os.cpu_count() or 2) // 2) == settings.HASHES_AT_ONCE
    hasher = hashers.Argon2()
    encoded = hasher.encode(PASSWORD, "saltsaltsalt")
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in encoded
    assert hasher.verify(PASSWORD, encoded) and not hasher.verify("autre chose", encoded)
