"""Names of certificates, compared attribute by attribute (trust-space §2). Chain and dates are TLS's business."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

type DN = tuple[tuple[str, str], ...]

_CUT = re.compile(r",\s*(?=(?:CN|OU|O|ST|S|L|C)=)")
_SHORT = {
    NameOID.COMMON_NAME: "CN", NameOID.ORGANIZATIONAL_UNIT_NAME: "OU", NameOID.ORGANIZATION_NAME: "O",
    NameOID.STATE_OR_PROVINCE_NAME: "ST", NameOID.LOCALITY_NAME: "L", NameOID.COUNTRY_NAME: "C",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What policy and traces need of a peer's certificate; its chain and dates were verified by TLS."""

    dn: DN
    dn_text: str
    serial: str
    not_after: datetime
    issuer: DN


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
    return tuple(sorted((_SHORT.get(a.oid, a.oid.dotted_string), _folded(_value(a))) for a in name))


def from_der(der: bytes) -> PeerCertificate:
    """Read a certificate that TLS has accepted."""
    certificate = x509.load_der_x509_certificate(der)
    shown = ",".join(f"{_SHORT.get(a.oid, a.oid.dotted_string)}={_value(a)}" for a in certificate.subject)
    return PeerCertificate(
        dn=dn_of(certificate.subject),
        dn_text=" ".join(shown.split())[:500],
        serial=f"{certificate.serial_number:x}",
        not_after=certificate.not_valid_after_utc,
        issuer=dn_of(certificate.issuer),
    )


def _value(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.hex()


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"')
    return value


def _folded(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split()).casefold()
