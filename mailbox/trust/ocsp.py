"""One question about one certificate, and its answer (OCSP, RFC 6960), signed by the issuer or by whom it delegated.

Refuses an answer about another certificate, of another time, with another nonce, or signed by anybody else. A responder
cannot say «good» for longer than it says itself. Whether a delegated responder's own certificate is revoked is not asked:
it ends by its date. Pure: `now` and the nonce are given.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailbox.trust.revocation import Finding, Standing
from mssweb.authorities import signs
from mssweb.crypto import same, verify_signed
from mssweb.revoked import SKEW, UNREADABLE, RevocationError

MAX_BYTES = 64 * 1024
CONTENT_TYPE = "application/ocsp-request"
_WITHOUT_END = timedelta(minutes=15)  # how long an answer serves that tells no end
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True, slots=True)
class About:
    """One certificate, by its number and the authority that issued it."""

    serial: int
    issuer: x509.Certificate

    @property
    def names(self) -> tuple[bytes, bytes]:
        """Hashes of the issuer's name and key by SHA-1 (RFC 5019 §2.1.1: what all responders know); they protect nothing."""
        name = sha1(self.issuer.subject.public_bytes(), usedforsecurity=False).digest()
        return name, x509.SubjectKeyIdentifier.from_public_key(self.issuer.public_key()).digest


def request(about: About, nonce: bytes) -> bytes:
    """DER of the question."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*about.names, about.serial, hashes.SHA1())  # noqa: S303
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


def read(der: bytes, *, about: About, nonce: bytes, now: datetime) -> Finding:
    """What the responder says of that certificate; RevocationError when that may not be believed."""
    if len(der) > MAX_BYTES:
        raise RevocationError("ocsp-too-large")
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationError("ocsp-unsuccessful")
        _verify(response, about.issuer, now)
        _check_extensions(response, nonce)
        return _said(response, about, now)
    except UNREADABLE:
        raise RevocationError("ocsp-unreadable") from None


def _verify(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    algorithm = response.signature_hash_algorithm
    if not isinstance(algorithm, _HASHES):
        raise RevocationError("ocsp-algorithm")
    delegated = [certificate for certificate in response.certificates[:4] if _may_answer(certificate, issuer, now)]
    if not any(
        verify_signed(signer.public_key(), response.signature, response.tbs_response_bytes, algorithm)
        for signer in (issuer, *delegated)
    ):
        raise RevocationError("ocsp-signature")


def _may_answer(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    """Issued by that very authority, for this purpose, and in its time (RFC 6960 §4.2.2.2)."""
    if not signs(issuer, certificate):
        return False
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _check_extensions(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    """A responder that answers from its store repeats no nonce: freshness then is all there is (RFC 5019 §4)."""
    for extension in response.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            if not same(extension.value.nonce, nonce):
                raise RevocationError("ocsp-nonce")
        elif extension.critical:
            raise RevocationError("critical-extension")


def _said(response: ocsp.OCSPResponse, about: About, now: datetime) -> Finding:
    names = about.names
    found = [
        single
        for single in response.responses
        if single.serial_number == about.serial
        and isinstance(single.hash_algorithm, hashes.SHA1)
        and (single.issuer_name_hash, single.issuer_key_hash) == names
    ]
    if len(found) != 1:
        raise RevocationError("ocsp-other-certificate")
    single = found[0]
    until = single.next_update_utc or single.this_update_utc + _WITHOUT_END
    if single.this_update_utc > now + SKEW:
        raise RevocationError("ocsp-not-begun")
    if now > until:
        raise RevocationError("ocsp-ended")
    match single.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            return Finding(Standing.GOOD, "ocsp", until)
        case ocsp.OCSPCertStatus.REVOKED:
            reason = single.revocation_reason.value if single.revocation_reason else "unspecified"
            return Finding(Standing.REVOKED, f"revoked-{reason}", until)
    raise RevocationError("ocsp-unknown")
