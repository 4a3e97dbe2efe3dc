"""A certificate authority shaped like IGC-Santé (trust-space §3, names prefixed TEST), for demonstration and tests.

Issues operators' certificates, the faulty ones too (expired, foreign), and signs white lists (§1.3) and lists of what it has
revoked. Never used outside
DEMO and tests: the only place, with crypto.py, that makes keys.
"""

from base64 import encodebytes
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree

from mailbox.trust.whitelist import DSIG, NAMESPACE

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
type Issuing = tuple[x509.Certificate, PrivateKey]

ORGANISATIONS = "CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS,OU=IGC-SANTE TEST,O=ASIP-SANTE,C=FR"
_ORDER = (
    ("C", NameOID.COUNTRY_NAME), ("ST", NameOID.STATE_OR_PROVINCE_NAME), ("L", NameOID.LOCALITY_NAME),
    ("O", NameOID.ORGANIZATION_NAME), ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME), ("CN", NameOID.COMMON_NAME),
)  # fmt: skip
_SIGNER = {
    "C": "FR", "ST": "Hauts-de-Seine (92)", "O": "CAPGEMINI TECHNOLOGY SERVICES", "OU": "347976684200724",
    "CN": "alb.mssante.fr",
}  # fmt: skip


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, in PEM; `dn` is the text that a white list shows («CN first», trust-space §1.2)."""

    certificate: bytes
    key: bytes
    dn: str

    def write(self, folder: Path, name: str, *, chain: bytes = b"") -> tuple[Path, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_bytes(self.certificate + chain)
        key.touch(mode=0o600)
        key.write_bytes(self.key)
        return certificate, key


@dataclass(frozen=True)
class ListedDomain:
    """One row of the white list."""

    name: str
    dn: str
    description: str = "Domaine de démonstration"


def operator_name(
    cn: str, *, ou: str = "399900000100010", o: str = "OPERATEUR DE TEST", st: str = "Paris (75)"
) -> dict[str, str]:
    return {"CN": cn, "OU": ou, "O": o, "ST": st, "C": "FR"}


def dn_text(name: dict[str, str]) -> str:
    return ",".join(f"{key}={name[key]}" for key in ("CN", "OU", "O", "ST", "L", "C") if key in name)


class Authority:
    """Root and intermediate «Organisations», made anew at each construction."""

    def __init__(self, *, now: datetime | None = None, foreign: bool = False) -> None:
        self.now = now or datetime.now(UTC)
        prefix, unit = ("AC ETRANGERE", "AILLEURS") if foreign else ("TEST AC", "IGC-SANTE TEST")
        base = {"C": "FR", "O": "ASIP-SANTE", "OU": unit}
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        root = _name({**base, "CN": f"{prefix} RACINE IGC-SANTE ELEMENTAIRE"})
        self.root = self._sign(root, root, self._root_key.public_key(), self._root_key, days=3650, ca=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = _name({**base, "CN": f"{prefix} IGC-SANTE ELEMENTAIRE ORGANISATIONS"})
        self.intermediate = self._sign(subject, root, self._key.public_key(), self._root_key, days=3640, ca=True)

    def sibling(self) -> "Authority":
        """Another authority of the same root, for persons: its certificates are not for operators."""
        other = copy(self)
        other._key = ec.generate_private_key(ec.SECP256R1())
        base = {"C": "FR", "O": "ASIP-SANTE", "OU": "IGC-SANTE TEST"}
        subject = _name({**base, "CN": "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES"})
        public = other._key.public_key()
        other.intermediate = self._sign(subject, self.root.subject, public, self._root_key, days=3640, ca=True)
        return other

    def responder(self, *, usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.OCSP_SIGNING,)) -> Issuing:
        """To whom it delegates the answers of OCSP: certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name({"C": "FR", "O": "ASIP-SANTE", "CN": "TEST OCSP"})
        public = key.public_key()
        issued = self._sign(subject, self.intermediate.subject, public, self._key, days=90, usages=list(usages))
        return issued, key

    @property
    def ocsp_signer(self) -> Issuing:
        """The authority itself, answering."""
        return self.intermediate, self._key

    @property
    def ca_pem(self) -> bytes:
        """Root and intermediate: what TRUST_CA holds."""
        return _pem(self.root) + _pem(self.intermediate)

    @property
    def chain_pem(self) -> bytes:
        return _pem(self.intermediate)

    @property
    def anchors(self) -> list[x509.Certificate]:
        return [self.root, self.intermediate]

    def issue(self, name: dict[str, str], *, expired: bool = False) -> Issued:
        """An operator's certificate, for server and client; `expired` ended yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            _name(name),
            self.intermediate.subject,
            key.public_key(),
            self._key,
            days=-1 if expired else 1095,
            san=name["CN"],
        )
        return Issued(_pem(certificate), _key_pem(key), dn_text(name))

    def signer(self, *, cn: str = "alb.mssante.fr") -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        """The signer of white lists: RSA 2048, EKU emailProtection (trust-space §1.3)."""
        key = rsa.generate_private_key(65537, 2048)
        subject = _name({**_SIGNER, "CN": cn})
        usage = ExtendedKeyUsageOID.EMAIL_PROTECTION
        certificate = self._sign(
            subject, self.intermediate.subject, key.public_key(), self._key, days=1095, usages=[usage]
        )
        return certificate, key

    def crl(
        self, revoked: Iterable[bytes] = (), *, number: int | None = 1, at: datetime | None = None,
        lasts: timedelta = timedelta(days=7), extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:  # fmt: skip
        """DER of the intermediate's list; `revoked`: certificates in PEM, whose keys were stolen."""
        begins = at or self.now
        builder = x509.CertificateRevocationListBuilder(self.intermediate.subject, begins, begins + lasts)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        listed = [(known, False), *extensions]
        if number is not None:
            listed.append((x509.CRLNumber(number), False))
        for extension, is_critical in listed:
            builder = builder.add_extension(extension, is_critical)
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        for pem in revoked:
            serial = x509.load_pem_x509_certificate(pem).serial_number
            entry = x509.RevokedCertificateBuilder(serial, begins).add_extension(reason, critical=False).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _sign(
        self, subject: x509.Name, issuer: x509.Name, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        key: PrivateKey, *, days: int, ca: bool = False, san: str = "", usages: list[x509.ObjectIdentifier] | None = None,
    ) -> x509.Certificate:  # fmt: skip
        starts, ends = self.now - timedelta(days=1200), self.now + timedelta(days=days)
        builder = (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), starts, ends)
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(_usage(ca=ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        if not ca:
            both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages or both), critical=False)
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(san)]), critical=False)
        return builder.sign(key, hashes.SHA256())


