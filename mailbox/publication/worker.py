"""Claim, try, settle. Workers may be killed at any line: nothing is lost, and nothing stands twice in the directory.

A claim is a conditional update with a lease, and one worker publishes at a time, so that the pace is the application's.
Before a sending the row notes where the address may stand from now on; after a known success, what stands there. Dying
between the answer and that note leads to one more sending, which looks first (publication/fhir.py) and changes nothing.
What is the directory's trouble stops the run, and holds no mailbox to account; a refused key stops the queue.
"""

import logging
import os
import random
import socket
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mailbox import leases
from mailbox.models import Lease, Listing
from mailbox.publication import desk, halt
from mailbox.publication.fhir import Fhir
from mailbox.publication.publisher import Answer, KeyRefused, Permanent, Publisher, Temporary, Unavailable
from mailbox.publication.states import DUE, STANDS, Change, Publish, State, next_try
from mssweb.audit.record import REFUSED, record

log = logging.getLogger(__name__)

LEASE_NAME = "publication"
_PAUSED = "paused: the directory is away"
_BATCH = 20
_LEASE = timedelta(minutes=10)  # of a claim, and of the run: four calls of a minute, begun within the two below
_START_SECONDS = 120.0  # what was not begun by then is given back
_PAUSE = timedelta(minutes=1)
UNFORESEEN = "Erreur de notre côté. Un nouvel essai suit."

_CLAIM = """
UPDATE mailbox_listing SET state = 'sending', lease = %s, attempts = LEAST(attempts + 1, 30000), next_try_at = %s
 WHERE mailbox_id IN (SELECT mailbox_id FROM mailbox_listing WHERE next_try_at <= %s AND state IN ('pending', 'sending')
                       ORDER BY next_try_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING *
"""


def publish_due(now: datetime, publisher: Publisher | None = None) -> int:
    """Try everything that is due; returns how many mailboxes were tried. Nothing when publication is off or stopped."""
    holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:8]}"
    if not settings.PUBLISH_URL or halt.holds(now) or not _due(now).exists():
        return 0
    if not leases.take(LEASE_NAME, holder, now=now, hold=_LEASE):
        return 0
    try:
        return _run(now, publisher or Fhir(), holder)
    finally:
        leases.release(LEASE_NAME, holder, now=timezone.now())


def paused_until(now: datetime) -> datetime | None:
    """The directory is away, and asked again then."""
    return Lease.objects.filter(name=LEASE_NAME, holder=_PAUSED, until__gt=now).values_list("until", flat=True).first()


def _due(now: datetime) -> QuerySet[Listing]:
    return Listing.objects.filter(next_try_at__lte=now, state__in=[*DUE])


def _run(now: datetime, publisher: Publisher, holder: str) -> int:
    tried = 0
    while claimed := list(Listing.objects.raw(_CLAIM, [lease := uuid4(), now + _LEASE, now, _BATCH])):
        started = time.monotonic()
        for number, row in enumerate(claimed):
            if number and time.monotonic() - started > _START_SECONDS:
                _give_back(claimed[number:], lease)
                break
            tried += 1
            if trouble := _try(row, lease, publisher):
                _give_back(claimed[number + 1 :], lease)
                _stop(trouble, holder)
                return tried
        now = timezone.now()
        if not leases.take(LEASE_NAME, holder, now=now, hold=_LEASE):
            return tried
    return tried


def _give_back(rows: Sequence[Listing], lease: UUID) -> None:
    """They are due now, and were not attempted."""
    Listing.objects.filter(pk__in=[row.pk for row in rows], lease=lease, state=State.SENDING).update(
        state=State.PENDING, lease=None, next_try_at=timezone.now(), attempts=F("attempts") - 1
    )


def _stop(trouble: Unavailable, holder: str) -> None:
    now = timezone.now()
    if isinstance(trouble, KeyRefused):
        halt.stop(trouble.reason, now=now)
        return
    leases.pass_on(
        LEASE_NAME, holder, to=_PAUSED, until=now + max(trouble.wait or _PAUSE, _PAUSE) * settings.RETRY_SCALE
    )


