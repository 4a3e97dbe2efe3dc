"""Our rates over those of Postfix and Dovecot, in turns (A B A B A B): the median of the ratios of each round.

The same load, mutual TLS and fsync on both sides, on the same cores. Ours is measured as Postfix is, filing while
it accepts; then accepting alone. A peer that is not installed is said, and its figures are absent.
"""

import statistics
import time
from collections.abc import Callable

from benchmarks import load, peers, ports, receiving, sending, stack
from benchmarks.figures import Figure

_POSTFIX = ports.of("postfix")
_ROUNDS = 3


def run(*, quick: bool = False) -> list[Figure]:
    if why := peers.missing():
        print(f"  nothing to compare with: {why}", flush=True)
        return []
    from benchmarks.people import DOMAIN, pharmacy

    names = tuple(f"box{n}" for n in range(receiving.BOXES))
    box, user = pharmacy(names)
    peer = receiving.trust(stack.home() / "bench-pki", DOMAIN)
    count = 400 if quick else 1000
    how = f"{count} messages of 20 kB a turn, {receiving.SESSIONS} mutual-TLS sessions, {_ROUNDS} turns each"
    incoming = _rounds(lambda: _ours(peer, count), _Theirs(peer, names, count), "in")
    accepted, filed, alone = zip(*incoming, strict=True)
    outgoing = _rounds(lambda: (sending.drained(box, user, peer, count),), lambda n: (_sent(peer, count, n),), "out")
    (sent,) = zip(*outgoing, strict=True)
    return [
        _ratio("accepted alone ÷ Postfix", alone, f"{how}; Postfix delivers meanwhile, nobody files ours", 2),
        _ratio("accepted and filed ÷ Postfix", accepted, f"{how}; both deliver meanwhile", None),
        _ratio("end to end ÷ Postfix to Dovecot", filed, f"{how}; to the last one sealed and visible, mail_crypt", 2),
        _ratio("sent ÷ Postfix", sent, f"{count} of 20 kB a turn, mutual TLS, the same sink", 0.8),
    ]


type Pair = tuple[float, float]


def _ratio(name: str, pairs: tuple[Pair, ...], how: str, goal: float | None) -> Figure:
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    value = statistics.median(our / their for our, their in pairs)
    return Figure(name, value, "×", f"{how}; {ours:.0f}/s and {theirs:.0f}/s", goal=goal)


def _rounds(
    ours: Callable[[], tuple[float, ...]], theirs: Callable[[int], tuple[float, ...]], name: str
) -> list[tuple[Pair, ...]]:
    found = []
    for number in range(_ROUNDS):
        our, their = ours(), theirs(number)
        print(f"  {name} {number + 1}: ours {_told(our)}, theirs {_told(their)}", flush=True)
        found.append(tuple(zip(our, their, strict=True)))
    return found


def _told(rates: tuple[float, ...]) -> str:
    return " ".join(f"{rate:.0f}/s" for rate in rates)


def _load(port: int, peer: load.Peer, count: int) -> load.Result:
    from benchmarks.people import DOMAIN

    return load.run(port, peer, f"box{{n}}@{DOMAIN}", receiving.BOXES, count, receiving.SESSIONS, receiving.SIZE)


def _ours(peer: load.Peer, count: int) -> tuple[float, float, float]:
    """Accepted while filing, filed, accepted alone: messages a second each."""
    from mailbox.models import Message

    with receiving.smtpd():
        alone = _load(receiving.PORT, peer, count)
        receiving.empty_queue()
        before = Message.objects.count()
        with receiving.workers(2):
            start = time.perf_counter()
            sent = _load(receiving.PORT, peer, count)
            receiving.wait_filed(before + count)
            elapsed = time.perf_counter() - start - sent.preparation
    return sent.rate, count / elapsed, alone.rate


class _Theirs:
    def __init__(self, peer: load.Peer, names: tuple[str, ...], count: int) -> None:
        from benchmarks.people import DOMAIN

        self._peer, self._count, self._total = peer, count, 0
        self._postfix = peers.Postfix(stack.home() / "postfix", DOMAIN, _POSTFIX, peers.TO_DOVECOT)
        self._dovecot = peers.Dovecot(stack.home() / "dovecot", names)

    def __call__(self, number: int) -> tuple[float, float, float]:
        """As `_ours` answers; what is accepted is the same there."""
        with self._dovecot.running(), self._postfix.running():
            load.wait_for(_POSTFIX)
            start = time.perf_counter()
            sent = _load(_POSTFIX, self._peer, self._count)
            self._postfix.wait_empty()
            elapsed = time.perf_counter() - start - sent.preparation
            self._total += self._count
            stored = self._dovecot.count()
            assert stored == self._total, f"Dovecot holds {stored} of {self._total}"
            assert number or self._dovecot.is_sealed(b"Subject: "), "Dovecot keeps them in clear"
        return sent.rate, self._count / elapsed, sent.rate


def _sent(peer: load.Peer, count: int, number: int) -> float:
    from benchmarks.people import DOMAIN

    held = peers.HELD.format(port=sending.PORT)
    postfix = peers.Postfix(stack.home() / f"postfix-out{number}", DOMAIN, _POSTFIX, held)
    with postfix.running(), sending.sink(peer):
        load.wait_for(_POSTFIX)
        _load(_POSTFIX, peer, count)
        assert postfix.depth("hold") == count
        postfix.release()
        begun = time.perf_counter()
        postfix.send()
        postfix.wait_empty()
        return count / (time.perf_counter() - begun)
