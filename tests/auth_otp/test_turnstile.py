"""Who comes in waits for a place, before anything is asked of the database; pages of those who are in do not."""

import threading
import time

from django.http import HttpResponse
from django.test import RequestFactory

from auth_otp import turnstile
from auth_otp.turnstile import Turnstile, turnstile_middleware


def test_as_many_as_there_are_places_the_next_waits_and_those_beyond_are_sent_away():
    gate, third = Turnstile(1, waiting=1, patience=5), list[bool]()
    assert gate.enter()
    waiting = threading.Thread(target=lambda: third.append(gate.enter()))
    waiting.start()
    while gate.waiting < 1:
        time.sleep(0.001)
    assert not gate.enter(), "no place even to wait"
    gate.leave()
    waiting.join(5)
    assert third == [True]


def test_a_place_goes_to_who_came_first_and_not_to_who_comes_as_it_is_left():
    gate, came = Turnstile(1, waiting=9, patience=5), list[int]()
    assert gate.enter()

    def come(number: int) -> None:
        assert gate.enter()
        came.append(number)
        gate.leave()

    people = [threading.Thread(target=come, args=[number]) for number in range(5)]
    for number, one in enumerate(people):
        one.start()
        while gate.waiting <= number:
            time.sleep(0.001)
    gate.leave()
    for one in people:
        one.join()
    assert came == [0, 1, 2, 3, 4]


def test_who_waits_too_long_leaves_the_place_to_others():
    gate = Turnstile(1, waiting=1, patience=0.01)
    assert gate.enter() and not gate.enter()
    gate.leave()
    assert gate.enter()


def test_a_flood_of_sign_ins_is_sent_away_in_words_and_pages_pass(monkeypatch, settings, db, django_assert_num_queries):
    """Attack: starving those who are in by forms of those who are not."""
    settings.HASHES_AT_ONCE = 1
    monkeypatch.setattr(turnstile, "Turnstile", lambda size: Turnstile(size, waiting=0, patience=0.01))
    inside, go = threading.Semaphore(0), threading.Event()

    def slow(request) -> HttpResponse:
        if request.path == "/connexion/" and request.method == "POST":
            inside.release()
            go.wait(5)
        return HttpResponse("fait")

    door, make = turnstile_middleware(slow), RequestFactory()
    people = [threading.Thread(target=door, args=[make.post("/connexion/")]) for _ in range(2)]
    for one in people:
        one.start()
    assert all(inside.acquire(timeout=5) for _ in people)
    with django_assert_num_queries(0):
        away = door(make.post("/connexion/code/"))
    assert (away.status_code, away["Retry-After"]) == (503, "5")
    assert "Réessayez dans quelques secondes" in away.content.decode()
    for passes in (make.get("/connexion/"), make.get("/b/x/inbox/"), make.post("/connexion/cle/")):
        assert door(passes).content == b"fait"
    go.set()
    for one in people:
        one.join()
    assert door(make.post("/connexion/code/")).content == b"fait", "the places are free again"
