"""A passkey in software: a real key that signs what a browser would give it (WebAuthn level 3 §6). Lies when it is told to."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRESENT, VERIFIED, SYNCABLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
HELLO = bytes.fromhex("08987058cadc4b81b6e130de50dcbe96")  # Windows Hello


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Key:
    """`origin` and `host` are those of the page that asks: a phishing one has its own."""

    origin: str = "http://localhost:8000"
    host: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    counts: bool = True  # synced keys do not
    handle: bytes = b""
    aaguid: bytes = HELLO
    id: bytes = field(default_factory=lambda: os.urandom(32))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def registers(self, asked: dict[str, Any], **changed: Any) -> str:
        self.handle = unb64(asked["user"]["id"])
        attested = self.aaguid + len(self.id).to_bytes(2, "big") + self.id + self.cose()
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested} | changed.pop(
            "said", {}
        )
        response = {
            "clientDataJSON": b64(self._client("webauthn.create", asked, **changed)),
            "attestationObject": b64(cbor2.dumps(statement)), "transports": ["internal", "x"],
        }  # fmt: skip
        return json.dumps({"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response})

    def signs(self, asked: dict[str, Any], **changed: Any) -> str:
        self.count += self.counts
        data, client = self._data(), self._client("webauthn.get", asked, **changed)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
            "userHandle": b64(self.handle) if self.handle else None,
        }  # fmt: skip
        return json.dumps({"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response})

    def vouched(self, asked: dict[str, Any]) -> dict[str, Any]:
        """An attestation of FIDO U2F that is right in all, by a certificate of its own (§8.6)."""
        name, at = x509.Name([]), datetime(2026, 1, 1, tzinfo=UTC)
        made = x509.CertificateBuilder(name, name, self.private.public_key(), 1, at, at + timedelta(days=9999))
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        hashes = [hashlib.sha256(one).digest() for one in (self.host.encode(), self._client("webauthn.create", asked))]
        signed = self.private.sign(b"\x00" + b"".join(hashes) + self.id + point, ec.ECDSA(SHA256()))
        chain = [made.sign(self.private, SHA256()).public_bytes(Encoding.DER)]
        return {"fmt": "fido-u2f", "attStmt": {"x5c": chain, "sig": signed}}

    def but(self, **changed: Any) -> "Key":
        """The same key, elsewhere or otherwise."""
        return replace(self, **changed)

    def cose(self) -> bytes:
        at = self.private.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")})

    def _data(self, more: int = 0) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(self.host.encode()).digest() + flags + self.count.to_bytes(4, "big")

    def _client(self, kind: str, asked: dict[str, Any], **changed: Any) -> bytes:
        told = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False} | changed
        return json.dumps(told).encode()
