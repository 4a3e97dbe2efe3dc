"""How the provider knows us: by a secret, by what our key signs (RFC 7523) or by our certificate (RFC 8705).

Files are read when they changed, so that a certificate is renewed without a restart.
"""

import base64
import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote_plus

from django.conf import settings
from uuid_utils.compat import uuid7

from auth_otp.psc.errors import Away

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTED = 60  # seconds that an assertion of ours is good for
SECRET, SIGNED, MUTUAL = "client_secret_basic", "private_key_jwt", "tls_client_auth"


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as mssweb.doors reads it; `certificate` and `key` are PEM files, `ca` one of authorities (the system's if none)."""

    issuer: str
    client_id: str
    method: str = SECRET
    secret: str = field(default="", repr=False)
    key: str = ""
    key_id: str = ""
    certificate: str = ""
    ca: str = ""
    acr: str = "eidas1"
    has_ciba: bool = False

    @property
    def is_mutual(self) -> bool:
        return self.method == MUTUAL

    @property
    def thumbprint(self) -> str:
        """Of our certificate, as tokens that are bound to it name it (RFC 8705 §3.1)."""
        return _thumbprint(self.certificate, _changed(self.certificate))

    def context(self) -> ssl.SSLContext:
        """TLS to the provider; Away when a file is not what it should be."""
        files = (self.ca, self.certificate if self.is_mutual else "", self.key if self.is_mutual else "")
        return _context(*files, *(_changed(one) for one in files))

    def proof(self, now: float) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and fields that say who asks."""
        if self.method == SECRET:  # RFC 6749 §2.3.1: each encoded as in a form, then both
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        if self.method == SIGNED:
            return {}, {
                "client_id": self.client_id,
                "client_assertion_type": _ASSERTION,
                "client_assertion": self._assertion(now),
            }
        return {}, {"client_id": self.client_id}

    def _assertion(self, now: float) -> str:
        """For the issuer alone (`aud`): no other server can use it."""
        from auth_otp.psc import signing

        made = int(now)
        told = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": str(uuid7()),
            "iat": made, "exp": made + _ASSERTED,
        }  # fmt: skip
        return signing.signed(told, key_file=self.key, key_id=self.key_id)


def client() -> Client | None:
    """None where Pro Santé Connect is not set up: nothing of it shows."""
    given: Mapping[str, str] = settings.PSC
    if not given["issuer"]:
        return None
    return Client(**{name: value for name, value in given.items() if name != "ciba"}, has_ciba=bool(given["ciba"]))


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        raise Away("files") from None


@lru_cache(maxsize=4)
def _context(ca: str, certificate: str, key: str, *_: int) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate:
            context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError):
        raise Away("files") from None
    return context


@lru_cache(maxsize=4)
def _thumbprint(certificate: str, _: int) -> str:
    try:
        pem = Path(certificate).read_text()
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE-----") :].split("-----END")[0] + _END)
    except (OSError, ValueError):
        raise Away("files") from None
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


_END = "-----END CERTIFICATE-----"
