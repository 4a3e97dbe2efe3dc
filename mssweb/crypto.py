"""Seal and unseal: the only importer of cryptographic primitives, without options and without keys of its own.

Keys are arguments; nothing here knows Django, files or a clock. Every box begins with a version byte and the
generation of its key; `context` is the identity of the row that owns the box, so that a box moved to another
row does not open. What each construction promises, and what it does not, is stated in SECURITY.md.
"""

import hmac
import secrets
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_BYTES = 32
CHUNK_BYTES = 64 * 1024  # plaintext bytes per chunk of a stream box
_BOX, _STREAM, _SEALED_TO = b"\x01", b"\x02", b"\x03"  # version bytes: one per construction
_HEAD, _NONCE, _TAG = 2, 12, 16  # bytes
_STREAM_SALT = 16
_STREAM_HEAD = struct.Struct(">Q")  # plaintext length, authenticated through the context of every chunk
_MLKEM_PUBLIC, _MLKEM_SEED, _X25519 = 1184, 64, 32
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Unreadable(Exception):
    """A box does not open: wrong key, wrong row, altered or cut. Says nothing about which."""


@dataclass(frozen=True, slots=True)
class Key:
    """A symmetric key of 32 bytes and its generation (1..255), which every box made with it carries."""

    secret: bytes
    generation: int = 1

    def __repr__(self) -> str:  # a key never reaches a log or a traceback by its repr
        return f"Key(generation={self.generation})"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A hybrid ML-KEM-768 + X25519 key pair; `private` is seed and scalar (96 bytes), `public` is 1,216 bytes."""

    private: bytes
    public: bytes


def new_key(generation: int = 1) -> Key:
    """A key of 32 random bytes."""
    return Key(secrets.token_bytes(KEY_BYTES), generation)


def subkey(root: Key, label: str) -> Key:
    """A key derived from a uniformly random root by HKDF-Expand (RFC 5869 §3.3): the label names its only use."""
    expand = HKDFExpand(algorithm=hashes.SHA256(), length=KEY_BYTES, info=b"mssweb " + label.encode())
    return Key(expand.derive(root.secret), root.generation)


def seal(key: Key, plaintext: bytes, context: str) -> bytes:
    """AES-256-GCM: version, generation, random nonce, ciphertext and tag. 30 bytes longer than the plaintext.

    Random nonces bound a key to 2^32 boxes (NIST SP 800-38D §8.3); keys are per mailbox and per use.
    """
    nonce = secrets.token_bytes(_NONCE)
    return _head(_BOX, key) + nonce + AESGCM(key.secret).encrypt(nonce, plaintext, context.encode())


def unseal(key: Key, box: bytes, context: str) -> bytes:
    """The plaintext of `seal`, or Unreadable."""
    if box[:_HEAD] != _head(_BOX, key) or len(box) < _HEAD + _NONCE + _TAG:
        raise Unreadable("not a box of this key")
    try:
        return AESGCM(key.secret).decrypt(box[_HEAD : _HEAD + _NONCE], box[_HEAD + _NONCE :], context.encode())
    except InvalidTag:
        raise Unreadable("box does not open") from None


def seal_stream(key: Key, plaintext: bytes, context: str) -> bytes:
    """A box in chunks of 64 KiB, so that `unseal_range` opens a part without the rest.

    Each stream has its own key (from a random salt), so the nonce is simply the chunk's number and a last-chunk
    flag: chunks can be neither reordered, nor dropped, nor moved between streams (the STREAM construction,
    Hoang et al. 2015, with a fresh key instead of a nonce prefix).
    """
    salt = secrets.token_bytes(_STREAM_SALT)
    cipher, aad = _stream_cipher(key, salt), _stream_context(context, len(plaintext))
    count = _chunk_count(len(plaintext))
    out = [_head(_STREAM, key), salt, _STREAM_HEAD.pack(len(plaintext))]
    for number in range(count):
        chunk = plaintext[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        out.append(cipher.encrypt(_stream_nonce(number, last=number == count - 1), chunk, aad))
    return b"".join(out)


def unseal_stream(key: Key, box: bytes, context: str) -> bytes:
    """The whole plaintext of `seal_stream`, or Unreadable."""
    return unseal_range(key, box, context, 0, stream_length(box))


def stream_length(box: bytes) -> int:
    """Plaintext bytes that a stream box claims to hold; proven only when a chunk opens."""
    if box[:1] != _STREAM or len(box) < _HEAD + _STREAM_SALT + _STREAM_HEAD.size:
        raise Unreadable("not a stream box")
    length: int = _STREAM_HEAD.unpack_from(box, _HEAD + _STREAM_SALT)[0]
    return length


def unseal_range(key: Key, box: bytes, context: str, start: int, length: int) -> bytes:
    """Plaintext bytes [start, start + length), opening only the chunks that hold them; Unreadable when altered."""
    total = stream_length(box)
    head = _HEAD + _STREAM_SALT + _STREAM_HEAD.size
    count = _chunk_count(total)
    if generation_of(box) != key.generation or len(box) != head + total + count * _TAG:
        raise Unreadable("stream box is cut, or of another key")
    cipher, aad = _stream_cipher(key, box[_HEAD : _HEAD + _STREAM_SALT]), _stream_context(context, total)
    end = min(total, start + length)
    first, last = start // CHUNK_BYTES, max(start, end - 1) // CHUNK_BYTES
    view, out = memoryview(box), []
    try:
        for number in range(first, min(last, count - 1) + 1):
            at = head + number * (CHUNK_BYTES + _TAG)
            sealed = view[at : at + CHUNK_BYTES + _TAG]
            out.append(cipher.decrypt(_stream_nonce(number, last=number == count - 1), sealed, aad))
    except InvalidTag:
        raise Unreadable("stream box does not open") from None
    opened = b"".join(out)
    return opened[start - first * CHUNK_BYTES : end - first * CHUNK_BYTES]


def generation_of(box: bytes) -> int:
    """The generation of the symmetric key that a box says it was made with."""
    if len(box) < _HEAD or box[:1] not in {_BOX, _STREAM}:
        raise Unreadable("not a box")
    return box[1]


def new_keypair() -> KeyPair:
    """A key pair for `seal_to`: whoever holds only `public` can write and cannot read."""
    kem, curve = mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    private = kem.private_bytes_raw() + curve.private_bytes_raw()
    public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return KeyPair(private, public)


def seal_to(public: bytes, plaintext: bytes, info: str) -> bytes:
    """HPKE (RFC 9180) single shot with ML-KEM-768 + X25519; `info` binds the row. About 0.1 ms and 1,137 bytes."""
    return _SEALED_TO + _SUITE.encrypt(plaintext, _public(public), info.encode())


@lru_cache(maxsize=512)
def _public(public: bytes) -> MLKEM768X25519PublicKey:
    """Kept, for it is no secret, and reading one costs a quarter of sealing."""
    return MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
        x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
    )


def unseal_with(private: bytes, box: bytes, info: str) -> bytes:
    """The plaintext of `seal_to`, or Unreadable."""
    if box[:1] != _SEALED_TO:
        raise Unreadable("not a box sealed to a public key")
    key = MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED]),
        x25519.X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED : _MLKEM_SEED + _X25519]),
    )
    try:
        return _SUITE.decrypt(box[1:], key, info.encode())
    except (InvalidTag, ValueError):
        raise Unreadable("box does not open") from None


def blind(key: Key, word: str) -> int:
    """A 63-bit integer that stands for a word: equal words collide on purpose, nothing else is told."""
    return blind_all(key, [word])[0]


def blind_all(key: Key, words: Iterable[str]) -> list[int]:
    """`blind` for each word: a message has hundreds, so the loop stays as bare as it can."""
    keyed, number, numbers = HMAC(key.secret, hashes.SHA256()), int.from_bytes, list[int]()
    for word in words:
        mac = keyed.copy()  # half the price of keying it again
        mac.update(word.encode())
        numbers.append(number(mac.finalize()[:8]) >> 1)
    return numbers


def digest(key: Key, message: bytes) -> bytes:
    """HMAC-SHA-256, 32 bytes: for one-time codes and fingerprints."""
    return hmac.digest(key.secret, message, "sha256")


def digest_sha1(secret: bytes, message: bytes) -> bytes:
    """HMAC-SHA-1, because authenticators speak it (RFC 4226 §5.2); for nothing else."""
    return hmac.digest(secret, message, "sha1")


def same(left: bytes, right: bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left, right)


def verify_rsa_sha256(public: rsa.RSAPublicKey, signature: bytes, data: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256, the one algorithm of the white list (XMLDSig rsa-sha256)."""
    return verify_signed(public, signature, data, hashes.SHA256())


def verify_signed(public: object, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    """RSASSA-PKCS1-v1_5 or ECDSA, as the key says; a key of another kind has signed nothing."""
    try:
        match public:
            case rsa.RSAPublicKey():
                public.verify(signature, data, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey():
                public.verify(signature, data, ec.ECDSA(algorithm))
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def _head(version: bytes, key: Key) -> bytes:
    return version + bytes((key.generation,))


def _stream_cipher(key: Key, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key.secret, b"mssweb stream" + salt, "sha256"))


def _stream_context(context: str, length: int) -> bytes:
    return sha256(context.encode()).digest() + _STREAM_HEAD.pack(length)


def _stream_nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">QI", number, int(last))


def _chunk_count(length: int) -> int:
    return max(1, -(-length // CHUNK_BYTES))
