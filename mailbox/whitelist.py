"""The white list in force: loaded once, switched atomically, verified again by every process that reads it.

An older, forged or unreadable document leaves the previous edition in force, and an event in the audit. Refuses to
trust a row of the database: what decides is the signed document itself.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mailbox import revocation
from mailbox.certificate import anchors, issuers
from mailbox.models import Edition
from mailbox.trust.differences import NONE, Difference, added_up, difference, read
from mailbox.trust.revocation import Standing
from mailbox.trust.whitelist import WhiteList, WhiteListError, parse
from mssweb.audit.record import ERROR, record
from mssweb.authorities import DN, issuer_of, key_of

log = logging.getLogger(__name__)

_RECHECK_SECONDS = 3.0  # how late a process may see a new edition
_DOCUMENTS_KEPT = 30  # editions whose signed document is kept
_AHEAD = timedelta(hours=24)  # a list of a later day is no list of today: it would keep all that follow out


@dataclass(frozen=True)
class CurrentList:
    edition_id: UUID
    generated_at: datetime
    white_list: WhiteList

    def age(self, now: datetime) -> timedelta:
        return now - self.generated_at


def limit() -> timedelta:
    """How long the last good edition serves (trust-space §4.3)."""
    return timedelta(days=settings.WHITE_LIST_MAX_AGE_DAYS)


def load_file(*, now: datetime) -> Edition | None:
    """Load settings.WHITE_LIST_FILE when it is there and is not the edition in force."""
    path = Path(settings.WHITE_LIST_FILE)
    if not path.is_file():
        return None
    document = path.read_bytes()
    if Edition.objects.filter(is_current=True, sha256=sha256(document).hexdigest()).exists():
        return None
    try:
        return load(document, now=now)
    except WhiteListError:
        return None  # told to the audit by load(); the edition in force stays


def load(document: bytes, *, now: datetime) -> Edition:
    """Verify a document and put it in force, or raise WhiteListError: then nothing changed but the audit."""
    digest = sha256(document).hexdigest()
    try:
        white_list = _read(document, now)
        return _switch(document, digest, white_list, now)
    except WhiteListError as error:
        record("whitelist.load", result=ERROR, reason=error.reason, sha256=digest)
        log.error("white list refused (%s): %s", error.reason, error)
        raise


def _read(document: bytes, now: datetime) -> WhiteList:
    def standing(signer: x509.Certificate) -> Standing:
        return revocation.of_certificate(signer, now).standing

    found = parse(document, anchors=anchors(), signer_cn=settings.WHITE_LIST_SIGNER_CN, standing=standing, now=now)
    if found.generated_at > now + _AHEAD:
        raise WhiteListError("ahead", "cette liste blanche est datée d’un jour à venir")
    return found


def _switch(document: bytes, digest: str, white_list: WhiteList, now: datetime) -> Edition:
    with transaction.atomic():
        former = Edition.objects.select_for_update().filter(is_current=True).first()
        if former and white_list.generated_at < former.generated_at:
            raise WhiteListError("older", "cette liste blanche est plus ancienne que celle en vigueur")
        before = _domains(former)
        changed = difference(before, white_list.domains) if former else NONE
        if former:
            Edition.objects.filter(pk=former.pk).update(is_current=False)
        edition = Edition.objects.create(
            generated_at=white_list.generated_at,
            loaded_at=now,
            sha256=digest,
            domain_count=len(white_list.domains),
            row_count=white_list.row_count,
            added=len(white_list.domains.keys() - before.keys()),
            removed=len(before.keys() - white_list.domains.keys()),
            is_current=True,
            document=document,
            changes=changed.stored(),
        )
        _forget_documents()
        record(
            "whitelist.load", subject=("edition", edition.pk), sha256=digest, domains=edition.domain_count,
            added=edition.added, removed=edition.removed,
        )  # fmt: skip
    return edition


def _domains(former: Edition | None) -> Mapping[str, frozenset[DN]]:
    """None of an edition that verifies no more, its authority being renewed: that keeps no good list out."""
    try:
        return _parsed(former.pk).domains if former else {}
    except WhiteListError:
        return {}


def _forget_documents() -> None:
    """4 MB each: those of editions long replaced go, what changed with them stays."""
    kept = Edition.objects.order_by("-loaded_at", "-pk").values("pk")[:_DOCUMENTS_KEPT]
    Edition.objects.exclude(pk__in=kept).exclude(document=b"").update(document=b"")


_seen: dict[str, tuple[float, CurrentList | None]] = {}


def current() -> CurrentList | None:
    """The edition in force; asked of the database every few seconds, parsed once per edition and process."""
    checked_at, known = _seen.get("current", (0.0, None))
    if time.monotonic() - checked_at < _RECHECK_SECONDS and checked_at:
        return known
    row = Edition.objects.filter(is_current=True).values_list("pk", "generated_at").first()
    found = CurrentList(row[0], row[1], _parsed(row[0])) if row else None
    if found and _is_disowned(found.white_list):
        log.error("white list not in force: its signer's certificate has been revoked since")
        found = None
    _seen["current"] = (time.monotonic(), found)
    return found


def _is_disowned(white_list: WhiteList) -> bool:
    """Was its signer revoked since it came in force? Lists that have ended take nothing back."""
    signer, pinned = white_list.signer, issuers()
    issuer = issuer_of(signer, pinned) if signer else None
    if signer is None or issuer is None:
        return True
    finding = revocation.current().finding(key_of(issuer), signer.serial_number, timezone.now())
    return finding.standing is Standing.REVOKED


def forget() -> None:
    """Ask the database again at the next use (tests, a load in this process)."""
    _seen.clear()


def compared(older: Edition, newer: Edition) -> Difference:
    """What changed between two editions, from the differences of all that were loaded after the older one."""
    between = Edition.objects.filter(loaded_at__gt=older.loaded_at, loaded_at__lte=newer.loaded_at)
    return added_up(read(stored) for stored in between.order_by("loaded_at", "pk").values_list("changes", flat=True))


def is_listed(domain: str) -> bool:
    """Is this domain (A-labels) on a list that still serves?"""
    found = current()
    return bool(found and found.age(timezone.now()) <= limit() and found.white_list.lists(domain))


@lru_cache(maxsize=4)
def _parsed(edition_id: UUID) -> WhiteList:
    """Verified as of the day it was accepted: its signer's certificate may have ended since."""
    edition = Edition.objects.get(pk=edition_id)
    return parse(
        bytes(edition.document),
        anchors=anchors(),
        signer_cn=settings.WHITE_LIST_SIGNER_CN,
        standing=lambda signer: Standing.GOOD,  # it was, when the edition came in force; `current` asks again
        now=edition.loaded_at,
    )
