"""What was read at the card's address, sealed for a minute on its way to the main one, through the browser.

It carries the certificate, what TLS said of it, and the number of the reading that a browser's session had asked for: that
browser alone redeems it. Refuses to be a proof of who somebody is: views.card judges what it carries. Once: `spend`.
"""

import json
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings

from auth_otp.cps.certificate import MAX_BYTES, CardRefused
from auth_otp.cps.refusals import Refusal
from auth_otp.models import CardTicket
from mssweb import crypto

LIFE = timedelta(seconds=60)
_LONGEST = 4 * MAX_BYTES  # characters
_CONTEXT = "card ticket"


@dataclass(frozen=True, slots=True)
class Reading:
    """`certificate`: in DER, empty when none was shown. `is_verified`: TLS found its chain good. `number`: which reading."""

    certificate: bytes
    is_verified: bool
    number: str


def new_number() -> str:
    """Of a reading: 128 bits, in 32 letters."""
    return secrets.token_hex(16)


def seal(reading: Reading, *, now: datetime) -> str:
    told = [b64encode(reading.certificate).decode(), reading.is_verified, reading.number, now.timestamp()]
    return urlsafe_b64encode(crypto.seal(_key(), json.dumps(told).encode(), _CONTEXT)).decode().rstrip("=")


def unseal(text: str, *, now: datetime) -> Reading:
    """CardRefused (STALE) for what we did not seal, or longer ago than LIFE."""
    if not text or len(text) > _LONGEST or not text.isascii():
        raise CardRefused(Refusal.STALE)
    try:
        box = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        certificate, is_verified, number, at = json.loads(crypto.unseal(_key(), box, _CONTEXT))
    except (crypto.Unreadable, Error, ValueError):
        raise CardRefused(Refusal.STALE) from None
    if not timedelta() <= now - datetime.fromtimestamp(at, UTC) + timedelta(seconds=5) <= LIFE + timedelta(seconds=5):
        raise CardRefused(Refusal.STALE)
    return Reading(b64decode(certificate), is_verified, number)


def spend(reading: Reading, *, now: datetime) -> None:
    """It serves now, and never again; CardRefused (REPLAYED) when it has. Of two at once, one.

    Known by the number of the reading, not by its text: one ticket can be written in many ways.
    """
    _, is_first = CardTicket.objects.get_or_create(
        digest=sha256(reading.number.encode()).digest(), defaults={"until": now + 2 * LIFE}
    )
    if not is_first:
        raise CardRefused(Refusal.REPLAYED)


def forget(*, now: datetime) -> None:
    """From the sweep: what could not be shown again anyway."""
    CardTicket.objects.filter(until__lt=now).delete()


def _key() -> crypto.Key:
    """Of what the edge and the pages share, and nobody else."""
    root = crypto.Key(sha256(settings.CPS_EDGE_SECRET.encode()).digest())
    return crypto.subkey(root, _CONTEXT)
