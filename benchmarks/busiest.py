"""Ten times the two busiest hours of the largest French operator (12 letters a second), in and out at once.

`python -m benchmarks busiest`: a minute of them; with `BUSIEST_SECONDS=720`, all. What waits is counted every second; a
queue that does not grow has no trend. Letters in come over eight mutual-TLS sessions; letters out are filed in Sent and
queued as `submit` leaves them, by a process of its own, and go to a sink over mutual TLS. All of it, load and sink
included, shares the machine's cores.
"""

import multiprocessing
import os
import time
from datetime import UTC, datetime
from statistics import linear_regression

from benchmarks import load, receiving, sending, stack
from benchmarks.figures import Figure

RATE = 120  # a second, each way
_SETTLING = 10  # seconds that are no part of the trend
_WORKERS = 4  # as deploy/systemd/mssweb-worker.service
_SIZES = [6_000] * 12 + [20_000] * 5 + [60_000] * 2 + [108_000]  # 20 kB on average
_GROWTH = RATE / 100  # a second: what noise may look like over a minute


def run(*, quick: bool = False) -> list[Figure]:
    from benchmarks.people import DOMAIN, pharmacy

    seconds = 20 if quick else int(os.environ.get("BUSIEST_SECONDS", "60"))
    pharmacy(tuple(f"box{n}" for n in range(receiving.BOXES)))
    peer = receiving.trust(stack.home() / "bench-pki", DOMAIN)
    os.environ["ROUTES"] = f"*=127.0.0.1:{sending.PORT}"
    with sending.sink(peer), receiving.smtpd(), receiving.workers(_WORKERS):
        samples, accepted, queued = _replayed(peer, f"box{{n}}@{DOMAIN}", seconds)
    how = f"{seconds} s at {RATE}/s each way, sizes of 20 kB on average, {_WORKERS} workers"
    figures = []
    for name, column, done in (("in", 1, accepted), ("out", 2, queued)):
        late = [(sample[0], sample[column]) for sample in samples if sample[0] > _SETTLING]
        growth = linear_regression(*zip(*late, strict=True)).slope
        depth = [waiting for _, waiting in late]
        told = f"{how}; waiting at most {max(depth)}, at the end {depth[-1]}"
        figures.append(Figure(f"busiest hours ×10, {name}", done / seconds, "/s", how, goal=RATE * 0.98))
        figures.append(
            Figure(f"growth of the queue {name}", growth, "/s", told, goal=_GROWTH, higher_is_better=False)
        )  # fmt: skip
    return figures


def _replayed(peer: load.Peer, to: str, seconds: int) -> tuple[list[tuple[float, int, int]], int, int]:
    """(second, waiting in, waiting out) each second; how many were answered 250, and queued, within them."""
    from django.db import connections

    from mailbox.models import Arrival, Recipient

    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    ready, go, out = spawn.Queue(), spawn.Event(), spawn.Queue()
    each = RATE // receiving.SESSIONS
    given = (receiving.PORT, peer, to, receiving.BOXES, _SIZES, each, seconds)
    jobs = [spawn.Process(target=load.stream, args=(n, *given, ready, go, out)) for n in range(receiving.SESSIONS)]
    jobs.append(spawn.Process(target=_write, args=(peer.domain, seconds, ready, go, out)))
    for job in jobs:
        job.start()
    for _ in jobs:
        ready.get(timeout=180)
    begun, samples = time.perf_counter(), []
    go.set()
    for second in range(1, seconds + 1):
        time.sleep(max(0.0, begun + second - time.perf_counter()))
        waiting = Recipient.objects.exclude(state="relayed").count()
        samples.append((time.perf_counter() - begun, Arrival.objects.count(), waiting))
    told = dict(out.get(timeout=120) for _ in jobs)
    for job in jobs:
        job.join()
    queued = told.pop("out")
    return samples, sum(told.values()), queued


def _write(domain: str, seconds: int, ready, go, out) -> None:
    """Queue `RATE` letters a second, twelve at a time, of all mailboxes in turn; tells how many it could in time."""
    import django

    django.setup()
    from auth_otp.models import User
    from mailbox import tasks
    from mailbox.models import Mailbox

    boxes, user = list(Mailbox.objects.select_related("key")), User.objects.get()
    bodies = [load.message(n, size, boxes[0].address, f"x@{domain}") for n, size in enumerate(_SIZES * 10)]
    ready.put("out")
    go.wait()
    begun, done, each = time.perf_counter(), 0, 12
    for turn in range(RATE * seconds // each):
        time.sleep(max(0.0, begun + turn * each / RATE - time.perf_counter()))
        picked = [bodies[(turn * each + n) % len(bodies)] for n in range(each)]
        sending.queue(boxes[turn % len(boxes)], user, domain, [load.again(body) for body in picked], datetime.now(UTC))
        tasks.ring(tasks.send)
        done += each * (time.perf_counter() - begun < seconds)
    out.put(("out", done))
