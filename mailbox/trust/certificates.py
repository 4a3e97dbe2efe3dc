"""What policy and traces need of a peer's certificate, read once TLS has accepted it. Its issuer: mssweb/authorities.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from mssweb.authorities import DN, SHORT, dn_of, issuer_of, key_of, value_of


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What policy and traces need of a peer's certificate; its chain and dates were verified by TLS."""

    dn: DN
    dn_text: str
    serial: str
    not_after: datetime
    issuer: DN
    issuer_key: bytes = b""  # key_of the pinned authority that signed it; empty: none did


def from_der(der: bytes, issuers: Sequence[x509.Certificate] = ()) -> PeerCertificate:
    """Read a certificate that TLS has accepted. `issuers`: the pinned authorities."""
    certificate = x509.load_der_x509_certificate(der)
    shown = ",".join(f"{SHORT.get(a.oid, a.oid.dotted_string)}={value_of(a)}" for a in certificate.subject)
    return PeerCertificate(
        dn=dn_of(certificate.subject),
        dn_text=" ".join(shown.split())[:500],
        serial=f"{certificate.serial_number:x}",
        not_after=certificate.not_valid_after_utc,
        issuer=dn_of(certificate.issuer),
        issuer_key=key_of(pinned_one) if (pinned_one := issuer_of(certificate, issuers)) else b"",
    )
