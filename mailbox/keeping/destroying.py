"""The one way by which mail is destroyed for good: a small lot at a time, under the lock of its mailbox, held mail never.

What is still being sent is not destroyed either: its bytes are what travels. Quota, counters and lists are store.remove's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from mailbox import store
from mailbox.keeping import holds
from mailbox.models import Folder, Mailbox, Message, Purge, Recipient
from mailbox.outbound import states

LOT = 100  # messages of a transaction
BINS = (Folder.Role.TRASH, Folder.Role.SPAM)


@dataclass(frozen=True, slots=True)
class Fill:
    """What emptying a folder would do."""

    count: int
    held: int
    leaving: int  # being sent


def free(messages: QuerySet[Message], mailbox_id: UUID) -> QuerySet[Message]:
    """What may go: not held, not on its way."""
    return holds.free(messages, mailbox_id).exclude(_is_leaving())


def _is_leaving() -> Exists:
    return Exists(Recipient.objects.filter(submission__message=OuterRef("pk"), state__in=states.DUE))


def in_bin(mailbox_id: UUID, folder: Folder | UUID, until: datetime) -> QuerySet[Message]:
    """What was put into that folder by then."""
    found = Message.objects.filter(mailbox=mailbox_id, folder=folder)
    return found.annotate(put_at=Coalesce("moved_at", "filed_at")).filter(put_at__lte=until)


def lot(mailbox: Mailbox, messages: QuerySet[Message]) -> int:
    """Destroy one lot of what may go of these; how many went. 0: nothing is left but what is kept."""
    with transaction.atomic():
        store.lock(mailbox.pk)
        ids = list(free(messages, mailbox.pk).values_list("pk", flat=True)[:LOT])
        if ids:
            store.remove(mailbox, ids, was_sent=True)
    return len(ids)


def threads(
    mailbox: Mailbox, thread_ids: Iterable[UUID], folder: Folder, tell: Callable[[], None] | None = None
) -> tuple[int, int]:
    """Destroy what these threads have in that folder; how many messages went, and how many are kept.

    `tell` is called once, in the transaction of the first lot: whatever is killed, what went was told.
    """
    found, gone, count = Message.objects.filter(mailbox=mailbox, folder=folder, thread_id__in=list(thread_ids)), 0, 1
    while count:
        with transaction.atomic():
            count = lot(mailbox, found)
            if tell and count and not gone:
                tell()
        gone += count
    return gone, found.count()


def fill(mailbox: Mailbox, messages: QuerySet[Message]) -> Fill:
    count = messages.count()
    unheld = holds.free(messages, mailbox.pk)
    return Fill(count, count - unheld.count(), unheld.filter(_is_leaving()).count())


def ask(mailbox: Mailbox, folder: Folder, *, author_id: UUID, now: datetime) -> Purge:
    """Empty a folder of what it holds now: the first lot at once, the rest is due."""
    purge = Purge.objects.create(mailbox=mailbox, folder=folder, author_id=author_id, asked_at=now, due_at=now)
    go_on(purge, mailbox)
    return purge


def go_on(purge: Purge, mailbox: Mailbox) -> bool:
    """One lot; true when there may be more. The row goes when nothing is left."""
    with transaction.atomic():
        gone = lot(mailbox, in_bin(mailbox.pk, purge.folder_id, purge.asked_at))
        mine = Purge.objects.filter(mailbox=mailbox, pk=purge.pk)
        if gone < LOT:
            mine.delete()
        else:
            mine.update(destroyed=purge.destroyed + gone)
    purge.destroyed += gone
    return gone == LOT
