"""SMTP load over mutual TLS: one process a session, loopback only, every message distinct. Standard library only."""

import base64
import multiprocessing
import os
import random
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass

_WORDS = (
    "bonjour merci ordonnance patient traitement comprimé matin soir renouvellement dosage biologie résultat docteur"
    " pharmacie hospitalisation sortie douleur tension diabète anticoagulant antibiotique allergie posologie semaine"
    " mois délivrance stock commande"
).split()
_LEXICON = _WORDS + [
    "".join(random.Random(n).choices("ba cor dé fi gal hu ja lon mé nor".split(), k=2 + n % 3)) for n in range(4000)
]
_WEIGHTS = [1 / (i + 3) for i in range(len(_LEXICON))]  # Zipf's law


@dataclass(frozen=True)
class Peer:
    domain: str
    certificate: str
    key: str
    ca: str


@dataclass(frozen=True)
class Result:
    rate: float
    latencies: list[float]  # seconds, MAIL to the last 250
    preparation: float  # seconds before the first byte was sent


def message(number: int, size: int, sender: str, to: str) -> bytes:
    """3 kB of French-like text and one attachment that fills `size` bytes."""
    rng = random.Random(number)
    picked = rng.choices(_LEXICON, _WEIGHTS, k=min(420, size // 8))
    text = "\r\n".join(" ".join(picked[i : i + 9]) for i in range(0, len(picked), 9))
    head = (
        f"From: Dr A <{sender}>\r\nTo: <{to}>\r\nSubject: {picked[0]} {picked[1]} {number}\r\nMIME-Version: 1.0\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{os.urandom(12).hex()}@{sender.split('@')[1]}>\r\n"
        "Content-Type: multipart/mixed; boundary=limite\r\n\r\n--limite\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n--limite\r\nContent-Type: image/jpeg; name=photo.jpg\r\n"
        "Content-Disposition: attachment; filename=photo.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    lines = [base64.b64encode(os.urandom(54)) for _ in range(max(1, (size - len(head)) // 74))]
    return head + b"\r\n".join(lines) + b"\r\n--limite--\r\n"


class Session:
    """One connection, spoken by hand so that the client costs little."""

    def __init__(self, port: int, peer: Peer, source: str = "127.0.0.1") -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._file = plain, plain.makefile("rb")
        self._read(b"220")
        self._say(b"EHLO load\r\n", b"250")
        self._say(b"STARTTLS\r\n", b"220")
        context = ssl.create_default_context(cafile=peer.ca)
        context.check_hostname = False
        context.load_cert_chain(peer.certificate, peer.key)
        self._socket = context.wrap_socket(plain)
        self._file = self._socket.makefile("rb")
        self._say(b"EHLO load\r\n", b"250")

    def send(self, sender: str, to: str, body: bytes) -> None:
        self._say(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")
        self._say(f"RCPT TO:<{to}>\r\n".encode(), b"250")
        self._say(b"DATA\r\n", b"354")
        self._say(body + b".\r\n", b"250")

    def _say(self, data: bytes, expected: bytes) -> None:
        self._socket.sendall(data)
        self._read(expected)

    def _read(self, expected: bytes) -> None:
        while (line := self._file.readline())[3:4] == b"-":
            pass
        if not line.startswith(expected):
            raise RuntimeError(line.decode(errors="replace"))


def run(port: int, peer: Peer, to: str, boxes: int, count: int, sessions: int, size: int) -> Result:
    """Send `count` messages over `sessions` connections as fast as they are answered."""
    start, spawn = time.perf_counter(), multiprocessing.get_context("spawn")
    ready, go, out = spawn.Queue(), spawn.Event(), spawn.Queue()
    jobs = [
        spawn.Process(target=_worker, args=(port, peer, to, boxes, n, count // sessions, size, ready, go, out))
        for n in range(sessions)
    ]
    for job in jobs:
        job.start()
    for _ in jobs:
        ready.get(timeout=120)
    begun = time.perf_counter()
    go.set()
    latencies = [latency for _ in jobs for latency in out.get(timeout=300)]
    elapsed = time.perf_counter() - begun
    for job in jobs:
        job.join()
    return Result(len(latencies) / elapsed, latencies, begun - start)


def _worker(port, peer, to, boxes, seed, count, size, ready, go, out) -> None:
    sender, rng = f"dr.a@{peer.domain}", random.Random(seed)
    bodies = [message(seed * 100_000 + n, size, sender, to.format(n=0)) for n in range(count)]
    session, latencies = Session(port, peer), []
    ready.put(seed)
    go.wait()
    for body in bodies:
        begun = time.perf_counter()
        session.send(sender, to.format(n=rng.randrange(boxes)), body)
        latencies.append(time.perf_counter() - begun)
    out.put(latencies)


def paced(port, peer, to, boxes, count, size, per_second, out) -> None:
    """`per_second` messages a second over one connection; tells the time of each 250."""
    sender, session, answered = f"dr.a@{peer.domain}", Session(port, peer), []
    begun = time.perf_counter()
    for n in range(count):
        time.sleep(max(0.0, begun + n / per_second - time.perf_counter()))
        session.send(sender, to.format(n=n % boxes), message(9_000_000 + n, size, sender, to.format(n=0)))
        answered.append(time.time())
    out.put(answered)


def stream(number, port, peer, to, boxes, sizes, per_second, seconds, ready, go, out) -> None:
    """`per_second` messages a second of those sizes for so long, made beforehand; tells how many had their 250 by then."""
    sender, session, done = f"dr.a@{peer.domain}", Session(port, peer), 0
    first = number * 100_000
    made = [message(first + n, sizes[n % len(sizes)], sender, to.format(n=0)) for n in range(per_second * seconds)]
    ready.put(number)
    go.wait()
    begun = time.perf_counter()
    for n, body in enumerate(made):
        time.sleep(max(0.0, begun + n / per_second - time.perf_counter()))
        if n % 1000 == 999:  # a session has so many commands
            session = Session(port, peer)
        session.send(sender, to.format(n=(first + n) % boxes), body)
        done += time.perf_counter() - begun < seconds
    out.put((number, done))


def again(body: bytes) -> bytes:
    """The same letter under another Message-ID."""
    return re.sub(rb"(?<=\r\nMessage-ID: <)[0-9a-f]+", os.urandom(12).hex().encode(), body, count=1)


def wait_for(port: int, seconds: float = 20) -> None:
    """Until something speaks SMTP on that port."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
