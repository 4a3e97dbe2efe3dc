"""Who issues cards: the one authority that CPS_ISSUER names, under the keys that CPS_CA gives for it with their root."""

import logging
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from django.conf import settings

from mssweb.authorities import issuer_of, key_of, pinned

log = logging.getLogger(__name__)


def issuers() -> tuple[x509.Certificate, ...]:
    """Several keys while it is renewed; none while the file does not read, and then no card opens."""
    try:
        return _pinned(settings.CPS_CA, Path(settings.CPS_CA).stat().st_mtime_ns, settings.CPS_ISSUER)
    except (OSError, ValueError) as error:
        log.error("CPS_CA does not read: %s", type(error).__name__)
        return ()


def issuer_key_of(certificate: x509.Certificate) -> bytes:
    """Of the pinned authority that signed it directly, by its name and its key; empty when none did."""
    issuer = issuer_of(certificate, issuers())
    return key_of(issuer) if issuer else b""


@lru_cache(maxsize=4)
def _pinned(file: str, stamp: int, name: str) -> tuple[x509.Certificate, ...]:
    found = pinned(x509.load_pem_x509_certificates(Path(file).read_bytes()), name)
    if not found:
        log.error("CPS_CA holds no authority of the name CPS_ISSUER that its root signed")
    return found
