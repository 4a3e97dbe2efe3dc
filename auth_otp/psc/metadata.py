"""What the provider publishes of itself, pure: `wallet-openid-configuration` (client-and-documents §8.1), as values.

Refuses a document of another issuer (OpenID Connect Discovery 1.0 §4.3: compared exactly) and addresses without TLS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from auth_otp.psc.errors import Refused

DOCUMENT = "/.well-known/wallet-openid-configuration"
_MOST = 2_000  # characters of an address


@dataclass(frozen=True, slots=True)
class Metadata:
    """Addresses of the provider; the optional ones are empty where it has none. `names_issuer`: RFC 9207 §3."""

    issuer: str
    authorization: str
    token: str
    userinfo: str
    keys: str
    end_session: str = ""
    backchannel: str = ""  # CIBA
    names_issuer: bool = False


def read(told: Mapping[str, object], *, issuer: str, is_mutual: bool = False) -> Metadata:
    """`is_mutual`: the addresses meant for clients with a certificate, where there are some (RFC 8705 §5)."""
    if told.get("issuer") != issuer:
        raise Refused("issuer")
    aliases = told.get("mtls_endpoint_aliases")
    meant = {**told, **aliases} if is_mutual and isinstance(aliases, dict) else told
    is_local = _is_local(issuer)

    def address(name: str, *, of: Mapping[str, object] = meant, is_needed: bool = True) -> str:
        value = of.get(name, "")
        if not value and not is_needed:
            return ""
        if not isinstance(value, str) or not _is_fit(value, is_local):
            raise Refused("metadata")
        return value

    return Metadata(
        issuer=issuer,
        authorization=address("authorization_endpoint", of=told),
        token=address("token_endpoint"),
        userinfo=address("userinfo_endpoint"),
        keys=address("jwks_uri", of=told),
        end_session=address("end_session_endpoint", of=told, is_needed=False),
        backchannel=address("backchannel_authentication_endpoint", is_needed=False),
        names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _is_fit(address: str, is_local: bool) -> bool:
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (is_local and _is_local(address))
    return len(address) <= _MOST and is_safe and bool(parts.hostname) and not parts.fragment and address.isprintable()


def _is_local(address: str) -> bool:
    """The provider of the demonstration or of a test, on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname == "127.0.0.1"
