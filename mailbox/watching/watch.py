"""What is looked at every minute: our certificate and the age of the white list. What ails is written, and told once.

Runs in worker, which holds the key. Refuses to mend anything, and to tell the journal twice of one certificate's threshold
or of one edition's age.
"""

import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from mailbox import revocation, whitelist
from mailbox.certificate import issuers
from mailbox.models import Domain, Edition, Watched
from mailbox.trust.certificates import PeerCertificate, from_der
from mailbox.trust.own import Own, faults, warned_at
from mailbox.trust.revocation import Finding, Standing
from mailbox.trust.whitelist import WhiteList, WhiteListError
from mssweb.audit.record import ERROR, record

CERTIFICATE, WHITE_LIST = "certificate", "whitelist"


def look(now: datetime) -> None:
    _certificate(now)
    _white_list(now)


def _certificate(now: datetime) -> None:
    own = own_certificate()
    domains = sorted(Domain.objects.filter(state=Domain.State.ACTIVE).values_list("name", flat=True))
    found = faults(own, finding=_finding(own.peer, now), white_list=_listed(), domains=domains, now=now)
    serial, until = (own.peer.serial, own.peer.not_after) if own.peer else ("", None)
    days = warned_at(until, now) if until else None
    mark = "" if days is None else f"{serial} {days}"
    subject = own.peer.dn_text if own.peer else ""
    if _noted(CERTIFICATE, now, subject=subject, faults=found, until=until, told=mark) and days is not None:
        record("certificate.end", subject=("certificate", serial[:64]), days=days, ended=days == 0)


def _white_list(now: datetime) -> None:
    row = Edition.objects.filter(is_current=True).values_list("pk", "generated_at").first()
    until = row[1] + timedelta(hours=settings.WHITE_LIST_ALARM_HOURS) if row else None
    is_old = until is None or now > until
    found = [] if not is_old else ["old" if row else "missing"]
    mark = f"{row[0] if row else 'none'}" if is_old else ""
    if _noted(WHITE_LIST, now, subject="", faults=found, until=until, told=mark) and is_old:
        record("whitelist.old", subject=("edition", row[0]) if row else None, result=ERROR)


def _noted(name: str, now: datetime, *, subject: str, faults: list[str], until: datetime | None, told: str) -> bool:
    """Write how it stands; is `told` something new? Of two that look at once, one is told so."""
    row, _ = Watched.objects.get_or_create(name=name, defaults={"checked_at": now})
    here = Watched.objects.filter(name=name)
    here.update(subject=subject[:500], faults=[one[:300] for one in faults], until=until, checked_at=now)
    return told != row.told and bool(here.filter(told=row.told).update(told=told[:120]))


def own_certificate() -> Own:
    """As the files lie there now."""
    try:
        certificate = x509.load_pem_x509_certificates(Path(settings.TLS_CERTIFICATE).read_bytes())[0]
        peer = from_der(certificate.public_bytes(Encoding.DER), _pinned())
    except (OSError, ValueError, IndexError):
        return Own(None)
    return Own(peer, _key())


def _key() -> str:
    """A code of what ails the key: TLS itself says whether it fits."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.TLS_CERTIFICATE, settings.TLS_KEY)
    except ssl.SSLError:
        return "key"
    except OSError:
        return "no-key"
    return ""


def _pinned() -> tuple[x509.Certificate, ...]:
    try:
        return issuers()
    except (OSError, ValueError):  # TRUST_CA does not read: nobody is foreign for that
        return ()


def _finding(peer: PeerCertificate | None, now: datetime) -> Finding:
    if peer is None or not _pinned():
        return Finding(Standing.UNKNOWN, "no-authority")
    return revocation.of_peer(peer, now)


def _listed() -> WhiteList | None:
    try:
        found = whitelist.current()
    except (WhiteListError, OSError, ValueError):
        return None
    return found.white_list if found else None
