"""The keeper of the journal: in a transaction of its own role, with the key of the chain, it puts events in sealed batches.

Only worker and commands can be the keeper: web has neither the role nor the key. An event belongs to a batch when its
`link` says so, so that nothing is ever outside: whatever commits late is in the next batch, and nothing waits for a clock.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Sum

from mssweb import crypto, keys
from mssweb.audit import chain
from mssweb.audit.models import AuditEvent, DayHead, Link, Purge

log = logging.getLogger(__name__)

BATCH = 1000  # events of a link: a megabyte in memory, 16 kB in its row
_BATCHES_A_RUN = 300
_ADD = "UPDATE audit_auditevent SET link = %s WHERE id = ANY(%s::uuid[]) AND link IS NULL"


class Disturbed(Exception):
    """The journal changed under its keeper's hands: nothing was written."""


@contextmanager
def keeping(what: str, *, shared: bool = False) -> Iterator[bool]:
    """One transaction as mssweb_keeper; False when another keeper does the same (`what`), and then nothing is to be done."""
    lock = "pg_try_advisory_xact_lock_shared" if shared else "pg_try_advisory_xact_lock"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), set_config('role', 'mssweb_keeper', true)")
        former = cursor.fetchone()[0]
        cursor.execute(f"SELECT {lock}(hashtext('mssweb journal'), hashtext(%s))", [what])
        yield cursor.fetchone()[0]
        cursor.execute("SELECT set_config('role', %s, true)", [former])


def current_key() -> tuple[str, crypto.Key]:
    """(its id, the key that new links are sealed with); NoMasterKey where AUDIT_KEYS is not."""
    ring = keys.audit_ring()
    return ring.current, chain.chain_key(ring.keys[ring.current])


def key_of(key_id: str) -> crypto.Key:
    """The key that a row says it was sealed with; NoMasterKey when the ring lacks it."""
    ring = keys.audit_ring()
    if key_id not in ring.keys:
        raise keys.NoMasterKey(f"AUDIT_KEYS: audit key {key_id[:16]!r} is not in this process's ring")
    return chain.chain_key(ring.keys[key_id])


def sealed[Row: (Link, DayHead, Purge)](row: Row) -> Row:
    """The row with its key and its digest, not saved yet."""
    row.key_id, key = current_key()
    row.digest = chain.seal(key, type(row).__name__.lower(), row.sealed)
    return row


def chain_due(now: datetime) -> int:
    """Chain what no batch holds yet, a transaction a batch; close the day that is over. Events chained."""
    current_key()  # said once, before anything
    done = 0
    for _ in range(_BATCHES_A_RUN):
        with keeping("chain") as mine:
            count, emptied = _chain_batch(now) if mine else (0, True)
        done += count
        if emptied:
            break
    return done


def _chain_batch(now: datetime) -> tuple[int, bool]:
    """(events in a new link, does none wait after it?)"""
    last = Link.objects.order_by("-number").first()
    made_at = max(now, last.made_at) if last else now  # a clock set back puts no link before its elder
    if last and last.day < made_at.astimezone(UTC).date():
        _close(last)
    waiting = AuditEvent.objects.filter(link=None).order_by("link", "id")
    events = list(waiting.sealed_values()[: BATCH + 1])
    emptied = len(events) <= BATCH
    events = events[:BATCH]
    if not events:
        return 0, True
    number, previous = _after(last)
    _, key = current_key()
    marks = b"".join(chain.mark(key, event) for event in events)
    ids = [event[0] for event in events]
    link = Link(
        number=number, made_at=made_at, count=len(ids), first_event=ids[0], last_event=ids[-1], emptied=emptied,
        marks=marks, previous=previous,
    )  # fmt: skip
    sealed(link).save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [number, ids])
        if cursor.rowcount != len(ids):
            raise Disturbed
    return len(ids), emptied


def _after(last: Link | None) -> tuple[int, bytes]:
    """Number and previous digest of the next link; when all links are purged, after the last day."""
    if last:
        return last.number + 1, bytes(last.digest)
    head = DayHead.objects.order_by("-day").first()
    return (head.last_link + 1, bytes(head.head)) if head else (1, chain.GENESIS)


def _close(last: Link) -> None:
    """The day of the last link is over: its head, once. The line in the log is an anchor outside the database."""
    former = DayHead.objects.order_by("-day").first()
    if former and former.last_link >= last.number:
        return
    first = former.last_link + 1 if former else 1
    count = Link.objects.filter(number__gte=first).aggregate(all=Sum("count"))["all"]
    head = DayHead(
        day=last.day, first_link=first, last_link=last.number, count=count, head=last.digest,
        previous=former.digest if former else chain.GENESIS,
    )  # fmt: skip
    sealed(head).save(force_insert=True)
    log.info("journal of %s closed: %d events, %d:%s", last.day, count, last.number, bytes(last.digest).hex())
