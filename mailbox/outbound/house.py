"""Mail of the house: what the product itself sends for a mailbox (reports, receipts). No copy in «Envoyés».

The same queue, states and worker as what people send; under a null reverse-path, so that nothing ever answers it and
nobody is told of its failure (RFC 5321 §4.5.5). Its bytes are a sealed blob that goes once all of it is settled.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from mailbox import blobs
from mailbox.mime.address import normalise
from mailbox.mime.values import Address
from mailbox.models import Blob, Domain, Mailbox, Recipient, Submission
from mailbox.outbound import states
from mailbox.outbound.addresses import recipient_row
from mailbox.outbound.states import State

_MOST = 5  # recipients: an address list of a stranger must not make us a loudspeaker


def postmaster(mailbox: Mailbox) -> Address:
    """Who speaks when nobody does."""
    return Address("Distribution du courrier", f"postmaster@{mailbox.address.rpartition('@')[2]}")


def send(mailbox: Mailbox, raw: bytes, recipients: Sequence[str], *, now: datetime) -> Submission:
    """Queue bytes that are composed already, in the caller's transaction; the sweep rings the workers.

    Whether a recipient may be written to is the transport's to judge: what may not leave fails, and is told to nobody.
    """
    wanted = list(dict.fromkeys(map(normalise, recipients)))[:_MOST]
    ours = set(Domain.objects.values_list("name", flat=True))
    with transaction.atomic():
        submission = Submission.objects.create(
            mailbox=mailbox, blob=blobs.put(mailbox, raw), mail_from="", submitted_at=now, size=len(raw),
            needs_smtputf8=not all(address.isascii() for address in wanted),
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
