"""Our certificate for the trust space and its authority, as they lie on disk now: renewed ones are taken up as we run.

Both directions hold one: the receiver, and the worker that sends. What is done with the context is theirs.
"""

import logging
import ssl
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from mssweb.authorities import pinned

log = logging.getLogger(__name__)

_SUITES = (  # ECO.1.1.3 (list unverified: trust-space §4.1), besides those of TLS 1.3
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)


class OwnCertificate:
    """`build` makes a TLS context of certificate, key and authorities (their files)."""

    def __init__(self, build: Callable[[str, str, str], ssl.SSLContext]) -> None:
        self._build = build
        self._stamps: list[tuple[str, int]] = []
        self._context: ssl.SSLContext | None = None
        self._fault = ""

    def look(self) -> ssl.SSLContext:
        """Of the files as they are; OSError when one is not there or does not fit the others."""
        files = (settings.TLS_CERTIFICATE, settings.TLS_KEY, settings.TRUST_CA)
        stamps = [(file, Path(file).stat().st_mtime_ns) for file in files]
        if self._context is None or stamps != self._stamps:
            self._context, self._stamps = self._build(*files), stamps
        return self._context

    def serving(self) -> ssl.SSLContext | None:
        """As `look`, or the last good one while the files do not fit each other; None when there never was one.

        A fault is told once: under systemd the key is a copy, and fits its new certificate at the next start only.
        """
        fault = ""
        try:
            self.look()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            fault = type(error).__name__
        if fault and fault != self._fault:
            log.error(
                "certificate not taken up, %s: %s",
                "the last good one serves" if self._context else "there is none",
                fault,
            )
        self._fault = fault
        return self._context


class NoAuthority(ValueError):
    """TRUST_CA holds no authority of the name TRUST_ISSUER, or not the root that signed it."""


def anchors() -> tuple[x509.Certificate, ...]:
    """All that TRUST_CA holds; OSError or ValueError when it does not read."""
    return _read(settings.TRUST_CA, Path(settings.TRUST_CA).stat().st_mtime_ns)


def issuers() -> tuple[x509.Certificate, ...]:
    """The authority that issues peers' certificates (several keys while it is renewed); NoAuthority when there is none."""
    found = _pinned(anchors(), settings.TRUST_ISSUER)
    if not found:
        raise NoAuthority
    return found


def speak_tls(context: ssl.SSLContext) -> None:
    """TLS 1.2 with these suites and TLS 1.3, whoever calls."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # ECO.1.1.1
    context.set_ciphers(_SUITES)


def trust_only_issuers(context: ssl.SSLContext, file: str) -> None:  # ECO.1.1.10
    """Only what the pinned authority issued directly passes TLS; another authority of the same root is an alert."""
    known = _pinned(_read(file, Path(file).stat().st_mtime_ns), settings.TRUST_ISSUER)
    if not known:
        raise NoAuthority
    context.load_verify_locations(cadata="".join(one.public_bytes(Encoding.PEM).decode() for one in known))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it is the end of the chain, though not self-signed


@lru_cache(maxsize=4)
def _read(file: str, stamp: int) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(Path(file).read_bytes()))


@lru_cache(maxsize=4)
def _pinned(held: tuple[x509.Certificate, ...], name: str) -> tuple[x509.Certificate, ...]:
    return pinned(held, name)
