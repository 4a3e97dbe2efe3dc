"""What a browser says that an authenticator answered (WebAuthn level 3 §5.1, as JSON), read into bytes. Pure.

Whoever asks may send anything: it is bounded before it is read. Refuses to verify: auth_otp.passkeys does.
"""

import base64
import binascii
import json
from dataclasses import dataclass

MOST = 16_384  # characters; what authenticators answer without attestation has one or two thousand
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")


class Malformed(Exception):
    """It is no answer of an authenticator."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A signature over `authenticator_data` and `client_data`. `user_handle` is empty when the key does not say whose it is."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes


@dataclass(frozen=True, slots=True)
class Attestation:
    """A new key. `transports`: how its authenticator is reached, as the browser says."""

    credential_id: bytes
    client_data: bytes
    attestation: bytes
    transports: tuple[str, ...]


def assertion(text: str) -> Assertion:
    credential_id, response = _read(text)
    return Assertion(
        credential_id, _bytes(response, "clientDataJSON"), _bytes(response, "authenticatorData"),
        _bytes(response, "signature"), _bytes(response, "userHandle") if response.get("userHandle") else b"",
    )  # fmt: skip


def attestation(text: str) -> Attestation:
    credential_id, response = _read(text)
    said = response.get("transports")
    transports = tuple(one for one in TRANSPORTS if isinstance(said, list) and one in said)
    return Attestation(
        credential_id, _bytes(response, "clientDataJSON"), _bytes(response, "attestationObject"), transports
    )


def in_text(data: bytes) -> str:
    """Base64url without its padding, as browsers want it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def is_framed(client_data: bytes) -> bool:
    """The key was asked for by a page inside a page of another site (§5.8.1, crossOrigin)."""
    told = _object(client_data)
    return told.get("crossOrigin") is True or "topOrigin" in told


def _read(text: str) -> tuple[bytes, dict[str, object]]:
    if len(text) > MOST:
        raise Malformed
    told = _object(text)
    response = told.get("response")
    if not isinstance(response, dict) or told.get("type") != "public-key":
        raise Malformed
    credential_id = _bytes(told, "rawId")
    if not 1 <= len(credential_id) <= 1023:  # §4, credential ID
        raise Malformed
    return credential_id, response


def _object(text: str | bytes) -> dict[str, object]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(told, dict):
        raise Malformed
    return told


def _bytes(told: dict[str, object], name: str) -> bytes:
    text = told.get(name)
    if not isinstance(text, str) or not text:
        raise Malformed
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed from None
