"""Who a mailbox writes with: the people of its newest letters, those it wrote to, and the other mailboxes of its structure.

Addresses to the names they give themselves, likeliest first. A sender counts once verified. Refuses patients: their
addresses are identities, and nobody is led to one by a few letters.
"""

from collections.abc import Iterator

from mailbox.mime.address import is_patient, normalise
from mailbox.mime.values import Address
from mailbox.models import Mailbox, Message, Recipient
from mailbox.summary import unseal
from mssweb import crypto

_LETTERS, _RECIPIENTS, _MAILBOXES = 40, 200, 100  # read at each keystroke: a few milliseconds
_READ = ("pk", "direction", "is_verified", "summary_box")


def recent(mailbox: Mailbox) -> dict[str, str]:
    """Newest first, two statements: of the newest letters, then of those sent before."""
    found: dict[str, str] = {}
    for address in (*_written(mailbox), *_written_to(mailbox)):
        spec = normalise(address.addr_spec)
        if spec and spec != mailbox.address and not is_patient(spec):
            found[spec] = found.get(spec) or address.display_name
    return found


def colleagues(mailbox: Mailbox) -> dict[str, str]:
    """The open mailboxes of the same structure, people's before shared ones; software reads its own mail."""
    rows = Mailbox.objects.filter(tenant=mailbox.tenant_id, state=Mailbox.State.ACTIVE, red_list=False)
    rows = rows.exclude(pk=mailbox.pk).exclude(kind=Mailbox.Kind.APP).order_by("-kind", "display_name")
    return dict(rows.values_list("address", "display_name")[:_MAILBOXES])


def _written(mailbox: Mailbox) -> Iterator[Address]:
    rows = Message.objects.filter(mailbox=mailbox).order_by("-filed_at")
    for message_id, direction, is_verified, box in rows.values_list(*_READ)[:_LETTERS]:
        is_out = direction == Message.Direction.OUT
        if not is_out and not is_verified:
            continue
        try:
            summary = unseal(bytes(box), keys=mailbox.keys, mailbox_id=mailbox.pk, message_id=message_id)
        except crypto.Unreadable:
            continue  # its own page says so (audit: message.unreadable)
        yield from (*summary.to, *summary.cc, *summary.bcc) if is_out else summary.from_


def _written_to(mailbox: Mailbox) -> Iterator[Address]:
    rows = Recipient.objects.filter(mailbox=mailbox, address_box=None).order_by("-pk")  # UUIDv7: newest first
    return (Address("", address) for address in rows.values_list("address", flat=True)[:_RECIPIENTS])
