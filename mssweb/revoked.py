"""A list of revoked certificates (CRL, RFC 5280 §5), verified: whole, begun, signed by one of the given authorities. Pure.

Refuses a list of another name or key, a partial one (delta, indirect, some reasons only), a weak digest, and any critical
extension that it does not know. One that has ended is read: its reader decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import CRLEntryExtensionOID

from mssweb.authorities import key_of

MAX_BYTES = 16 * 1024 * 1024  # some 300,000 certificates
SKEW = timedelta(minutes=5)  # of another's clock
UNREADABLE = (  # what the reader of DER says of bytes that are none
    ValueError, TypeError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)  # fmt: skip
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_KNOWN_OF_ENTRIES = {CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE}


class RevocationError(Exception):
    """Why a list or an answer is refused: a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Listed:
    """A verified list, its entries unread: a long one is asked of one certificate in some milliseconds."""

    issuer_key: bytes
    number: int | None
    this_update: datetime
    next_update: datetime
    entries: x509.CertificateRevocationList = field(repr=False)

    def reason_of(self, serial: int) -> str | None:
        """Why that certificate is revoked, None when it is not; RevocationError when its entry says what we do not know."""
        found = self.entries.get_revoked_certificate_by_serial_number(serial)
        return entry(found)[1] if found else None

    def is_older_than(self, other: "Listed") -> bool:
        """Neither number nor date may go backwards (RFC 5280 §5.2.3)."""
        return (self.number or -1) < (other.number or -1) or self.this_update < other.this_update


def listed_by(der: bytes, *, issuers: Sequence[x509.Certificate], now: datetime, most: int = MAX_BYTES) -> Listed:
    if len(der) > most:
        raise RevocationError("too-large")
    try:
        listed = x509.load_der_x509_crl(der)
        issuer = _signer(listed, issuers)
        number = _number(listed.extensions)
    except UNREADABLE:
        raise RevocationError("unreadable") from None
    this_update, next_update = listed.last_update_utc, listed.next_update_utc
    if next_update is None or next_update <= this_update:
        raise RevocationError("no-end")
    if this_update > now + SKEW:
        raise RevocationError("not-begun")
    return Listed(key_of(issuer), number, this_update, next_update, listed)


def entry(entry: x509.RevokedCertificate) -> tuple[int, str]:
    reason = "unspecified"
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason.value
        elif extension.critical and extension.oid not in _KNOWN_OF_ENTRIES:
            raise RevocationError("critical-extension")
    return entry.serial_number, reason


def _signer(listed: x509.CertificateRevocationList, issuers: Sequence[x509.Certificate]) -> x509.Certificate:
    named = [issuer for issuer in issuers if issuer.subject == listed.issuer and _may_sign_lists(issuer)]
    if not named:
        raise RevocationError("other-issuer")
    if not isinstance(listed.signature_hash_algorithm, _HASHES):
        raise RevocationError("algorithm")
    for issuer in named:
        key = issuer.public_key()
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and listed.is_signature_valid(key):
            return issuer
    raise RevocationError("signature")


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _number(extensions: x509.Extensions) -> int | None:
    """The list's number; RevocationError when it does not tell of all certificates, or says what we do not know."""
    number = None
    for extension in extensions:
        match extension.value:
            case x509.CRLNumber() as value:
                number = value.crl_number
            case x509.AuthorityKeyIdentifier():
                pass
            case x509.IssuingDistributionPoint() as value:
                if (
                    value.indirect_crl
                    or value.only_some_reasons
                    or value.only_contains_ca_certs
                    or value.only_contains_attribute_certs
                ):
                    raise RevocationError("partial")
            case x509.DeltaCRLIndicator():
                raise RevocationError("partial")
            case _ if extension.critical:
                raise RevocationError("critical-extension")
    return number
