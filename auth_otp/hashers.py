"""Argon2id with the parameters of OWASP: 19 MiB, two passes, one lane (about 20 ms). A few at a time, whatever is asked.

Hashing runs in threads of its own, HASHES_AT_ONCE of them in a process (19 MiB each): mail and pages are not starved by a
flood of sign-ins. So many more wait, so long; the others are `Busy` at once, told as 503 by auth_otp.middleware. Refuses
to wait with a connection of the pool in hand.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

_WAITING, _PATIENCE = 64, 2.0  # who waits for each thread; seconds


class Busy(Exception):
    """Nothing was hashed: nobody knows whether the password was right."""


class Turns:
    """`size` acts at once; `waiting` more for each wait for `patience` seconds at most."""

    def __init__(self, size: int, *, waiting: int = _WAITING, patience: float = _PATIENCE) -> None:
        self._size, self._most, self._patience = size, size * (1 + waiting), patience
        self._threads = ThreadPoolExecutor(size, "hash")  # begun when first asked
        self._lock, self._inside = threading.Lock(), 0

    def look(self) -> None:
        """Busy already? Before anything is asked of the database for who would be sent away."""
        if self._inside >= self._most:
            raise Busy

    def take[T](self, act: Callable[[], T]) -> T:
        with self._lock:
            if self._inside >= self._most:
                raise Busy
            self._inside += 1
            waits = self._inside > self._size
        try:
            if waits and not connection.in_atomic_block:
                connection.close()  # back to the pool, for who shows a page meanwhile
            turn = self._threads.submit(act)
            try:
                return turn.result(self._patience)
            except TimeoutError:
                if turn.cancel():
                    raise Busy from None
                return turn.result()  # it has begun
        finally:
            with self._lock:
                self._inside -= 1


class Argon2(Argon2PasswordHasher):
    memory_cost, time_cost, parallelism = 19 * 1024, 2, 1

    def encode(self, password: str, salt: str) -> str:
        return turns.take(lambda: super(Argon2, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return turns.take(lambda: super(Argon2, self).verify(password, encoded))


turns = Turns(settings.HASHES_AT_ONCE)
