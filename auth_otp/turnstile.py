"""A few people come in at a time: a morning's sign-ins, or a flood of them, keep nobody waiting who is in already.

The two forms that cost most (password, code) are answered by HASHES_AT_ONCE and one more threads of a process. The others
wait before anything is asked of the database, five seconds at most; who finds no place is sent away as by `hashers`.
"""

import threading
from collections import deque
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mssweb import tally

type Next = Callable[[HttpRequest], HttpResponse]

_FORMS = {"/connexion/", "/connexion/code/"}
_WAITING, _PATIENCE = 64, 5.0  # who waits for each place; seconds


class Turnstile:
    """`size` places; `waiting` more people for each wait, `patience` seconds at most, and go in as they came."""

    def __init__(self, size: int, *, waiting: int = _WAITING, patience: float = _PATIENCE) -> None:
        self._lock, self._free, self._most, self._patience = threading.Lock(), size, size * waiting, patience
        self._queue: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def enter(self) -> bool:
        """Whether there is a place, which is left by `leave`."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._queue) >= self._most:
                return False
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(self._patience):
            return True
        with self._lock:
            if turn.is_set():  # given at this very moment
                return True
            self._queue.remove(turn)
        return False

    def leave(self) -> None:
        """The place goes to who came first: whoever comes now does not take it before them."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


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
    response = HttpResponse(page, status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
    response._has_been_logged = True  # type: ignore[attr-defined]  # as ways.busy: a metric counts it
    return response
