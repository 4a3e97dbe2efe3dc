"""Whoever asks for many recipients that do not exist is answered later and later, then not at all for a while. Pure.

Who may ask at all is a listed operator, which also sends to recipients that exist: each that a letter reached takes one
unknown back, so that a large sender with some old addresses is never held. `now` is the caller's clock, in seconds.
Memory is bounded by the networks remembered; each process remembers its own.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from mailbox.inbound.limits import Limits

MAX_NETWORKS = 10_000
_HOUR = 3600.0


@dataclass(slots=True)
class _Asked:
    since: float
    unknown: int = 0
    refused_until: float = 0.0


@dataclass(slots=True)
class Tarpit:
    """Counts by network (an address, or the /64 of one)."""

    limits: Limits
    _asked: OrderedDict[str, _Asked] = field(default_factory=OrderedDict)

    def refuses(self, network: str, now: float) -> bool:
        """May that network send nothing for now?"""
        return (asked := self._asked.get(network)) is not None and now < asked.refused_until

    def unknown(self, network: str, now: float) -> float | None:
        """One more: seconds to hold its 550 back (0, 1, 2, 4 …), or None when the session should end."""
        asked = self._asked.get(network)
        if asked is None or now - asked.since >= _HOUR:
            asked = self._asked[network] = _Asked(now)
        self._asked.move_to_end(network)
        if len(self._asked) > MAX_NETWORKS:
            self._asked.popitem(last=False)
        asked.unknown += 1
        if asked.unknown > self.limits.unknown_recipients:
            asked.refused_until = now + self.limits.refused_seconds
            return None
        return min(self.limits.tarpit_seconds, float(2 ** min(asked.unknown - 2, 20))) if asked.unknown > 1 else 0.0

    def reached(self, network: str, recipients: int) -> None:
        """A letter was taken for so many that exist."""
        if asked := self._asked.get(network):
            asked.unknown = max(0, asked.unknown - recipients)
