"""An authority of cards shaped like IGC-Santé's gamme Fort, domain Personnes (names prefixed TEST), for tests and demonstration.

Issues certificates of cards, the faulty ones too, and lists what it has revoked. Never used outside DEMO and tests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PERSONS = "CN=TEST AC IGC-SANTE FORT PERSONNES,OU=IGC-SANTE TEST,OU=0002 187512751,O=ASIP-SANTE,C=FR"
AUTHENTICATION, SIGNATURE = "authentication", "signature"  # the two certificates of a card
_CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)


@dataclass(frozen=True)
class Card:
    """A certificate and its key; a card would keep the latter."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_bytes(self.pem)
        key.touch(mode=0o600)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, key

    def p12(self, password: bytes) -> bytes:
        """For a browser that imports it, in the place of a card."""
        return pkcs12.serialize_key_and_certificates(
            b"CPS", self.key, self.certificate, None, BestAvailableEncryption(password)
        )


def holder(cn: str, *, surname: str = "DUPONT", given: str = "ANNE", title: str = "Pharmacien") -> x509.Name:
    """The subject of a professional's card: number, surname and given name are one part of the name."""
    person = [(NameOID.COMMON_NAME, cn), (NameOID.SURNAME, surname), (NameOID.GIVEN_NAME, given)]
    return x509.Name([
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")]),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.TITLE, title)]),
        x509.RelativeDistinguishedName([x509.NameAttribute(oid, value) for oid, value in person]),
    ])  # fmt: skip


def of_organisation(cn: str = "3750000002/000000018") -> x509.Name:
    """The subject of a card of service, which names an organisation and nobody."""
    parts = [
        (NameOID.COUNTRY_NAME, "FR"), (NameOID.STATE_OR_PROVINCE_NAME, "Paris (75)"), (NameOID.ORGANIZATION_NAME, "PHARMACIE"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "1750000002"), (NameOID.COMMON_NAME, cn),
    ]  # fmt: skip
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


class CardAuthority:
    """Root and intermediate, made anew at each construction: two of them have the same names and other keys."""

    def __init__(self, *, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self._root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root, named = _authority("TEST AC RACINE IGC-SANTE FORT"), _authority("TEST AC IGC-SANTE FORT PERSONNES")
        self.root = self._signed(root, root, self._root_key, self._root_key, ca=True)
        self.intermediate = self._signed(named, root, self._key, self._root_key, ca=True)

    @property
    def ca_pem(self) -> bytes:
        """Root and intermediate: what CPS_CA holds."""
        return self.root.public_bytes(Encoding.PEM) + self.intermediate.public_bytes(Encoding.PEM)

    def issue(
        self, subject: str | x509.Name = "899900000011", *, kind: str = AUTHENTICATION, ended: bool = False, begins: int = -1000,
        usages: Sequence[x509.ObjectIdentifier] | None = _CLIENT, policies: Sequence[str] = (),
    ) -> Card:  # fmt: skip
        """`subject`: the number of a professional (8 and RPPS), or a whole name; `begins`: in days; `ended`: yesterday."""
        named = holder(subject) if isinstance(subject, str) else subject
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed(
            named, self.intermediate.subject, key, self._key, kind=kind, days=-1 if ended else 1000, begins=begins,
            usages=usages, policies=policies,
        )  # fmt: skip
        return Card(signed, key)

    def self_signed(self, subject: str = "899900000011") -> Card:
        """Anybody's, that says it is of the authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Card(self._signed(holder(subject), self.intermediate.subject, key, key, usages=_CLIENT), key)

    def crl(
        self, revoked: Iterable[Card] = (), *, number: int = 1, at: datetime | None = None, lasts: timedelta = timedelta(days=7)
    ) -> bytes:  # fmt: skip
        begins = at or self.now
        builder = x509.CertificateRevocationListBuilder(self.intermediate.subject, begins, begins + lasts)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        for card in revoked:
            entry = x509.RevokedCertificateBuilder(card.certificate.serial_number, begins).add_extension(reason, False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _signed(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *,
        ca: bool = False, kind: str = AUTHENTICATION, days: int = 3000, begins: int = -1000,
        usages: Sequence[x509.ObjectIdentifier] | None = None, policies: Sequence[str] = (),
    ) -> x509.Certificate:  # fmt: skip
        starts, ends = self.now + timedelta(days=begins), self.now + timedelta(days=days)
        public = key.public_key()
        builder = (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), starts, ends)
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(_usage("" if ca else kind), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if policies:
            named = [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in policies]
            builder = builder.add_extension(x509.CertificatePolicies(named), critical=False)
        return builder.sign(by, hashes.SHA256())


def _authority(cn: str) -> x509.Name:
    parts = [
        (NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "ASIP-SANTE"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "0002 187512751"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "IGC-SANTE TEST"),
        (NameOID.COMMON_NAME, cn),
    ]  # fmt: skip
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _usage(kind: str) -> x509.KeyUsage:
    """Of an authority when `kind` is empty."""
    return x509.KeyUsage(
        digital_signature=kind == AUTHENTICATION, content_commitment=kind == SIGNATURE, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=not kind, crl_sign=not kind, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
