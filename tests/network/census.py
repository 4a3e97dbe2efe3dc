"""What became of every letter, by Message-ID, in every store: delivered once, or known by its sender to have failed.

A second copy is allowed where RFC 5321 §4.5.3.2.6 allows it only: a 250 was lost, or whoever had heard it died before writing
it down; in our own store never.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles

from tests import peers
from tests.network.faults import Faults
from tests.network.network import Network
from tests.network.operator import Letter, Store

AT_ONCE = 8  # letters that a server may be handing over, or be receiving, as it dies


@dataclass
class Pair:
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    both: int = 0
    twice: int = 0
    lost: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


class Census:
    def __init__(self, network: Network) -> None:
        self._network = network
        stores = {domain: server.store() for domain, server in network.servers.items()}
        self.pairs: dict[tuple[str, str], Pair] = {}
        for letter in network.letters:
            pair = self.pairs.setdefault((letter.by.domain, letter.at.domain), Pair())
            _count(pair, letter, stores[letter.by.domain], stores[letter.at.domain])

    @property
    def lost(self) -> list[str]:
        return [name for pair in self.pairs.values() for name in pair.lost]

    def twice(self, domain: str) -> int:
        """Copies too many in its store, and letters that came though their sender was told otherwise."""
        return sum(pair.twice + pair.both for (_, at), pair in self.pairs.items() if at == domain)

    def allowed(self, domain: str, faults: Faults) -> int:
        """So many answers may have been lost. Our worker holds one letter at a time."""
        wire, others = self._network.wires[domain], faults.kills.total() - faults.kills[peers.OURS]
        return wire.was_cut + wire.was_broken + faults.kills[peers.OURS] + AT_ONCE * others

    def table(self, faults: Faults) -> Iterator[str]:
        yield f"{'from':<14}{'to':<14}{'sent':>6}{'deliv.':>8}{'failed':>8}{'both':>6}{'twice':>7}{'p50 s':>8}{'p95 s':>8}"
        for (by, at), pair in sorted(self.pairs.items()):
            spread = quantiles(pair.delays, n=20) if len(pair.delays) > 1 else [0.0] * 19
            counts = f"{pair.sent:>6}{pair.delivered:>8}{pair.failed:>8}{pair.both:>6}{pair.twice:>7}"
            yield f"{by[:12]:<14}{at[:12]:<14}{counts}{spread[9]:>8.1f}{spread[18]:>8.1f}"
        yield "faults made: " + ", ".join(f"{kind} {count}" for kind, count in sorted(faults.made.items()))
        for domain, wire in self._network.wires.items():
            told = f"{wire.through} sessions, {wire.was_cut} cut, {wire.was_broken} broken in a letter"
            yield f"{domain}: {told}, {wire.was_stormy} met a storm, {wire.was_slow} a drip"
        yield f"DNS failures answered: {self._network.names.failed}"


def _count(pair: Pair, letter: Letter, senders: Store, receivers: Store) -> None:
    copies, failures = receivers.letters[letter.id], senders.failed[letter.id]
    pair.sent += 1
    pair.delivered += copies > 0
    pair.failed += failures > 0
    pair.both += copies > 0 and failures > 0
    pair.twice += max(0, copies - 1)
    if not copies and not failures:
        pair.lost.append(f"{letter.id} to {letter.to}")
    if copies:
        pair.delays.append(max(0.0, receivers.arrived[letter.id] - letter.handed_at))
