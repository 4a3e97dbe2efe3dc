"""The list of revoked cards: asked for when due, one asker at a time, ever more seldom while it fails; and what it says.

The last good list serves until it ends. Refuses to trust a row: who is asked verifies the signed list again. A list is kept
as it is, and searched for one number: it names a great many cards.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from django.conf import settings
from django.db import transaction

from auth_otp.cps import authority
from auth_otp.models import CardList
from mssweb.audit.record import ERROR, record
from mssweb.exchange import Answer, NoAnswer, ask, patience
from mssweb.revoked import Listed, RevocationError, listed_by

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024  # over a million cards
_SECONDS = 120.0  # of a whole exchange
_LEASE = timedelta(minutes=5)  # after which the row of a killed asker is another's
_OFTEN, _SELDOM = timedelta(minutes=5), timedelta(hours=1)  # between two questions when all goes well
_RECHECK_SECONDS = 3.0  # how late a process may see a new list
_seen: dict[str, tuple[float, dict[bytes, Listed]]] = {}


def refresh(*, now: datetime) -> int:
    """Ask each address that is due; how many gave a list that is good."""
    return sum(_ask(row, now) for url in settings.CPS_CRL_URLS if (row := _claimed(url, now)))


def load(der: bytes, *, url: str, now: datetime) -> Listed:
    """Verify a list and put it in force, or raise RevocationError: then nothing changed but the audit.

    It is refused when another list of the same authority is newer, and when it has ended.
    """
    digest = sha256(der).hexdigest()
    try:
        listed = _unended(der, now)
        _switch(der, digest, listed, url, now)
    except RevocationError as error:
        record("card.list", result=ERROR, reason=error.reason, sha256=digest)
        raise
    forget()
    return listed


def _unended(der: bytes, now: datetime) -> Listed:
    listed = listed_by(der, issuers=authority.issuers(), now=now, most=MAX_BYTES)
    if now > listed.next_update + _grace():
        raise RevocationError("ended")
    return listed


def is_listed(issuer_key: bytes, serial: int, now: datetime) -> bool | None:
    """Revoked? None: no list in its time says; one that has ended still says who was."""
    listed = _current().get(issuer_key)
    if listed is None:
        return None
    try:
        if listed.reason_of(serial):
            return True
    except RevocationError:
        return None
    return None if now > listed.next_update + _grace() else False


def forget() -> None:
    """Ask the database again at the next use (tests, a load in this process)."""
    _seen.clear()


def _grace() -> timedelta:
    return timedelta(hours=settings.CRL_GRACE_HOURS)


def _current() -> dict[bytes, Listed]:
    checked_at, known = _seen.get("current", (0.0, {}))
    if checked_at and time.monotonic() - checked_at < _RECHECK_SECONDS:
        return known
    pinned, found = authority.issuers(), dict[bytes, Listed]()
    for pk, digest in CardList.objects.exclude(sha256="").values_list("pk", "sha256"):
        listed = _parsed(str(pk), digest, pinned)
        known_one = found.get(listed.issuer_key) if listed else None
        if listed and not (known_one and listed.is_older_than(known_one)):
            found[listed.issuer_key] = listed
    _seen["current"] = (time.monotonic(), found)
    return found


@lru_cache(maxsize=4)
def _parsed(pk: str, digest: str, pinned: tuple[x509.Certificate, ...]) -> Listed | None:
    """Verified as of the moment it was taken: that it has ended since is its reader's business."""
    row = CardList.objects.filter(pk=pk, sha256=digest).values_list("der", "fetched_at").first()
    if row is None or row[1] is None:  # replaced meanwhile
        return None
    try:
        return listed_by(bytes(row[0]), issuers=pinned, now=row[1], most=MAX_BYTES)
    except RevocationError as error:  # of an authority that is pinned no more
        log.error("list of revoked cards not in force (%s)", error.reason)
        return None


@transaction.atomic
def _switch(der: bytes, digest: str, listed: Listed, url: str, now: datetime) -> None:
    rows = list(CardList.objects.select_for_update().order_by("pk"))
    if any(row.der and _is_newer(row, listed) for row in rows):
        raise RevocationError("older")
    row = next((row for row in rows if row.url == url), None) or CardList(url=url)
    is_new = row.sha256 != digest
    row.der, row.sha256, row.number = der, digest, "" if listed.number is None else str(listed.number)
    row.revoked_count = len(listed.entries)
    row.this_update, row.next_update = listed.this_update, listed.next_update
    row.fetched_at, row.failures, row.outcome = now, 0, "taken" if is_new else "same"
    left = (listed.next_update - now) / 2
    row.next_try_at = now + min(_SELDOM, max(_OFTEN, left)) * random.uniform(0.9, 1)  # noqa: S311
    row.save()
    if is_new:
        record("card.list", subject=("card_list", row.pk), sha256=digest, number=row.number, revoked=row.revoked_count)
    if url in settings.CPS_CRL_URLS:  # what addresses published that are asked no more
        CardList.objects.exclude(url__in=settings.CPS_CRL_URLS).delete()


def _is_newer(row: CardList, listed: Listed) -> bool:
    """Is what this row holds a list of the same authority, and a newer one? What does not verify any more is none."""
    assert row.fetched_at is not None  # noqa: S101  (written with `der`)
    try:
        former = listed_by(bytes(row.der), issuers=authority.issuers(), now=row.fetched_at, most=MAX_BYTES)
    except RevocationError:
        return False
    return former.issuer_key == listed.issuer_key and listed.is_older_than(former)


def _claimed(url: str, now: datetime) -> CardList | None:
    """The row of that address when it is due and nobody else asks: single flight by a conditional update."""
    row, _ = CardList.objects.defer("der").get_or_create(url=url, defaults={"next_try_at": now})
    due = CardList.objects.filter(pk=row.pk, next_try_at__lte=now)
    return row if due.update(next_try_at=now + _LEASE) else None


def _ask(row: CardList, now: datetime) -> bool:
    try:
        answer = ask("GET", row.url, {"Accept": "application/pkix-crl"}, seconds=_SECONDS, most=MAX_BYTES)
        if answer.status != 200:
            return _later(row, f"status-{answer.status}", now, answer)
        load(answer.body, url=row.url, now=now)
    except NoAnswer as error:
        return _later(row, error.code, now)
    except RevocationError as error:
        return _later(row, error.reason, now)
    return True


def _later(row: CardList, reason: str, now: datetime, answer: Answer | None = None) -> bool:
    """The last good list is not touched."""
    CardList.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, outcome=reason[:40], next_try_at=now + patience(row.failures, answer)
    )
    log.warning("list of revoked cards not taken (%s), failure %s in a row", reason, row.failures + 1)
    return False
