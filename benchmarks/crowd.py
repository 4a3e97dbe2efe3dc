"""What smtpd holds: letters of 5 MB, and the memory of 200 sessions at once, idle after a letter or in the midst of one.

Sessions come from several loopback addresses, since one address may hold only so many.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import load, receiving, stack
from benchmarks.figures import Figure

_SESSIONS, _PER_ADDRESS = 200, 10
_LARGE = 5_000_000


def run(*, quick: bool = False) -> list[Figure]:
    from benchmarks.people import DOMAIN, pharmacy

    pharmacy(tuple(f"box{n}" for n in range(receiving.BOXES)))
    peer, to = receiving.trust(stack.home() / "bench-pki", DOMAIN), f"box{{n}}@{DOMAIN}"
    count = 16 if quick else 96
    with receiving.smtpd():
        sent = load.run(receiving.PORT, peer, to, receiving.BOXES, count, receiving.SESSIONS, _LARGE)
    how = f"{count} of 5 MB, {receiving.SESSIONS} mutual-TLS sessions, durable, load on the same cores"
    figures = [Figure("accepted, 5 MB each", sent.rate * _LARGE / 1e6, "MB/s", how, goal=40)]
    receiving.empty_queue()
    with receiving.smtpd() as server, ExitStack() as ending:
        start = _memory(server.pid)
        sessions = [ending.enter_context(_Held(n, peer)) for n in range(_SESSIONS)]
        letter = load.message(1, receiving.SIZE, f"dr.a@{peer.domain}", to.format(n=1))
        for n, session in enumerate(sessions):
            session.send(f"dr.a@{peer.domain}", to.format(n=n % receiving.BOXES), letter)
        idle = _memory(server.pid)
        for n, session in enumerate(sessions):
            session.begin(f"dr.a@{peer.domain}", to.format(n=n % receiving.BOXES), letter[: receiving.SIZE // 2])
        time.sleep(0.5)  # until it has read them
        midst = _memory(server.pid)
        for session in sessions:
            session.finish(letter[receiving.SIZE // 2 :])
    told = f"{_SESSIONS} sessions, mutual TLS; {start:.0f} MB before the first"
    for name, value in (("idle after a letter", idle), ("half-way through one", midst)):
        figures.append(
            Figure(f"memory of smtpd, {name}", value, "MB", f"{told}; 20 kB", goal=300, higher_is_better=False)
        )
    return figures


class _Held(load.Session):
    """A session that can stop half-way."""

    def __init__(self, number: int, peer: load.Peer) -> None:
        super().__init__(receiving.PORT, peer, source=f"127.0.1.{1 + number // _PER_ADDRESS}")

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def begin(self, sender: str, to: str, half: bytes) -> None:
        self._say(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")
        self._say(f"RCPT TO:<{to}>\r\n".encode(), b"250")
        self._say(b"DATA\r\n", b"354")
        self._socket.sendall(half)

    def finish(self, rest: bytes) -> None:
        self._say(rest + b".\r\n", b"250")


def _memory(pid: int) -> float:
    """MB resident, now."""
    told = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmRSS"))
