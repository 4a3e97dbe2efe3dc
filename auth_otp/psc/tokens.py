"""Tokens that the provider signed, verified: ID tokens (OpenID Connect Core §3.1.3.7), logout tokens (Back-Channel Logout §2.6).

Keys come from its key set, chosen by `kid`; a token says nothing of which key or kind of key it wants to be verified with.
Pure: keys and the time are arguments. Loads joserfc, so it is imported by whoever meets a token.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from auth_otp.psc.errors import Refused
from mssweb.crypto import same

ALGORITHMS = ("RS256", "PS256", "ES256")  # of a public key, never of a secret; «none» is none of them
SKEW = 30  # seconds that two clocks may differ
_FRESH = 600  # seconds since a token was made: it comes straight from the provider
_MOST = 64_000  # characters of a token
_LATEST = 2**37  # seconds: what no clock tells (and neither infinity nor what is no number)
_KEYS, _RSA_BITS = 20, 2048
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

type Key = RSAKey | ECKey
type KeyOf = Callable[[str], Key]
"""The key of that `kid`; Refused("key") when the provider has none."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say. `since`: the person proved themselves after that (prompt=login), or None."""

    issuer: str
    client_id: str
    now: float
    nonce: str | None = None
    acr: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a verified ID token says. `sid`: the session at the provider."""

    subject: str
    sid: str
    told: Mapping[str, object]


def keys(told: Mapping[str, object]) -> dict[str, Key]:
    """A key set (RFC 7517 §5) by `kid`: public keys that sign, strong enough. Others (encryption, secrets) are left out."""
    found: dict[str, Key] = {}
    listed = told.get("keys")
    for one in listed[:_KEYS] if isinstance(listed, list) else ():
        kid = one.get("kid") if isinstance(one, dict) else None
        if isinstance(kid, str) and kid not in found and (key := _signing(one)):
            found[kid] = key
    return found


def identity(text: str, key_of: KeyOf, expected: Expected, *, access_token: str = "") -> Identity:
    """Of an ID token. Refused says which part is wrong, never what it was."""
    told, algorithm = verified(text, key_of)
    _check_common(told, expected)
    if expected.nonce is not None and not _equal(told.get("nonce"), expected.nonce):
        raise Refused("nonce")
    if expected.acr and told.get("acr") != expected.acr:
        raise Refused("acr")
    if "events" in told:  # a logout token serves for nothing else
        raise Refused("type")
    if expected.since is not None and _instant(told, "auth_time") < expected.since - SKEW:
        raise Refused("auth_time")
    if access_token and "at_hash" in told and not _equal(told["at_hash"], _half(access_token, algorithm)):
        raise Refused("at_hash")
    subject, sid = told.get("sub"), told.get("sid", "")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not isinstance(sid, str):
        raise Refused("sub")
    return Identity(subject, sid[:255], told)


@dataclass(frozen=True, slots=True)
class Logout:
    """Which sessions end: of `sid` when it is told, else all of `subject`. `until`: when `jti` may be forgotten."""

    jti: str
    sid: str
    subject: str
    until: float


def logout(text: str, key_of: KeyOf, expected: Expected) -> Logout:
    """Of a logout token; whether its `jti` was seen before is for the caller."""
    told, _ = verified(text, key_of, kinds=("logout+jwt", "jwt"))
    _check_common(told, expected)
    events = told.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict) or "nonce" in told:
        raise Refused("events")
    jti, sid, subject = (told.get(name, "") for name in ("jti", "sid", "sub"))
    if not (isinstance(jti, str) and isinstance(sid, str) and isinstance(subject, str)):
        raise Refused("sub")
    if not 0 < len(jti) <= 255 or not (sid or subject) or max(len(sid), len(subject)) > 255:
        raise Refused("sub")
    return Logout(jti, sid, subject, _instant(told, "exp") + SKEW)


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def is_bound_to(text: str, key_of: KeyOf, thumbprint: str) -> bool:
    """An access token is of this certificate (RFC 8705 §3.1: `cnf`, `x5t#S256`)."""
    told, _ = verified(text, key_of, kinds=("at+jwt", "jwt"))
    confirmed = told.get("cnf")
    return isinstance(confirmed, dict) and _equal(confirmed.get("x5t#S256"), thumbprint)


def verified(text: str, key_of: KeyOf, *, kinds: tuple[str, ...] = ("jwt",)) -> tuple[Mapping[str, object], str]:
    """The claims of a JWS by a key of the provider's, and its algorithm."""
    header = _header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or not isinstance(kid, str):
        raise Refused("alg")
    if str(header.get("typ", "JWT")).lower() not in kinds or "crit" in header:
        raise Refused("type")
    try:
        return jwt.decode(text, key_of(kid), [str(algorithm)]).claims, str(algorithm)
    except (JoseError, ValueError, RecursionError):
        raise Refused("signature") from None


def _check_common(told: Mapping[str, object], expected: Expected) -> None:
    if told.get("iss") != expected.issuer:
        raise Refused("iss")
    audience = told.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        raise Refused("aud")
    if told.get("azp", expected.client_id if len(audiences) == 1 else None) != expected.client_id:
        raise Refused("azp")
    if _instant(told, "exp") <= expected.now - SKEW:
        raise Refused("exp")
    made = _instant(told, "iat")
    if not expected.now - _FRESH - SKEW <= made <= expected.now + SKEW:
        raise Refused("iat")
    if "nbf" in told and _instant(told, "nbf") > expected.now + SKEW:
        raise Refused("nbf")


def _instant(told: Mapping[str, object], name: str) -> float:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LATEST:
        raise Refused(name)
    return float(value)


def _equal(value: object, wanted: str) -> bool:
    return isinstance(value, str) and same(value.encode(), wanted.encode())


def _half(access_token: str, algorithm: str) -> str:
    """`at_hash`: the left half of the digest; all of ALGORITHMS are of SHA-256."""
    assert algorithm.endswith("256")  # noqa: S101  (ALGORITHMS)
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()


def _header(text: str) -> Mapping[str, object]:
    encoded, _, _ = text.partition(".")
    if len(text) > _MOST or not text.isascii():
        raise Refused("size")
    try:
        header = json.loads(base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise Refused("shape") from None
    if not isinstance(header, dict):
        raise Refused("shape")
    return header


def _signing(told: Mapping[str, object]) -> Key | None:
    if told.get("kty") not in {"RSA", "EC"} or told.get("use", "sig") != "sig":
        return None
    if told["kty"] == "RSA" and len(str(told.get("n", ""))) * 6 < _RSA_BITS:
        return None
    public = {name: value for name, value in told.items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    try:
        key = jwk.import_key(public)  # type: ignore[arg-type]  # whatever it is: what is no key is refused
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    is_fit = isinstance(key, RSAKey) or (isinstance(key, ECKey) and told.get("crv") == "P-256")
    return key if is_fit and isinstance(key, RSAKey | ECKey) else None
