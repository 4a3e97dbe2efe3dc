"""The key ring: where the master keys come from, which one is current, which are old.

Holds no row and opens no mailbox: it wraps and unwraps secrets under a master key named by its id. A process
that has no master key (smtpd) can import this module; the first use raises `NoMasterKey`, in one line.

Format of MASTER_KEYS (or of the file MASTER_KEYS_FILE): `id:base64` separated by blanks or new lines, current first.
AUDIT_KEYS, which chain the journal, are a ring of their own: worker holds it, web does not.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mssweb import crypto


class NoMasterKey(ImproperlyConfigured):
    """This process holds no such key, or not the one that a box or a link asks for."""


@dataclass(frozen=True)
class Ring:
    """Master keys by id; `current` wraps, all unwrap."""

    current: str
    keys: dict[str, crypto.Key]


def parse_ring(text: str, name: str = "MASTER_KEYS") -> Ring:
    """`id:base64(32 bytes)`, current first; ImproperlyConfigured names the faulty id, never the key."""
    keys: dict[str, crypto.Key] = {}
    for entry in text.split():
        key_id, _, encoded = entry.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != crypto.KEY_BYTES or not key_id or key_id in keys:
            raise ImproperlyConfigured(f"{name}: entry {key_id[:16]!r} is not a unique id:base64 of 32 bytes")
        keys[key_id] = crypto.Key(secret)
    if not keys:
        raise NoMasterKey(f"{name}: no {name.partition('_')[0].lower()} key in this process")
    return Ring(next(iter(keys)), keys)


@lru_cache(maxsize=2)
def _parsed(text: str, name: str) -> Ring:
    return parse_ring(text, name)


def ring() -> Ring:
    return _parsed(settings.MASTER_KEYS, "MASTER_KEYS")


def audit_ring() -> Ring:
    """What the journal is chained with; NoMasterKey in a process that may not chain it."""
    return _parsed(settings.AUDIT_KEYS, "AUDIT_KEYS")


def wrap(secret: bytes, context: str) -> tuple[str, bytes]:
    """(id of the current master key, box)."""
    keys = ring()
    return keys.current, crypto.seal(keys.keys[keys.current], secret, context)


def unwrap(key_id: str, box: bytes, context: str) -> bytes:
    """The secret; NoMasterKey when that master key is not here, crypto.Unreadable when the box was altered."""
    key = ring().keys.get(key_id)
    if key is None:
        raise NoMasterKey(f"master key {key_id[:16]!r} is not in this process's ring")
    return crypto.unseal(key, box, context)


@lru_cache(maxsize=32)
def purpose_key(label: str) -> crypto.Key:
    """A key for secrets outside mailboxes that may be lost (one-time codes, page cursors, an ordinary address), derived from
    SECRET_KEY: with another one they open no more, and are asked for again. A label is one use: sealing, or digesting."""
    root = crypto.Key(sha256(settings.SECRET_KEY.encode()).digest())
    return crypto.subkey(root, f"purpose {label}")
