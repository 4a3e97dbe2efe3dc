"""The page that follows, as an address that tells nothing: what was asked and where one was, sealed for one program."""

import base64
import json
from datetime import datetime, timedelta
from uuid import UUID

from directory.api.walks import Position
from directory.fhir.outcome import Refusal
from directory.fhir.query import Asked, read
from mssweb import crypto, keys

_LASTS = timedelta(hours=24)
_MAX = 16_384  # characters of an address


def sealed(asked: Asked, position: Position, *, program: UUID, now: datetime) -> str:
    told = [asked.resource, asked.pairs, position.branch, position.walk, position.at, int(now.timestamp())]
    box = crypto.seal(keys.purpose_key("fhir page"), json.dumps(told).encode(), _bound(program))
    return base64.urlsafe_b64encode(box).decode().rstrip("=")


def opened(text: str, *, program: UUID, now: datetime) -> tuple[Asked, Position]:
    """400 when it was forged, cut or another program's; 410 when it is of yesterday."""
    try:
        box = base64.urlsafe_b64decode(text[:_MAX] + "=" * (-len(text[:_MAX]) % 4))
        resource, pairs, branch, walk, at, made = json.loads(
            crypto.unseal(keys.purpose_key("fhir page"), box, _bound(program))
        )
    except (crypto.Unreadable, ValueError):
        raise Refusal(400, "invalid", "Cette page n’est pas de ce programme : reprendre la recherche.") from None
    if now.timestamp() - made > _LASTS.total_seconds():
        raise Refusal(410, "expired", "Cette page a plus d’un jour : reprendre la recherche.")
    return read(resource, [(name, value) for name, value in pairs]), Position(branch, walk, tuple(at))


def _bound(program: UUID) -> str:
    return f"fhir:{program}"
