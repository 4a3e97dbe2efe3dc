"""Who a mailbox writes with: the people of its newest letters, those it wrote to, and the other mailboxes of its structure.

Addresses to the names they give themselves, likeliest first. A sender counts once verified, whom one wrote to once it
arrived. Refuses patients: their addresses are identities, and nobody is led to one by a few letters.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from mailbox.mime.address import is_patient, normalise
from mailbox.mime.values import Address
from mailbox.models import Mailbox, Message, Recipient
from mailbox.summary import unseal
from mssweb import crypto

_LETTERS, _RECIPIENTS, _MAILBOXES = 40, 200, 100  # read at each keystroke: a few milliseconds
_ARRIVED = (Recipient.State.RELAYED, Recipient.State.DELIVERED)
_READ = ("pk", "direction", "is_verified", "filed_at", "summary_box")


@dataclass(frozen=True, slots=True, repr=False)
class Correspondent:
    """`name` as they give it themselves: proof of nothing before somebody here `was_written_to` that address.

    `last_at` is of the newest letter between them that was read here.
    """

    name: str
    was_written_to: bool
    last_at: datetime | None = None


def recent(mailbox: Mailbox) -> dict[str, Correspondent]:
    """Newest first, two statements: of those sent before, then of the newest letters."""
    names: dict[str, str] = {}
    dates: dict[str, list[datetime]] = {}
    sent = reached(mailbox)
    for address, at in (*_written(mailbox, sent), *((Address("", spec), at) for spec, at in sent.items())):
        spec = normalise(address.addr_spec)
        if spec and spec != mailbox.address and not is_patient(spec):
            names[spec] = names.get(spec) or address.display_name
            dates.setdefault(spec, []).extend([at] if at else [])
    return {spec: Correspondent(name, spec in sent, max(dates[spec], default=None)) for spec, name in names.items()}


def colleagues(mailbox: Mailbox) -> dict[str, str]:
    """The open mailboxes of the same structure, people's before shared ones; software reads its own mail."""
    rows = Mailbox.objects.filter(tenant=mailbox.tenant_id, state=Mailbox.State.ACTIVE, red_list=False)
    rows = rows.exclude(pk=mailbox.pk).exclude(kind=Mailbox.Kind.APP).order_by("-kind", "display_name")
    return dict(rows.values_list("address", "display_name")[:_MAILBOXES])


def _written(mailbox: Mailbox, sent: Collection[str]) -> Iterator[tuple[Address, datetime]]:
    """Who sent the newest letters, and whom those of ours reached."""
    rows = Message.objects.filter(mailbox=mailbox).order_by("-filed_at")
    for message_id, direction, is_verified, at, box in rows.values_list(*_READ)[:_LETTERS]:
        is_out = direction == Message.Direction.OUT
        if not is_out and not is_verified:
            continue
        try:
            summary = unseal(bytes(box), keys=mailbox.keys, mailbox_id=mailbox.pk, message_id=message_id)
        except crypto.Unreadable:
            continue  # its own page says so (audit: message.unreadable)
        if is_out:
            yield from ((a, at) for a in (*summary.to, *summary.cc, *summary.bcc) if normalise(a.addr_spec) in sent)
        else:
            yield from ((a, at) for a in summary.from_)


def reached(mailbox: Mailbox) -> dict[str, datetime | None]:
    """Whom a letter of ours reached, newest first (UUIDv7): one mistyped and refused is not to be offered again."""
    sent = Recipient.objects.filter(mailbox=mailbox, submission__message__isnull=False)  # by a person, not by the house
    rows = sent.filter(address_box=None, state__in=_ARRIVED).order_by("-pk")
    found: dict[str, datetime | None] = {}
    for address, at in rows.values_list("address", "settled_at")[:_RECIPIENTS]:
        found.setdefault(address, at)
    return found
