"""The address of a recipient row: in clear, except a patient's local part, which is sealed (design §4.5)."""

from collections.abc import Set
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from mailbox.mime.address import domain_of, is_patient, mask
from mailbox.models import Mailbox, Recipient, Submission
from mailbox.outbound.states import State
from mssweb import crypto


def recipient_row(
    mailbox: Mailbox, submission: Submission, address: str, *, state: State, not_before: datetime, ours: Set[str]
) -> Recipient:
    """One RCPT, not stored yet. `address` is normalised; `ours` are the domains that we operate."""
    recipient_id, domain = uuid7(), domain_of(address)
    box = sealed_address(mailbox, recipient_id, address) if is_patient(address) else None
    return Recipient(
        id=recipient_id, mailbox=mailbox, submission=submission, address=mask(address), address_box=box,
        domain=domain, is_local=domain in ours, state=state, not_before=not_before,
    )  # fmt: skip


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
