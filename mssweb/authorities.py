"""Names of certificates, compared attribute by attribute (trust-space §2), and which authority signed one (§3). Pure.

Chain and dates are TLS's business. Refuses any authority but a pinned one: one name, under the keys that the operator's file
gives for it, signed by a root of that file.
"""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

type DN = tuple[tuple[str, str], ...]

_CUT = re.compile(r",\s*(?=(?:CN|OU|O|ST|S|L|C)=)")
SHORT = {
    NameOID.COMMON_NAME: "CN", NameOID.ORGANIZATIONAL_UNIT_NAME: "OU", NameOID.ORGANIZATION_NAME: "O",
    NameOID.STATE_OR_PROVINCE_NAME: "ST", NameOID.LOCALITY_NAME: "L", NameOID.COUNTRY_NAME: "C",
}  # fmt: skip


def parse_dn(text: str) -> DN:
    """A listed DN: order ignored, blanks collapsed, case folded, quotes removed. ST and L are not interchangeable."""
    found = []
    for part in _CUT.split(text.strip()):
        key, _, value = part.partition("=")
        key = key.strip().upper()
        found.append(("ST" if key == "S" else key, _folded(_unquoted(value.strip()))))
    return tuple(sorted(found))


def dn_of(name: x509.Name) -> DN:
    """The same from the attributes of a certificate, never from a printed string."""
    return tuple(sorted((SHORT.get(a.oid, a.oid.dotted_string), _folded(value_of(a))) for a in name))


def pinned(anchors: Sequence[x509.Certificate], name: str) -> tuple[x509.Certificate, ...]:
    """Authorities of that name (a DN as the white list writes them) that a root among the anchors has signed.

    Several while the authority changes its key; none when the file holds no such authority.
    """
    wanted = parse_dn(name)
    roots = [anchor for anchor in anchors if anchor.subject == anchor.issuer]
    named = [anchor for anchor in anchors if anchor.subject != anchor.issuer and dn_of(anchor.subject) == wanted]
    return tuple(anchor for anchor in named if is_authority(anchor) and any(signs(root, anchor) for root in roots))


def issuer_of(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The one that signed it directly: its name and its key, not the name alone."""
    return next((issuer for issuer in issuers if signs(issuer, certificate)), None)


def key_of(issuer: x509.Certificate) -> bytes:
    """SHA-256 of its public key (SubjectPublicKeyInfo): what a CRL and a certificate have in common."""
    return sha256(issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def signs(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):
        return False


def value_of(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.hex()


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"')
    return value


def _folded(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split()).casefold()
