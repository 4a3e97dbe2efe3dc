"""Who may show images to a member, and whom a mailbox refuses to read: addresses, sealed, found again by a blinded token.

Refuses to block what is of the trust space: a colleague's letter is never put aside by a list. Ordinary mail is what comes
from a domain that neither the white list nor we hold (design §4.6); while nothing of that kind can arrive, a list waits.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from mailbox import whitelist
from mailbox.mime.address import domain_of, is_patient, normalise
from mailbox.models import BlockedSender, Domain, ImageTrust, Mailbox, Membership
from mssweb import crypto

MAX = 1_000  # of a mailbox, or of a member


class Full(Exception):
    """There is no room for one more."""


class Trusted(Exception):
    """It is of the trust space: its letters are not refused."""


@dataclass(frozen=True, slots=True, repr=False)
class Blocked:
    """`by` is who refused it; an address that does not open any more is ''."""

    id: UUID
    address: str
    by: str
    at: datetime


def shows_images(membership: Membership, address: str) -> bool:
    """Has this member chosen so? One statement."""
    return ImageTrust.objects.filter(
        mailbox=membership.mailbox, membership=membership, token=_token(membership.mailbox, address)
    ).exists()


def show_images(membership: Membership, address: str, *, now: datetime) -> UUID:
    """From now on, for this member alone; the row. Full when there are too many."""
    mailbox, token = membership.mailbox, _token(membership.mailbox, address)
    own = ImageTrust.objects.filter(mailbox=mailbox, membership=membership)
    with transaction.atomic():
        if row := own.filter(token=token).first():
            return row.pk
        if own.count() >= MAX:
            raise Full
        pk = uuid7()
        box = _seal(mailbox, "imagetrust", pk, {"address": normalise(address)})
        ImageTrust.objects.create(pk=pk, mailbox=mailbox, membership=membership, token=token, box=box, chosen_at=now)
    return pk


def hide_images(membership: Membership, address: str) -> bool:
    own = ImageTrust.objects.filter(mailbox=membership.mailbox, membership=membership)
    return bool(own.filter(token=_token(membership.mailbox, address)).delete()[0])


def is_ordinary(address: str) -> bool:
    """Is it from outside the trust space? One statement at most, none for what the white list names."""
    domain = domain_of(address)
    if not domain or is_patient(address) or whitelist.is_listed(domain):
        return False
    return not Domain.objects.filter(name=domain).exists()


def block(membership: Membership, address: str, *, now: datetime) -> UUID:
    """For the whole mailbox; the row. Trusted, Full."""
    mailbox, spec = membership.mailbox, normalise(address)
    if not is_ordinary(spec):
        raise Trusted
    token = _token(mailbox, spec)
    with transaction.atomic():
        if row := BlockedSender.objects.filter(mailbox=mailbox, token=token).first():
            return row.pk
        if BlockedSender.objects.filter(mailbox=mailbox).count() >= MAX:
            raise Full
        pk = uuid7()
        box = _seal(mailbox, "blockedsender", pk, {"address": spec, "by": membership.user.get_full_name()})
        BlockedSender.objects.create(pk=pk, mailbox=mailbox, token=token, box=box, blocked_at=now)
    return pk


def unblock(mailbox: Mailbox, row_id: UUID) -> bool:
    return bool(BlockedSender.objects.filter(mailbox=mailbox, pk=row_id).delete()[0])


def blocked(mailbox: Mailbox) -> list[Blocked]:
    """Newest first; one that does not open hides no other, and can be taken out."""
    return [_told(mailbox, row) for row in BlockedSender.objects.filter(mailbox=mailbox).order_by("-blocked_at")]


def is_blocked(mailbox: Mailbox, *addresses: str) -> bool:
    """Is one of these, the envelope's and the header's, refused here? No statement for what is of the trust space."""
    outside = [spec for spec in dict.fromkeys(map(normalise, addresses)) if spec and is_ordinary(spec)]
    if not outside:
        return False
    tokens = [_token(mailbox, spec) for spec in outside]
    return BlockedSender.objects.filter(mailbox=mailbox, token__in=tokens).exists()


def read(row: ImageTrust | BlockedSender, mailbox: Mailbox) -> dict[str, str]:
    """What a box holds; crypto.Unreadable when it was altered, moved, or is of another mailbox."""
    told: dict[str, str] = json.loads(
        crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox, row._meta.model_name or "", row.pk))
    )
    return told


def _told(mailbox: Mailbox, row: BlockedSender) -> Blocked:
    try:
        told = read(row, mailbox)
    except crypto.Unreadable:
        told = {"address": "", "by": ""}
    return Blocked(row.pk, told["address"], told["by"], row.blocked_at)


def _token(mailbox: Mailbox, address: str) -> int:
    return crypto.blind(mailbox.keys.index, f"sender:{normalise(address)}")


def _seal(mailbox: Mailbox, kind: str, pk: UUID, told: dict[str, str]) -> bytes:
    return crypto.seal(mailbox.keys.summary, json.dumps(told).encode(), _context(mailbox, kind, pk))


def _context(mailbox: Mailbox, kind: str, pk: UUID) -> str:
    return f"{kind}:{mailbox.pk}:{pk}:sender"
