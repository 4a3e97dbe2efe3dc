"""Has this worker been told to stop? One byte that its processes share: written by the parent, read between two steps.

Celery lets running tasks end and tells them nothing: one that empties a queue would go on as long as the queue is fed.
"""

from mmap import mmap

_asked = mmap(-1, 1)  # anonymous and shared: whoever is forked after this line sees what is written


def ask() -> None:
    _asked[0] = 1


def is_asked() -> bool:
    return bool(_asked[0])


def forget() -> None:
    """For a process that goes on: tests."""
    _asked[0] = 0
