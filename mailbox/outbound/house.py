"""Mail of the house: what the product itself writes into a mailbox, and sends for one (reports, receipts).

What it sends takes the same queue, states and worker as what people send, without a copy in «Envoyés»; under a null
reverse-path, so that nothing ever answers it and nobody is told of its failure (RFC 5321 §4.5.5). Its bytes are a sealed
blob that goes once all of it is settled. What it writes is never the only trace of what it tells, nor a reason to stop.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from uuid_utils.compat import uuid7

from mailbox import blobs, store
from mailbox.mime.address import domain_of, normalise
from mailbox.mime.compose import Outgoing, compose, new_message_id
from mailbox.mime.values import Address
from mailbox.models import Blob, Domain, Folder, Mailbox, MailboxKey, Message, Recipient, Submission
from mailbox.outbound import states
from mailbox.outbound.addresses import recipient_row
from mailbox.outbound.states import State
from mailbox.reply import Temporary
from mssweb import crypto
from mssweb.templatetags import french

log = logging.getLogger(__name__)

END = "Ce message est automatique : n’y répondez pas."
_MOST = 5  # recipients: an address list of a stranger must not make us a loudspeaker


def postmaster(mailbox: Mailbox) -> Address:
    """Who speaks when nobody does."""
    return Address("Distribution du courrier", f"postmaster@{mailbox.address.rpartition('@')[2]}")


def write(mailbox: Mailbox, subject: str, *paragraphs: str, now: datetime) -> bool:
    """File one message of ours in the inbox, in the caller's transaction; false when it does not open or its store is away."""
    raw = compose(
        Outgoing(
            from_=postmaster(mailbox), to=(Address(mailbox.display_name, mailbox.address),), subject=subject,
            text="\n\n".join([*(part for part in paragraphs if part), END]) + "\n",
            message_id=new_message_id(domain_of(mailbox.address), str(uuid7())), date=now,
            headers={"Auto-Submitted": "auto-generated"},  # RFC 3834 §5
        )
    )  # fmt: skip
    filing = store.Filing(raw=raw, folder_role=Folder.Role.INBOX, direction=Message.Direction.IN, filed_at=now)
    try:
        store.file(mailbox, [filing])
    except (crypto.Unreadable, MailboxKey.DoesNotExist, Temporary) as error:
        log.warning("mailbox %s not told: %s", mailbox.pk, type(error).__name__)
        return False
    return True


def day(at: datetime | None) -> str:
    """« 3 mars 2027 », on the clock of the office; '' for none."""
    return french.day(at) if at else ""


def send(mailbox: Mailbox, raw: bytes, recipients: Sequence[str], *, now: datetime) -> Submission:
    """Queue bytes that are composed already, in the caller's transaction; the sweep rings the workers.

    Whether a recipient may be written to is the transport's to judge: what may not leave fails, and is told to nobody.
    """
    wanted = list(dict.fromkeys(map(normalise, recipients)))[:_MOST]
    ours = set(Domain.objects.values_list("name", flat=True))
    with transaction.atomic():
        submission = Submission.objects.create(
            mailbox=mailbox, blob=blobs.put(mailbox, raw), mail_from="", submitted_at=now, size=len(raw),
        )  # fmt: skip
        Recipient.objects.bulk_create(
            recipient_row(mailbox, submission, address, state=State.QUEUED, not_before=now, ours=ours)
            for address in wanted
        )
    return submission


def drop_settled(submission: Submission) -> None:
    """Its bytes go when no recipient is due any more, in the caller's transaction: the row stays, as a trace."""
    held = Submission.objects.select_for_update(of=("self",)).filter(pk=submission.pk, blob__isnull=False).first()
    if held is None or held.recipients.filter(state__in=states.DUE).exists():
        return
    Submission.objects.filter(pk=held.pk).update(blob=None)
    blobs.remove(Blob.objects.filter(pk__in=[held.blob_id], mailbox_id=held.mailbox_id))
