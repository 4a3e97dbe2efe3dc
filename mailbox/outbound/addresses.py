"""The address of a recipient row: in clear, except a patient's local part, which is sealed (design §4.5)."""

from uuid import UUID

from mailbox.models import Mailbox, Recipient
from mssweb import crypto


def sealed_address(mailbox: Mailbox, recipient_id: UUID, address: str) -> bytes:
    return crypto.seal(mailbox.keys.summary, address.encode(), _context(mailbox.pk, recipient_id))


def full_address(recipient: Recipient, mailbox: Mailbox) -> str:
    """The address to deliver to."""
    if recipient.address_box is None:
        return recipient.address
    context = _context(recipient.mailbox_id, recipient.pk)
    return crypto.unseal(mailbox.keys.summary, bytes(recipient.address_box), context).decode()


def _context(mailbox_id: UUID, recipient_id: UUID) -> str:
    return f"recipient:{mailbox_id}:{recipient_id}:address"