def _try(row: Listing, lease: UUID, publisher: Publisher) -> Unavailable | None:
    """One mailbox, and its settlement. Trouble of the directory itself is returned: the next ones would meet it too."""
    change = _planned(row)
    if change is None:
        _settle(row, lease, state=State.PENDING)
        return None
    if isinstance(change, Publish) and not _note(row, lease, str(change.entry.carrier)):
        return None
    try:
        answer = publisher.publish(change)
    except Unavailable as trouble:
        wait = _PAUSE * settings.RETRY_SCALE  # behind those that were not tried
        _put_off(row, lease, change, trouble.reason, timezone.now() + wait, attempts=F("attempts") - 1)
        return trouble
    except Permanent as error:
        halt.lift()  # the key was taken
        _settle(
            row, lease, change, state=State.REJECTED, mark=change.mark, reason=error.reason, settled_at=timezone.now()
        )
    except Temporary as error:
        _put_off(row, lease, change, error.reason, _next_try(row, error.wait))
    except Exception as error:  # noqa: BLE001  (the edge: what is unknown is temporary, the others still leave)
        log.error("listing %s: %s", row.pk, type(error).__name__)
        _put_off(row, lease, change, UNFORESEEN, _next_try(row))
    else:
        halt.lift()
        _accept(row, lease, change, answer)
    return None


def _planned(row: Listing) -> Change | None:
    """From what is so now: what was so when it was queued is history."""
    box = desk.listed().get(pk=row.pk)
    [want] = desk.wanted_of([box]).values()
    return desk.change_of(box, want)


def _note(row: Listing, lease: UUID, carrier: str) -> bool:
    """From now on the address may stand there, whatever becomes of us. False when the lease is not ours any more."""
    held = Listing.objects.filter(pk=row.pk, lease=lease, state=State.SENDING)
    return bool(held.update(carrier=carrier, digest=STANDS if row.digest else ""))


def _accept(row: Listing, lease: UUID, change: Change, answer: Answer) -> None:
    now = timezone.now()
    stands: dict[str, Any]
    if isinstance(change, Publish):
        stands = {
            "carrier": str(change.entry.carrier),
            "digest": change.mark,
            "accepted_at": now,
            "state": State.ACCEPTED,
        }
    else:
        stands = {"carrier": "", "digest": "", "accepted_at": None, "state": State.WITHDRAWN}
    _settle(row, lease, change, act=answer.act, reason="", attempts=0, settled_at=now, **stands)


def _next_try(row: Listing, wait: timedelta | None = None) -> datetime:
    jitter = random.random()  # noqa: S311  (spreads retries, protects nothing)
    return next_try(attempts=row.attempts, now=timezone.now(), scale=settings.RETRY_SCALE, jitter=jitter, wait=wait)


def _put_off(row: Listing, lease: UUID, change: Change, reason: str, due: datetime, **more: Any) -> None:
    _settle(row, lease, state=State.PENDING, mark=change.mark, reason=reason, next_try_at=due, **more)


def _settle(row: Listing, lease: UUID, change: Change | None = None, *, act: str = "", **fields: Any) -> None:
    """Write what became of it, if the lease is still ours, and compare with what is wanted by now: one transaction."""
    with transaction.atomic():
        held = Listing.objects.filter(pk=row.pk, lease=lease, state=State.SENDING)
        if not held.update(lease=None, **fields):
            return
        if change is not None:
            _tell(row, change, act)
        desk.consider(desk.listed().filter(pk=row.pk), timezone.now())


def _tell(row: Listing, change: Change, act: str) -> None:
    """A success with what it took, or a refusal."""
    action = "listing.publish" if isinstance(change, Publish) else "listing.withdraw"
    subject = ("listing", row.pk)
    if act:
        record(action, mailbox_id=row.pk, subject=subject, act=act)
    else:
        record(action, mailbox_id=row.pk, subject=subject, result=REFUSED)
