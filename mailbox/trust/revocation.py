"""Is a certificate revoked, by the lists of its issuer (CRL, RFC 5280 §5)? ECO.1.1.6, ECO.1.1.7, trust-space §3.

Refuses a list of another name or key, one that is not in its time, a partial one (delta, indirect, some reasons only), and
any critical extension that it does not know. What no list in its time answers is unknown, never good. Pure: `now` is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import CRLEntryExtensionOID

from mailbox.trust.certificates import key_of

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


class Standing(Enum):
    GOOD = auto()
    REVOKED = auto()
    UNKNOWN = auto()  # nothing that is in its time answers
    FOREIGN = auto()  # not issued by a pinned authority: nobody need be asked


@dataclass(frozen=True, slots=True)
class Finding:
    """`reason` is a code for traces; `until` when a fresh answer must be had."""

    standing: Standing
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Crl:
    """One verified list. `revoked`: serial numbers, each with its reason."""

    issuer_key: bytes
    number: int | None
    this_update: datetime
    next_update: datetime
    revoked: Mapping[int, str] = field(repr=False)

    def is_older_than(self, other: "Crl") -> bool:
        """Neither number nor date may go backwards (RFC 5280 §5.2.3)."""
        return (self.number or -1) < (other.number or -1) or self.this_update < other.this_update


@dataclass(frozen=True, slots=True)
class Held:
    """The last good list of each pinned authority, by its key; `grace`: how long one serves past its end."""

    crls: Mapping[bytes, Crl]
    grace: timedelta = timedelta()

    def finding(self, issuer_key: bytes, serial: int, now: datetime) -> Finding:
        """`issuer_key` is the pinned authority's that signed the certificate (key_of), empty when none did."""
        if not issuer_key:
            return Finding(Standing.FOREIGN, "issuer-not-pinned")
        if (crl := self.crls.get(issuer_key)) is None:
            return Finding(Standing.UNKNOWN, "no-crl")
        until = crl.next_update + self.grace
        if reason := crl.revoked.get(serial):
            return Finding(Standing.REVOKED, f"revoked-{reason}", until)  # and stays so when the list has ended
        if now > until:
            return Finding(Standing.UNKNOWN, "crl-ended")
        return Finding(Standing.GOOD, "crl", until)


NOTHING = Held({})


def held(crls: Iterable[Crl], grace: timedelta) -> Held:
    """Of several lists of one authority the newest decides."""
    newest: dict[bytes, Crl] = {}
    for crl in crls:
        known = newest.get(crl.issuer_key)
        if known is None or not crl.is_older_than(known):
            newest[crl.issuer_key] = crl
    return Held(newest, grace)


def parse_crl(der: bytes, *, issuers: Sequence[x509.Certificate], now: datetime) -> Crl:
    """A list signed by one of the issuers, whole and begun; RevocationError otherwise. One that has ended is read."""
    if len(der) > MAX_BYTES:
        raise RevocationError("too-large")
    try:
        listed = x509.load_der_x509_crl(der)
        issuer = _signer(listed, issuers)
        number = _number(listed.extensions)
        revoked = dict(map(_entry, listed))
    except UNREADABLE:
        raise RevocationError("unreadable") from None
    this_update, next_update = listed.last_update_utc, listed.next_update_utc
    if next_update is None or next_update <= this_update:
        raise RevocationError("no-end")
    if this_update > now + SKEW:
        raise RevocationError("not-begun")
    return Crl(key_of(issuer), number, this_update, next_update, revoked)


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


def _entry(entry: x509.RevokedCertificate) -> tuple[int, str]:
    reason = "unspecified"
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason.value
        elif extension.critical and extension.oid not in _KNOWN_OF_ENTRIES:
            raise RevocationError("critical-extension")
    return entry.serial_number, reason
