"""Tokens of the provider: signed as they should be, or wrong in the one way that a test asks for."""

import base64
import hashlib
import hmac
import json
import time
from enum import StrEnum
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Fault(StrEnum):
    """What is wrong with the provider, or with whoever stands in its place."""

    NONE = ""
    NONCE = "nonce of another sign-in"
    EXPIRED = "expired"
    FUTURE = "not valid yet"
    UNKNOWN_KEY = "signed by an unknown key"
    STRANGE_KEY = "signed by another key under the right name"
    UNSIGNED = "alg none"
    HS256 = "signed with the public key as a secret"
    AUDIENCE = "for another client"
    PARTY = "for several, by another"
    ISSUER = "of another issuer"
    ACR = "weaker"
    AT_HASH = "with the digest of another access token"
    OLD_PROOF = "of a person who proved themselves long ago"
    USERINFO = "userinfo of another person"
    CLAIMS = "userinfo of another number"
    UNBOUND = "access token of another certificate"
    MIX_UP = "answer in the name of another issuer"
    NO_ISSUER = "answer without its issuer"
    DISCOVERY = "metadata of another issuer"
    SLOW = "slow"
    BROKEN = "500"
    DOWN = "500, its metadata too"
    HUGE = "huge answer"
    REDIRECT = "redirected elsewhere"
    GIBBERISH = "an answer that is no JSON"


class Mint:
    """Signs for one issuer and client. `skew`: how far its clock is ahead."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self.issuer, self.client_id, self.skew = issuer, client_id, 0.0
        self.key: ECKey | RSAKey = _key("of the provider")
        self._strange = _key("of the provider")
        self.fault, self.algorithm = Fault.NONE, "ES256"

    def now(self) -> int:
        return int(time.time() + self.skew)

    def published(self) -> dict[str, object]:
        """The key set, with a key that encrypts beside, as Keycloak has one."""
        encrypting = {**_key("that encrypts").as_dict(private=False), "use": "enc"}
        return {"keys": [encrypting, {**self.key.as_dict(private=False), "use": "sig", "alg": self.algorithm}]}

    def rotate(self) -> None:
        self.key = _key(f"of the provider, {uuid4().hex[:6]}")

    def turn_to_rsa(self, algorithm: str) -> None:
        """As Keycloak signs (RS256); ES256, which is quicker to begin with, otherwise."""
        self.algorithm = algorithm
        self.key = RSAKey.generate_key(2048, {"kid": "of the provider, RSA"}, private=True)

    def identity(self, subject: str, *, sid: str, nonce: str, proved_at: int, access_token: str) -> str:
        now, fault = self.now(), self.fault
        told: dict[str, object] = {
            "iss": self.issuer, "sub": subject, "aud": self.client_id, "azp": self.client_id, "iat": now, "exp": now + 120,
            "auth_time": proved_at, "acr": "eidas1", "sid": sid, "typ": "ID", "jti": str(uuid4()),
            "at_hash": _b64(hashlib.sha256(access_token.encode()).digest()[:16]),
        }  # fmt: skip
        if nonce:
            told["nonce"] = nonce
        told.update(_WRONG.get(fault, {}))
        if fault is Fault.EXPIRED:
            told |= {"iat": now - 300, "exp": now - 180}
        if fault is Fault.FUTURE:
            told |= {"iat": now + 300, "exp": now + 600, "nbf": now + 300}
        if fault is Fault.OLD_PROOF:
            told["auth_time"] = now - 3600
        return self.signed(told)

    def logout(self, *, sid: str, subject: str, **wrong: object) -> str:
        now = self.now()
        told: dict[str, object] = {
            "iss": self.issuer, "sub": subject, "aud": self.client_id, "iat": now, "exp": now + 120, "jti": str(uuid4()),
            "sid": sid, "events": {_LOGOUT: {}},
        }  # fmt: skip
        told |= wrong
        return self.signed({name: value for name, value in told.items() if value is not None}, kind="logout+jwt")

    def access(self, subject: str, *, thumbprint: str) -> str:
        now = self.now()
        told: dict[str, object] = {
            "iss": self.issuer,
            "sub": subject,
            "iat": now,
            "exp": now + 120,
            "jti": str(uuid4()),
        }
        if thumbprint:
            told["cnf"] = {"x5t#S256": "x" * 43 if self.fault is Fault.UNBOUND else thumbprint}
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, told, self.key, [self.algorithm])

    def signed(self, told: dict[str, object], *, kind: str = "JWT") -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid, "typ": kind}
        match self.fault:
            case Fault.UNSIGNED:
                return f"{_b64(json.dumps({**header, 'alg': 'none'}).encode())}.{_b64(json.dumps(told).encode())}."
            case Fault.HS256:
                text = f"{_b64(json.dumps({**header, 'alg': 'HS256'}).encode())}.{_b64(json.dumps(told).encode())}"
                return f"{text}.{_b64(hmac.digest(self.key.as_pem(private=False), text.encode(), 'sha256'))}"
            case Fault.UNKNOWN_KEY:
                return jwt.encode({**header, "kid": "nobody's"}, told, self._strange, ["ES256"])
            case Fault.STRANGE_KEY:
                return jwt.encode(header, told, self._strange, ["ES256"])
        return jwt.encode(header, told, self.key, [self.algorithm])


_WRONG: dict[Fault, dict[str, object]] = {
    Fault.NONCE: {"nonce": "of another sign-in"},
    Fault.AUDIENCE: {"aud": "another", "azp": "another"},
    Fault.PARTY: {"aud": ["mssweb", "another"], "azp": "another"},
    Fault.ISSUER: {"iss": "https://elsewhere.example/auth/realms/esante-wallet"},
    Fault.ACR: {"acr": "eidas0"},
    Fault.AT_HASH: {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


def _key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
