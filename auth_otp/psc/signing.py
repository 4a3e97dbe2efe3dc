"""What we sign for the provider: the assertion that stands for a secret (RFC 7523). Loads joserfc, for who uses it."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from auth_otp.psc.errors import Away


def signed(told: Mapping[str, object], *, key_file: str, key_id: str) -> str:
    """RS256 by an RSA key, ES256 by one of P-256; Away when the file holds neither."""
    key = _key(key_file)
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    header = {"alg": algorithm, **({"kid": key_id} if key_id else {})}
    try:
        return jwt.encode(header, dict(told), key, [algorithm])
    except (JoseError, ValueError):
        raise Away("files") from None


@lru_cache(maxsize=2)
def _key(path: str) -> RSAKey | ECKey:
    for kind in (RSAKey, ECKey):
        try:
            return kind.import_key(Path(path).read_bytes())
        except (OSError, JoseError, ValueError, TypeError, AttributeError):
            continue  # of the other kind, or none
    raise Away("files")
