"""Mail out: messages a second to a sink over mutual TLS, each recipient settled durably, connections reused.

Two worker processes claim and send, as two Celery children do; the sink is a process of its own on the same cores.
"""

import asyncio
import multiprocessing
import os
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks import load, ports, stack
from benchmarks.figures import Figure

PORT, _SIZE = ports.of("sink"), 20_480


def run(*, quick: bool = False) -> list[Figure]:
    from benchmarks.people import DOMAIN, pharmacy
    from benchmarks.receiving import trust

    mailbox, user = pharmacy()
    peer = trust(stack.home() / "bench-pki", DOMAIN)
    count = 200 if quick else 1500
    rate = drained(mailbox, user, peer, count)
    how = f"{count} messages of 20 kB, mutual TLS, two worker processes, sink on the same cores"
    return [Figure("sent and settled", rate, "/s", how, goal=200, floor=50)]


def drained(mailbox, user, peer: load.Peer, count: int) -> float:
    """Messages a second, of that many queued: claimed, sent, settled."""
    from django.conf import settings
    from django.db import connections

    from mailbox.models import Recipient

    settings.ROUTES = os.environ["ROUTES"] = f"*=127.0.0.1:{PORT}"
    for start in range(0, count, 100):
        raws = [load.message(n, _SIZE, mailbox.address, f"x@{peer.domain}") for n in range(start, start + 100)]
        queue(mailbox, user, peer.domain, raws, datetime.now(UTC))
    spawn = multiprocessing.get_context("spawn")
    connections.close_all()
    ready, go = spawn.Queue(), spawn.Event()
    workers = [spawn.Process(target=_work, args=(ready, go)) for _ in range(2)]
    with sink(peer):
        for worker in workers:
            worker.start()
        for _ in workers:
            ready.get(timeout=60)
        begun = time.perf_counter()
        go.set()
        for worker in workers:
            worker.join()
        elapsed = time.perf_counter() - begun
    left = Recipient.objects.exclude(state="relayed").count()
    assert not left, f"{left} were not relayed"
    return count / elapsed


@contextmanager
def sink(peer: load.Peer) -> Iterator[None]:
    """Takes all that comes, on `PORT`."""
    process = multiprocessing.get_context("spawn").Process(target=_sink, args=(peer,), daemon=True)
    process.start()
    try:
        load.wait_for(PORT)
        yield
    finally:
        process.terminate()
        process.join()


def queue(mailbox, user, domain: str, raws: Sequence[bytes], now: datetime) -> None:
    """As `submit` leaves them, due: filed in Sent, a recipient each."""
    from mailbox import store
    from mailbox.models import Recipient, Submission

    filings = [store.Filing(raw=raw, folder_role="sent", direction="out", filed_at=now) for raw in raws]
    rows = [
        Submission(
            mailbox=mailbox,
            message=m,
            author=user,
            mail_from=mailbox.address,
            submitted_at=now,
            size=m.size if m else 0,
        )
        for m in store.file(mailbox, filings)
    ]
    Submission.objects.bulk_create(rows)
    Recipient.objects.bulk_create(
        Recipient(
            mailbox=mailbox, submission=s, address=f"x{n}@{domain}", domain=domain, state="queued", not_before=now
        )
        for n, s in enumerate(rows)
    )


def _work(ready, go) -> None:
    import django

    django.setup()
    from mailbox.outbound.worker import send_due

    ready.put(1)
    go.wait()
    send_due(datetime.now(UTC))


def _sink(peer: load.Peer) -> None:
    """The leanest receiver that speaks enough SMTP: its cost must not be what is measured."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(peer.certificate, peer.key)
    context.load_verify_locations(peer.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    asyncio.run(_serve(context))


async def _serve(context: ssl.SSLContext) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(
                    b"250-sink\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 SIZE 50000000\r\n"
                )
            elif verb == b"STAR":
                writer.write(b"220 go\r\n")
                await writer.start_tls(context)
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 ok\r\n")
            elif verb == b"QUIT":
                break
            else:
                writer.write(b"250 2.0.0 ok\r\n")
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", PORT, limit=50_000_000)
    async with server:
        await server.serve_forever()
