"""The link by which whoever is warned keeps a mailbox open, without signing in (AU-037: the user can oppose).

It names one mailbox and the announced end, and is good for nothing else: not to read, not to sign in, and not after that
end. Whoever holds it may at worst keep a mailbox that nobody opens one year more. Forged, ended or useless: one answer.
"""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from mailbox.life import desk, states
from mailbox.models import LifeStep, Mailbox
from mailbox.outbound import house
from mssweb import crypto, keys

_MAC = 16  # bytes kept of HMAC-SHA-256
_SIZE = 16 + 4 + _MAC
_LONGEST = 80  # characters that are looked at


def token(mailbox_id: UUID, ends_at: datetime) -> str:
    plain = mailbox_id.bytes + int(ends_at.timestamp()).to_bytes(4)
    return base64.urlsafe_b64encode(plain + _mac(plain)).decode().rstrip("=")


def link(mailbox_id: UUID, ends_at: datetime) -> str:
    return settings.BASE_URL + reverse("mailbox:opposition", args=[token(mailbox_id, ends_at)])


def read(text: str, *, now: datetime) -> tuple[UUID, datetime] | None:
    """The mailbox and the announced end of a link that we made and that has not ended; None for any other text."""
    try:
        data = base64.b64decode(text[:_LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    plain, mac = data[:-_MAC], data[-_MAC:]
    if len(data) != _SIZE or not crypto.same(mac, _mac(plain)) or text != token_of(data):
        return None
    ends_at = datetime.fromtimestamp(int.from_bytes(plain[16:]), UTC)
    return (UUID(bytes=plain[:16]), ends_at) if now < ends_at else None


def token_of(data: bytes) -> str:
    """One spelling of one link: base64 has others for the same bytes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def concerned(mailbox_id: UUID) -> Mailbox | None:
    """The mailbox while there is something to oppose to, or was: it is alive."""
    return Mailbox.objects.filter(pk=mailbox_id, state__in=[*states.ALIVE]).first()


def oppose(mailbox_id: UUID, by: desk.By) -> bool:
    """The year begins again now; false when it was opposed already, or has ended."""
    with transaction.atomic():
        mailbox, life = desk.held(mailbox_id)
        if mailbox.state not in states.ALIVE or life.ends_at is None:
            return False
        life.kept_at, life.ends_at, life.warned, life.due_at = by.now, None, None, by.now
        life.save(update_fields=["kept_at", "ends_at", "warned", "due_at"])
        desk.note(mailbox, LifeStep.Act.OPPOSE, by)
        house.write(
            mailbox,
            "La boîte aux lettres reste ouverte",
            f"Quelqu’un s’est opposé à la clôture de la boîte {mailbox.address}, par le lien d’un avertissement. Elle reste"
            f" ouverte au moins {settings.INACTIVITY_DAYS} jours encore.",
            now=by.now,
        )
    return True


def by_link(request: HttpRequest, now: datetime) -> desk.By:
    """Nobody is known to have done it: only who held the link."""
    return desk.By(now=now, request=request, reason="Par le lien d’un avertissement")


def _mac(plain: bytes) -> bytes:
    return crypto.digest(keys.purpose_key("opposition"), plain)[:_MAC]
