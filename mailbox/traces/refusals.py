"""Refusals of a receiver, waiting to be written: a flood is counted, not kept line by line. Pure; `now` in seconds.

Refuses to grow: of one peer and one reason, the first of a minute are lines, the others one line that says how many. What
finds no place is counted and nothing else: a trace is never a reason to slow a session down.
"""

from collections import deque
from dataclasses import dataclass, field, replace

from mailbox.traces.values import Trace

MOST_WAITING = 2000  # lines, some 2 MB
MOST_ALIKE = 20  # lines a minute of one peer and one reason
MOST_KINDS = 2000  # of (peer, reason) counted at once
_MINUTE = 60.0


@dataclass(slots=True)
class _Alike:
    since: float
    lines: int = 0
    more: int = 0
    last: Trace | None = None


@dataclass(slots=True)
class Refusals:
    """`lost`: refusals for which there was no place."""

    lost: int = 0
    _waiting: deque[Trace] = field(default_factory=deque)
    _alike: dict[tuple[str, str], _Alike] = field(default_factory=dict)

    def add(self, trace: Trace, network: str, now: float) -> None:
        """`network`: whose refusals are counted together (limits.network_of)."""
        key = (network, trace.reason)
        alike = self._alike.get(key)
        if alike is None:
            if len(self._alike) >= MOST_KINDS:
                self.lost += 1
                return
            alike = self._alike[key] = _Alike(now)
        if alike.lines >= MOST_ALIKE:
            alike.more, alike.last = alike.more + 1, trace
        elif len(self._waiting) >= MOST_WAITING:
            self.lost += 1
        else:
            alike.lines += 1
            self._waiting.append(trace)

    def take(self, now: float, most: int = 500) -> list[Trace]:
        """What to write now: lines, and the counts of minutes that are over. Whoever cannot gives them back."""
        for key in [key for key, alike in self._alike.items() if now - alike.since >= _MINUTE]:
            self._close(self._alike.pop(key))
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def close(self) -> None:
        """The process ends: what minutes counted so far becomes lines."""
        for alike in self._alike.values():
            self._close(alike)
        self._alike.clear()

    def give_back(self, traces: list[Trace]) -> None:
        room = MOST_WAITING - len(self._waiting)
        self.lost += max(0, len(traces) - room)
        self._waiting.extendleft(reversed(traces[: max(0, room)]))

    def _close(self, alike: _Alike) -> None:
        """One line for the others of its minute, without whom they were for: there were many."""
        if alike.last:
            self._waiting.append(replace(alike.last, repeats=alike.more, rcpt_to="", text=""))
