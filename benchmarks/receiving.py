"""Mail in: durable 250s per second, then end to end (sealed, parsed, threaded, indexed, visible), then the wait at 20/s.

Real processes over real mutual TLS: smtpd in its own process and role, two Celery workers' worth of drains in processes
of their own, the load in eight more; all of them share the machine's cores.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import load, ports, stack
from benchmarks.figures import Figure, percentile

BOXES, SESSIONS, SIZE = 200, 8, 20_480
PORT = ports.of("smtpd")


def run(*, quick: bool = False) -> list[Figure]:
    from benchmarks.people import DOMAIN, pharmacy

    pharmacy(tuple(f"box{n}" for n in range(BOXES)))
    peer = trust(stack.home() / "bench-pki", DOMAIN)
    count = 400 if quick else 4000
    how = f"{count} messages of 20 kB, {SESSIONS} mutual-TLS sessions, fsync on, load on the same cores"
    with smtpd():
        accepted = load.run(PORT, peer, f"box{{n}}@{DOMAIN}", BOXES, count, SESSIONS, SIZE)
        p50, p99 = (percentile(accepted.latencies, share) for share in (0.5, 0.99))
        how_accepted = f"{how}; p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        figures = [Figure("accepted, durable 250s", accepted.rate, "/s", how_accepted, goal=500, floor=200)]
        empty_queue()
        with workers(2):
            start = time.perf_counter()
            sent = load.run(PORT, peer, f"box{{n}}@{DOMAIN}", BOXES, count, SESSIONS, SIZE)
            wait_filed(count)
            elapsed = time.perf_counter() - start - sent.preparation
            figures.append(Figure("end to end", count / elapsed, "/s", f"{how}; two workers", goal=190, floor=60))
            seen = waits(peer, DOMAIN, 100 if quick else 400)
        calm = "250 to committed and listed, 20 messages a second"
        figures.append(
            Figure(
                "250 to visible at 20/s, p95", percentile(seen, 0.95) / 1e3, "s", calm, goal=1, higher_is_better=False
            )
        )
        figures.append(_statements())
    return figures


def trust(folder: Path, domain: str) -> load.Peer:
    """An authority, our certificate, a listed peer; settings point to them."""
    from datetime import UTC, datetime

    from django.conf import settings

    from mailbox import crl, whitelist
    from mailbox.management.demo.authority import ORGANISATIONS, Authority, ListedDomain, operator_name, white_list

    authority = Authority()
    ours, theirs = (authority.issue(operator_name(f"mx.{name}")) for name in (domain, "source.mssante.example"))
    certificate, key = ours.write(folder, "operator", chain=authority.chain_pem)
    peer_certificate, peer_key = theirs.write(folder, "peer", chain=authority.chain_pem)
    ca = folder / "ca.pem"
    ca.write_bytes(authority.ca_pem)
    os.environ.update(TLS_CERTIFICATE=str(certificate), TLS_KEY=str(key), TRUST_CA=str(ca), TRUST_ISSUER=ORGANISATIONS)
    settings.TRUST_ISSUER = ORGANISATIONS
    settings.TRUST_CA, settings.TLS_CERTIFICATE, settings.TLS_KEY = str(ca), str(certificate), str(key)
    crl.load(authority.crl(), url=settings.CRL_URLS[0], now=datetime.now(UTC))
    rows = [ListedDomain("source.mssante.example", theirs.dn), ListedDomain(domain, ours.dn)]
    whitelist.load(white_list(rows, authority.signer(), generated_at=datetime.now(UTC)), now=datetime.now(UTC))
    return load.Peer("source.mssante.example", str(peer_certificate), str(peer_key), str(ca))


class smtpd:  # used as a verb: with smtpd()
    def __enter__(self):
        from mssweb import embedded

        env = {**os.environ, "PROCESS": "smtpd", "LOG_LEVEL": "WARNING"}
        env["DATABASE_URL"] = embedded.postgres_dsn(stack.home(), "mssweb_smtpd")
        env["DATABASE_ROLE_BY_LOGIN"] = "1"
        env.pop("MASTER_KEYS", None)
        self.process = subprocess.Popen([sys.executable, "manage.py", "smtpd", "--port", str(PORT)], env=env)
        load.wait_for(PORT)
        return self.process

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


class workers:
    def __init__(self, count: int) -> None:
        env = {**os.environ, "PROCESS": "worker", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "celery", "-A", "mssweb", "worker", "-c", str(count), "-l", "ERROR", "--without-gossip",
                   "--without-mingle", "--without-heartbeat"]  # fmt: skip
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        _wait_for_workers()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:  # all of it is filed: nothing is lost, and the next turn needs the cores
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _wait_for_workers() -> None:
    """Until they have taken tasks, and loaded what those need."""
    from mailbox import tasks
    from mssweb.celery import app

    for task in (tasks.ingest, tasks.send) * 4:
        tasks.ring(task)
    with app.connection() as broker:
        while broker.default_channel.client.llen(app.conf.task_default_queue):
            time.sleep(0.1)
    time.sleep(2)


def empty_queue() -> None:
    from mailbox.models import Arrival

    Arrival.objects.all().delete()


def wait_filed(count: int) -> None:
    from mailbox.models import Arrival, Message

    deadline = time.monotonic() + 300
    while Arrival.objects.exists():  # counting what is filed, fifty times a second, took a tenth of a processor
        if time.monotonic() > deadline:
            raise RuntimeError(f"{Arrival.objects.count()} arrivals were never filed")
        time.sleep(0.02)
    if (filed := Message.objects.count()) < count:
        raise RuntimeError(f"{filed} of {count} were filed")


def waits(peer: load.Peer, domain: str, count: int, per_second: int = 20, look: float = 0.005) -> list[float]:
    """Seconds from each 250 to the message being there; looked for every `look` seconds."""
    from mailbox.models import Message

    before = Message.objects.count()
    queue = multiprocessing.get_context("spawn").Queue()
    sender = multiprocessing.get_context("spawn").Process(
        target=load.paced, args=(PORT, peer, f"box{{n}}@{domain}", BOXES, count, SIZE, per_second, queue)
    )
    sender.start()
    seen: list[float] = []
    while len(seen) < count:
        found = Message.objects.count() - before
        seen += [time.time()] * (found - len(seen))
        time.sleep(look)
    answered = queue.get(timeout=30)
    sender.join()
    return [max(0.0, late - at) for at, late in zip(sorted(answered), seen, strict=True)]


def _statements() -> Figure:
    """SQL of one arrival filed alone, claim and drop included."""
    from datetime import UTC, datetime

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from mailbox.inbound.drain import drain
    from mailbox.inbound.envelope import Envelope, pack
    from mailbox.models import Arrival, Mailbox
    from mssweb import crypto

    mailbox, raw = Mailbox.objects.first(), load.message(1, SIZE, "a@source.mssante.example", "box1@x")
    arrival = Arrival(mailbox=mailbox, arrived_at=datetime.now(UTC), due_at=datetime.now(UTC), size=len(raw))
    payload = pack(Envelope("a@source.mssante.example", mailbox.address, "x", "00" * 32), raw)
    arrival.box = crypto.seal_to(bytes(mailbox.public_key), payload, f"arrival:{mailbox.pk}:{arrival.pk}")
    arrival.save()
    with CaptureQueriesContext(connection) as captured:
        assert drain(datetime.now(UTC)) == 1
    noise = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = sum(not query["sql"].startswith(noise) for query in captured)
    return Figure(
        "SQL statements, one message", statements, "", "claim to drop", goal=12, floor=12, higher_is_better=False
    )
