"""Reads the certificate of a card: may it sign somebody in, and whom? Who issued it and whether it is revoked: authority.py.

The shape is strict, and of what our sources show: C, title, and one part with CN (8 and the RPPS), surname and given name;
keyUsage digitalSignature, extendedKeyUsage clientAuth. SECURITY says how sure each is. Refuses to guess. Pure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auth_otp.cps.refusals import Refusal
from mssweb.revoked import UNREADABLE

MAX_BYTES = 8 * 1024  # of a certificate in DER; cards' have some two thousand
NUMBER_IN = {"CN": NameOID.COMMON_NAME, "UID": NameOID.USER_ID, "serialNumber": NameOID.SERIAL_NUMBER}
_NUMBER = re.compile(r"8(\d{11})", re.ASCII)  # IDNPS: 8 and the RPPS (annuaire.md §2.4)
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_RSA_BITS = 2048


class CardRefused(Exception):
    """A code, and nothing of what was read but, once it is known, the certificate's number: `serial`, for the journal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal, self.serial = refusal, ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a card names, and which card: its certificate's number."""

    rpps: str
    serial: str


def load(der: bytes) -> x509.Certificate:
    """A certificate that could be a card's; CardRefused otherwise."""
    if not der or len(der) > MAX_BYTES:
        raise CardRefused(Refusal.UNREADABLE)
    try:
        certificate = x509.load_der_x509_certificate(der)
        key, digest = certificate.public_key(), certificate.signature_hash_algorithm
        _ = certificate.extensions, list(certificate.subject)
    except UNREADABLE:
        raise CardRefused(Refusal.UNREADABLE) from None
    is_strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS) or isinstance(
        key, ec.EllipticCurvePublicKey
    )
    if not is_strong or not isinstance(digest, _HASHES):
        raise CardRefused(Refusal.USAGE)
    return certificate


def check(certificate: x509.Certificate, *, now: datetime, policies: Collection[str] = ()) -> None:
    """Dates and usages; `policies`: one of them at least, when there are any."""
    if now > certificate.not_valid_after_utc:
        raise CardRefused(Refusal.ENDED)
    if now < certificate.not_valid_before_utc:
        raise CardRefused(Refusal.NOT_BEGUN)
    _check_usages(certificate.extensions)
    if policies and not _policies(certificate.extensions) & set(policies):
        raise CardRefused(Refusal.POLICY)


def holder_of(certificate: x509.Certificate, *, number_in: str = "CN") -> Holder:
    """Whom it names: one number, of the shape of a professional's, in the attribute that is said."""
    subject = certificate.subject
    numbers = subject.get_attributes_for_oid(NUMBER_IN[number_in])
    match = _NUMBER.fullmatch(str(numbers[0].value)) if len(numbers) == 1 else None
    if match is None:
        is_of_place = bool(subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))
        raise CardRefused(Refusal.ORGANISATION if is_of_place else Refusal.NO_NUMBER)
    return Holder(match[1], serial_of(certificate))


def serial_of(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def _check_usages(extensions: x509.Extensions) -> None:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise CardRefused(Refusal.USAGE) from None
    if not usage.digital_signature:
        raise CardRefused(Refusal.SIGNATURE if usage.content_commitment else Refusal.USAGE)
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extended or usage.key_cert_sign:
        raise CardRefused(Refusal.USAGE)


def _policies(extensions: x509.Extensions) -> set[str]:
    try:
        found = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return set()
    return {one.policy_identifier.dotted_string for one in found}
