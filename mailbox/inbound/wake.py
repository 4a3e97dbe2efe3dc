"""Wake the workers after a 250: coalesced, in a thread, never waited for. A lost wake-up is found by the sweep.

A wake-up costs as much as receiving a letter: under load they come apart, for who is awake looks again by itself.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from kombu.exceptions import OperationalError

from mssweb.celery import app

log = logging.getLogger(__name__)

_TASK = "mailbox.tasks.ingest"
_GATHER_SECONDS = 0.02  # arrivals this close share one wake-up
_APART_SECONDS = 0.1
_EXPIRES_SECONDS = 30  # a wake-up that waited longer has been overtaken by others


class Waker:
    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "wake")
        self._is_due = False
        self._next = 0.0  # of the loop's clock

    def wake(self) -> None:
        if not self._is_due:
            self._is_due, loop = True, asyncio.get_running_loop()
            loop.call_at(max(loop.time() + _GATHER_SECONDS, self._next), self._go, loop)

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_due, self._next = False, loop.time() + _APART_SECONDS
        self._thread.submit(_send)


def _send() -> None:
    try:
        app.send_task(_TASK, ignore_result=True, expires=_EXPIRES_SECONDS, retry=False)
    except OperationalError as error:  # the row is the queue (design §4.2)
        log.warning("wake-up not sent: %s", type(error).__name__)
