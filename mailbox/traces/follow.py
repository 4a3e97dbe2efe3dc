"""One message, everything that is known of its way: transactions, states of its recipients, events of the journal.

Leads to ids and never to content. From the id that a peer quotes («Queued as …», ENVID), or from a message's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from mailbox.models import Mailbox, Message, Recipient, Transaction
from mssweb.audit.models import AuditEvent

_MOST = 500  # of each kind


@dataclass(frozen=True, slots=True)
class Followed:
    """Oldest first. `messages`: id, mailbox, when it was filed, its size."""

    transactions: list[Transaction]
    recipients: list[Recipient]
    messages: list[tuple[UUID, str, datetime, int]]
    events: list[AuditEvent]

    @property
    def is_empty(self) -> bool:
        return not (self.transactions or self.recipients or self.messages or self.events)


def follow(ref: UUID) -> Followed:
    named = _transactions([ref])
    recipients = list(Recipient.objects.filter(pk=ref).select_related("submission"))
    message_ids = {row.message_id for row in named if row.message_id} | {ref}
    message_ids |= {row.submission.message_id for row in recipients if row.submission.message_id}
    recipients = list(
        Recipient.objects.filter(
            Q(submission__message_id__in=message_ids) | Q(pk=ref)
        )  # mail of the house is no message
        .select_related("submission")
        .order_by("id")[:_MOST]
    )
    transactions = _transactions({*message_ids, *(row.pk for row in recipients)}) or named
    messages = _messages(message_ids)
    ids = {*message_ids, *(row.pk for row in recipients), *(row.submission_id for row in recipients)}
    events = (
        AuditEvent.objects.filter(subject_id__in=[str(one) for one in ids]).select_related("actor").order_by("at", "id")
    )
    return Followed(transactions, recipients, messages, list(events[:_MOST]))


def _transactions(ids: Iterable[UUID]) -> list[Transaction]:
    wanted = list(ids)
    found = [
        *Transaction.objects.filter(queue_id__in=wanted)[:_MOST],
        *Transaction.objects.filter(message_id__in=wanted)[:_MOST],
    ]
    return sorted({row.pk: row for row in found}.values(), key=lambda row: (row.at, row.pk))


def _messages(ids: Iterable[UUID]) -> list[tuple[UUID, str, datetime, int]]:
    rows = list(Message.objects.filter(pk__in=list(ids)).values_list("pk", "mailbox_id", "filed_at", "size"))
    names = dict(Mailbox.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "address"))
    return [(pk, names.get(box, ""), at, size) for pk, box, at, size in rows]
