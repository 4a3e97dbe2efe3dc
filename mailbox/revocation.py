"""What this process holds of revocation: the lists of the database, verified again here, and the responder (OCSP).

Refuses to trust a row: what decides is the signed list itself, under the pinned authority of now. Public data, nothing sealed.
"""

import logging
import time
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from django.conf import settings

from mailbox.certificate import issuers
from mailbox.models import RevocationList
from mailbox.responder import Responder
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.ocsp import About
from mailbox.trust.revocation import NOTHING, Crl, Finding, Held, Standing, held, parse_crl
from mssweb.authorities import issuer_of, key_of
from mssweb.revoked import RevocationError

log = logging.getLogger(__name__)

_RECHECK_SECONDS = 3.0  # how late a process may see a new list
_seen: dict[str, tuple[float, Held]] = {}


def current() -> Held:
    """The lists in force; asked of the database every few seconds, parsed once per list and process.

    OSError or ValueError while TRUST_CA does not read.
    """
    checked_at, known = _seen.get("current", (0.0, NOTHING))
    if checked_at and time.monotonic() - checked_at < _RECHECK_SECONDS:
        return known
    pinned = issuers()
    rows = RevocationList.objects.exclude(sha256="").values_list("pk", "sha256")
    found = held(
        (crl for pk, digest in rows if (crl := _parsed(str(pk), digest, pinned))),
        timedelta(hours=settings.CRL_GRACE_HOURS),
    )
    _seen["current"] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Ask the database again at the next use (tests, a load in this process)."""
    _seen.clear()


def of_peer(peer: PeerCertificate | None, now: datetime) -> Finding:
    """What the lists say of a peer's certificate; nothing is asked of anybody."""
    if peer is None:
        return Finding(Standing.UNKNOWN, "no-certificate")
    return current().finding(peer.issuer_key, int(peer.serial, 16), now)


def asked(peer: PeerCertificate, now: datetime) -> Finding | None:
    """The responder's answer where no list has one; None when there is no responder. Takes seconds, and is cached."""
    return _asked(peer.issuer_key, int(peer.serial, 16), now)


def of_certificate(certificate: x509.Certificate, now: datetime) -> Finding:
    """The same of any certificate of the authority (the white list's signer): the lists, then the responder."""
    issuer = issuer_of(certificate, issuers())
    key = key_of(issuer) if issuer else b""
    finding = current().finding(key, certificate.serial_number, now)
    if finding.standing is not Standing.UNKNOWN:
        return finding
    return _asked(key, certificate.serial_number, now) or finding


def _asked(issuer_key: bytes, serial: int, now: datetime) -> Finding | None:
    issuer = next((one for one in issuers() if key_of(one) == issuer_key), None)
    if not settings.OCSP_URL or issuer is None:
        return None
    return _responder(settings.OCSP_URL).ask(About(serial, issuer), now)


@lru_cache(maxsize=1)
def _responder(url: str) -> Responder:
    return Responder(url)


@lru_cache(maxsize=8)
def _parsed(pk: str, digest: str, pinned: tuple[x509.Certificate, ...]) -> Crl | None:
    """Verified as of the moment it was taken: that it has ended since is its reader's business."""
    row = RevocationList.objects.filter(pk=pk, sha256=digest).values_list("der", "fetched_at").first()
    if row is None or row[1] is None:  # replaced meanwhile
        return None
    try:
        return parse_crl(bytes(row[0]), issuers=pinned, now=row[1])
    except RevocationError as error:  # of an authority that is pinned no more
        log.error("revocation list not in force (%s)", error.reason)
        return None
