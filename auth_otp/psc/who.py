"""Tokens -> who came: the ID token, the certificate that the access token is bound to, userinfo of the same `sub`, the claims.

The access token is used here and goes no further (ECO.1.2.5).
"""

from dataclasses import dataclass
from datetime import datetime

from auth_otp.psc import claims
from auth_otp.psc.errors import Refused
from auth_otp.psc.provider import Provider, Tokens


@dataclass(frozen=True, slots=True)
class Came:
    """A person whom the provider vouches for, with the session that it holds of them."""

    person: claims.Person
    sid: str
    tokens: Tokens


def came(provider: Provider, tokens: Tokens, *, nonce: str | None, now: datetime, since: float | None = None) -> Came:
    """Refused, Away, or claims.NoNumber when it is nobody of the RPPS. `since`: they proved themselves after that."""
    from auth_otp.psc import tokens as verify

    client, at = provider.client, now.timestamp()
    expected = verify.Expected(client.issuer, client.client_id, at, nonce, client.acr, since)
    identity = verify.identity(tokens.identity, provider.key, expected, access_token=tokens.access)
    if client.is_mutual and not verify.is_bound_to(tokens.access, provider.key, client.thumbprint):
        raise Refused("cnf")
    told = provider.person(tokens.access)
    if told.get("sub") != identity.subject:  # OpenID Connect Core §5.3.2
        raise Refused("userinfo")
    person = claims.read(told, subject=identity.subject)
    if any(
        identity.told.get(name, f"8{person.rpps}") != f"8{person.rpps}"
        for name in ("SubjectNameID", "preferred_username")
    ):
        raise Refused("userinfo")
    return Came(person, identity.sid, tokens)
