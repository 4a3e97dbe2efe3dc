"""Counts of this process, in memory: one addition of a dictionary, nothing that whoever counts could wait for.

They go to the database now and then (mailbox/watching/tallies.py); a process that is killed loses those of its last seconds.
Labels are codes: never an address, a name, a word of a message.
"""

import threading

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_LABELS = 500  # different ones: whatever counts by something unforeseen stays small
_lock = threading.Lock()
_counts: dict[tuple[str, str], float] = {}


def count(name: str, label: str = "", by: float = 1) -> None:
    key = (name, label[:40])
    with _lock:
        if key not in _counts and len(_counts) >= _LABELS:
            key = (name, "other")
        _counts[key] = _counts.get(key, 0.0) + by


def seconds(name: str, took: float) -> None:
    """One observation of a histogram: its bucket, its sum; `+Inf` holds what no bucket does."""
    bucket = next((str(limit) for limit in BUCKETS if took <= limit), "+Inf")
    count(name, bucket)
    count(name, "sum", took)


def taken() -> dict[tuple[str, str], float]:
    """What was counted since the last time; whoever cannot write it gives it back."""
    with _lock:
        held = dict(_counts)
        _counts.clear()
    return held


def give_back(held: dict[tuple[str, str], float]) -> None:
    for (name, label), by in held.items():
        count(name, label, by)
