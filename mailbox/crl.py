"""The lists of revoked certificates, asked for when they are due: one asker at a time, ever more seldom while it fails.

The last good list stays until it ends (ECO.1.1.7): one that is older, forged, of another authority, cut or too large changes
nothing but when it is asked for again. Addresses come from settings, never from a certificate.
"""

import logging
import random
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from mailbox import revocation
from mailbox.certificate import issuers
from mailbox.models import RevocationList
from mailbox.trust.revocation import Crl, parse_crl
from mssweb.audit.record import ERROR, record
from mssweb.exchange import Answer, NoAnswer, ask, patience
from mssweb.revoked import MAX_BYTES, RevocationError

log = logging.getLogger(__name__)

_SECONDS = 30.0  # of a whole exchange
_LEASE = timedelta(minutes=5)  # after which the row of a killed asker is another's
_OFTEN, _SELDOM = timedelta(minutes=5), timedelta(hours=1)  # between two questions when all goes well


def refresh(*, now: datetime) -> int:
    """Ask each address that is due; how many gave a list that is good."""
    taken = [_ask(row, now) for url in settings.CRL_URLS if (row := _claimed(url, now))]
    return sum(taken)


def load(der: bytes, *, url: str, now: datetime) -> Crl:
    """Verify a list and put it in force as what `url` publishes, or raise RevocationError: then nothing changed but the audit.

    It is refused when another list of the same authority is newer, wherever that came from, and when it has ended.
    """
    digest = sha256(der).hexdigest()
    try:
        crl = _unended(der, now)
        _switch(der, digest, crl, url, now)
    except RevocationError as error:
        record("crl.load", result=ERROR, reason=error.reason, sha256=digest)
        raise
    revocation.forget()
    return crl


def _unended(der: bytes, now: datetime) -> Crl:
    crl = parse_crl(der, issuers=issuers(), now=now)
    if now > crl.next_update + timedelta(hours=settings.CRL_GRACE_HOURS):
        raise RevocationError("ended")
    return crl


@transaction.atomic
def _switch(der: bytes, digest: str, crl: Crl, url: str, now: datetime) -> None:
    rows = list(RevocationList.objects.select_for_update().order_by("pk"))
    if any(row.der and _is_newer(row, crl) for row in rows):
        raise RevocationError("older")
    row = next((row for row in rows if row.url == url), None) or RevocationList(url=url)
    is_new = row.sha256 != digest
    row.der, row.sha256, row.number = der, digest, "" if crl.number is None else str(crl.number)
    row.issuer, row.revoked_count = settings.TRUST_ISSUER[:500], len(crl.revoked)
    row.this_update, row.next_update = crl.this_update, crl.next_update
    row.fetched_at, row.failures, row.outcome = now, 0, "taken" if is_new else "same"
    row.next_try_at = now + min(_SELDOM, max(_OFTEN, (crl.next_update - now) / 2)) * random.uniform(0.9, 1)  # noqa: S311
    row.save()
    if is_new:
        record("crl.load", subject=("crl", row.pk), sha256=digest, number=row.number, revoked=row.revoked_count)
    if url in settings.CRL_URLS:  # what addresses published that are asked no more
        RevocationList.objects.exclude(url__in=settings.CRL_URLS).delete()


def _is_newer(row: RevocationList, crl: Crl) -> bool:
    """Is what this row holds a list of the same authority, and a newer one? What does not verify any more is none."""
    assert row.fetched_at is not None  # noqa: S101  (written with `der`)
    try:
        former = parse_crl(bytes(row.der), issuers=issuers(), now=row.fetched_at)
    except RevocationError:
        return False
    return former.issuer_key == crl.issuer_key and crl.is_older_than(former)


def _claimed(url: str, now: datetime) -> RevocationList | None:
    """The row of that address when it is due and nobody else asks: single flight by a conditional update."""
    row, _ = RevocationList.objects.get_or_create(url=url, defaults={"next_try_at": now})
    due = RevocationList.objects.filter(pk=row.pk, next_try_at__lte=now)
    return row if due.update(next_try_at=now + _LEASE) else None


def _ask(row: RevocationList, now: datetime) -> bool:
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


def _later(row: RevocationList, reason: str, now: datetime, answer: Answer | None = None) -> bool:
    """Ask again, later each time and at another moment than others do; the last good list is not touched."""
    wait = patience(row.failures, answer)
    RevocationList.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, outcome=reason[:40], next_try_at=now + wait
    )
    log.warning("revocation list not taken (%s), failure %s in a row", reason, row.failures + 1)
    return False