def white_list(
    rows: list[ListedDomain], signer: tuple[x509.Certificate, rsa.RSAPrivateKey], *, generated_at: datetime
) -> bytes:
    """A signed document of the shape of trust-space §1.2–1.3."""
    certificate, key = signer
    stamp = generated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    domains = "".join(_row(row, stamp) for row in rows)
    text = (
        f'<ListeBlancheMSSante xmlns="{NAMESPACE}">\n    <DateDeGeneration>{stamp}</DateDeGeneration>\n'
        f"    <ListeDomaines>\n{domains}    </ListeDomaines>\n</ListeBlancheMSSante>"
    )
    return sign(etree.fromstring(text.encode()), certificate, key)


def sign(root: etree._Element, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    """Add the enveloped signature: exc-c14n, rsa-sha256, sha256, one reference URI=\"\"."""
    digest = sha256(_canonical(root)).digest()
    info = (
        f'<SignedInfo xmlns="{DSIG}">'
        '<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></CanonicalizationMethod>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>'
        f'<Reference URI=""><Transforms><Transform Algorithm="{DSIG}enveloped-signature"></Transform>'
        '<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></Transform></Transforms>'
        '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
        f"<DigestValue>{_base64(digest)}</DigestValue></Reference></SignedInfo>"
    )
    value = key.sign(_canonical(etree.fromstring(info.encode())), padding.PKCS1v15(), hashes.SHA256())
    body = _base64(certificate.public_bytes(serialization.Encoding.DER), "&#13;\n")
    signature = (
        f'<Signature xmlns="{DSIG}">{info.replace(f' xmlns="{DSIG}"', "", 1)}'
        f"<SignatureValue>{_base64(value)}</SignatureValue>"
        f"<KeyInfo><X509Data><X509Certificate>{body}</X509Certificate></X509Data></KeyInfo></Signature>"
    )
    root.append(etree.fromstring(signature.encode()))
    return b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(root, encoding="UTF-8")


def _row(row: ListedDomain, stamp: str) -> str:
    values = (
        ("Nom", row.name), ("Description", row.description), ("DNCertificatOperateur", row.dn),
        ("ResponsableContact", "01 99 00 00 01, responsable@exemple.example"),
        ("SupportContact", "01 99 00 00 02, support@exemple.example"), ("DateMAJ", stamp),
    )  # fmt: skip
    cells = "".join(f"            <{name}>{escape(value)}</{name}>\n" for name, value in values)
    return f"        <Domaine>\n{cells}        </Domaine>\n"


def _canonical(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)


def _base64(data: bytes, line_end: str = "\n") -> str:
    return encodebytes(data).decode().strip().replace("\n", line_end)


def _name(values: dict[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, values[key]) for key, oid in _ORDER if key in values])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
