"""A few people come in at a time: a morning's sign-ins, or a flood of them, keep nobody waiting who is in already.

The two forms that cost most (password, code) are answered by HASHES_AT_ONCE and one more threads of a process. The others
wait before anything is asked of the database, five seconds at most; who finds no place is sent away as by `hashers`.
"""

import threading
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mssweb import tally

type Next = Callable[[HttpRequest], HttpResponse]

_FORMS = {"/connexion/", "/connexion/code/"}
_WAITING, _PATIENCE = 64, 5.0  # who waits for each place; seconds


class Turnstile:
    """`size` places; `waiting` more people for each wait, `patience` seconds at most."""

    def __init__(self, size: int, *, waiting: int = _WAITING, patience: float = _PATIENCE) -> None:
        self._places, self._patience = threading.Semaphore(size), patience
        self._lock, self._most, self.waiting = threading.Lock(), size * waiting, 0

    def enter(self) -> bool:
        """Whether there is a place, which is left by `leave`."""
        if self._places.acquire(blocking=False):
            return True
        with self._lock:
            if self.waiting >= self._most:
                return False
            self.waiting += 1
        try:
            return self._places.acquire(timeout=self._patience)
        finally:
            with self._lock:
                self.waiting -= 1

    def leave(self) -> None:
        self._places.release()


def turnstile_middleware(get_response: Next) -> Next:
    """Before the session is read."""
    turnstile = Turnstile(settings.HASHES_AT_ONCE + 1)

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info not in _FORMS:
            return get_response(request)
        if not turnstile.enter():
            tally.count("slowed", "busy")
            return _sent_away(request)
        try:
            return get_response(request)
        finally:
            turnstile.leave()

    return middleware


def _sent_away(request: HttpRequest) -> HttpResponse:
    page = render_to_string("auth_otp/busy.html", {"back": request.path_info})
    return HttpResponse(page, status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
