"""The white list, asked of its publisher: hourly, one asker at a time, ever more seldom while it fails (trust-space §1.6).

Over TLS that ends at WHITE_LIST_CA alone, never at the system's authorities. Refuses to trust what came for where it came
from: the signature decides (whitelist.load). Whatever goes wrong, the edition in force stays.
"""

import logging
import random
import ssl
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings

from mailbox import whitelist
from mailbox.models import Edition, WhiteListSource
from mailbox.trust.whitelist import MAX_BYTES, WhiteListError
from mssweb.audit.record import ERROR, record
from mssweb.exchange import Answer, NoAnswer, ask

log = logging.getLogger(__name__)

_SECONDS = 60.0  # of a whole exchange: 4 to 5 MB today
_LEASE = timedelta(minutes=5)  # after which the row of a killed asker is another's
_OFTEN = timedelta(hours=1)
_FIRST_WAIT, _TOO_OFTEN_WAIT, _LAST_WAIT = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)
_TOO_OFTEN = {403, 429}  # what this publisher says to who asks too often (trust-space §3)


def refresh(*, now: datetime) -> bool:
    """Ask when it is due and nobody else asks; was the answer good (a new edition, or none)?"""
    row = _claimed(now) if settings.WHITE_LIST_URL else None
    return bool(row and _ask(row, now))


def ask_now(*, now: datetime) -> WhiteListSource | None:
    """As `refresh`, without waiting for its hour: the row as it became, None when another is asking."""
    WhiteListSource.objects.filter(url=settings.WHITE_LIST_URL, outcome__gt="").update(next_try_at=now)
    row = _claimed(now)
    if row is None:
        return None
    _ask(row, now)
    row.refresh_from_db()
    return row


def _claimed(now: datetime) -> WhiteListSource | None:
    """The row when it is due: single flight by a conditional update."""
    row, _ = WhiteListSource.objects.get_or_create(url=settings.WHITE_LIST_URL, defaults={"next_try_at": now})
    due = WhiteListSource.objects.filter(pk=row.pk, next_try_at__lte=now)
    return row if due.update(next_try_at=now + _LEASE, asked_at=now) else None


def _ask(row: WhiteListSource, now: datetime) -> bool:
    try:
        answer = ask("GET", row.url, _headers(row), seconds=_SECONDS, most=MAX_BYTES, context=_anchored())
    except NoAnswer as error:
        return _later(row, error.code, now)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError: WHITE_LIST_CA does not read
        log.error("white list not asked for, WHITE_LIST_CA: %s", type(error).__name__)
        return _later(row, "no-anchor", now)
    if answer.status not in {200, 304}:
        return _later(row, f"status-{answer.status}", now, answer)
    return _take(row, answer, now)


def _take(row: WhiteListSource, answer: Answer, now: datetime) -> bool:
    if answer.status == 304:
        return _settle(row, "same", now)
    if Edition.objects.filter(is_current=True, sha256=sha256(answer.body).hexdigest()).exists():
        return _settle(row, "same", now, answer)
    try:
        whitelist.load(answer.body, now=now)
    except WhiteListError as error:  # told to the journal by load()
        return _later(row, error.reason, now)
    return _settle(row, "taken", now, answer)


def _headers(row: WhiteListSource) -> dict[str, str]:
    """Conditional only while what it speaks of is in force: whoever loaded another edition wants this one again."""
    told = {"Accept": "application/xml", "User-Agent": "mssweb"}
    if not Edition.objects.filter(is_current=True).exists():
        return told
    known = {"If-None-Match": row.etag, "If-Modified-Since": row.modified}
    return told | {name: value for name, value in known.items() if value}


def _anchored() -> ssl.SSLContext:
    """WHITE_LIST_CA alone; TRUST_CA's anchors when it is not set: both are IGC-Santé's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(settings.WHITE_LIST_CA or settings.TRUST_CA)
    return context


def _settle(row: WhiteListSource, outcome: str, now: datetime, answer: Answer | None = None) -> bool:
    known = {"etag": answer.etag, "modified": answer.modified} if answer else {}
    wait = _OFTEN * random.uniform(0.9, 1)  # noqa: S311  (spreads askers, protects nothing)
    WhiteListSource.objects.filter(pk=row.pk).update(
        outcome=outcome, failures=0, taken_at=now, next_try_at=now + wait, **known
    )
    WhiteListSource.objects.exclude(url=settings.WHITE_LIST_URL).delete()  # what is asked no more
    return True


def _later(row: WhiteListSource, reason: str, now: datetime, answer: Answer | None = None) -> bool:
    """Again, later each time and at another moment than others do; the edition in force is not touched.

    The journal has the first of several failures: the others are in the row.
    """
    first = _TOO_OFTEN_WAIT if answer and answer.status in _TOO_OFTEN else _FIRST_WAIT
    wait = min(first * 2 ** min(row.failures, 10), _LAST_WAIT) * random.uniform(0.8, 1)  # noqa: S311
    if answer and answer.retry_after.isascii() and answer.retry_after.isdigit():
        wait = max(wait, min(timedelta(seconds=int(answer.retry_after[:6])), _LAST_WAIT))
    WhiteListSource.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, outcome=reason[:40], next_try_at=now + wait
    )
    if not row.failures:
        record("whitelist.fetch", result=ERROR, reason=reason[:40])
    log.warning("white list not taken (%s), failure %s in a row", reason, row.failures + 1)
    return False
