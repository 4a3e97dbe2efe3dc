"""«Conservation pour motif légal»: a manager holds a mailbox, or a thread of it; nothing held is ever destroyed.

Placed and lifted under the lock of the mailbox, as destroying is: none slips between. The reason is sealed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from uuid_utils.compat import uuid7

from mailbox import store
from mailbox.models import Hold, Life, Mailbox, Membership, Message, Thread
from mssweb import crypto

MAX_REASON = 500  # characters


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A hold as its page shows it."""

    hold: Hold
    reason: str
    thread_id: UUID | None


def active(mailbox_id: UUID) -> QuerySet[Hold]:
    return Hold.objects.filter(mailbox=mailbox_id, lifted_at__isnull=True)


def is_held(mailbox_id: UUID) -> bool:
    """Is anything of it held? Then it is not destroyed as a whole."""
    return active(mailbox_id).exists()


def of_thread(mailbox_id: UUID, thread_id: UUID) -> Hold | None:
    """What keeps this thread: a hold of its own, or of the mailbox."""
    return active(mailbox_id).filter(Q(thread=None) | Q(thread=thread_id)).order_by("thread").first()


def free(messages: QuerySet[Message], mailbox_id: UUID) -> QuerySet[Message]:
    """Those of these messages of that mailbox that nothing holds."""
    held = active(mailbox_id)
    if held.filter(thread=None).exists():
        return messages.none()
    return messages.exclude(thread_id__in=held.filter(thread__isnull=False).values("thread_id"))


def place(membership: Membership, reason: str, *, now: datetime, thread: Thread | None = None) -> Hold | None:
    """None when it is held already."""
    mailbox, pk = membership.mailbox, uuid7()
    with transaction.atomic():
        store.lock(mailbox.pk)
        if active(mailbox.pk).filter(thread=thread).exists():
            return None
        box = crypto.seal(mailbox.keys.summary, reason[:MAX_REASON].encode(), _context(mailbox.pk, pk))
        return Hold.objects.create(id=pk, mailbox=mailbox, thread=thread, box=box, author=membership.user, at=now)


def lift(membership: Membership, hold_id: UUID, *, now: datetime) -> bool:
    """False when it was lifted already. A mailbox whose end waited for it is looked at again."""
    with transaction.atomic():
        done = active(membership.mailbox_id).filter(pk=hold_id).update(lifted_at=now, lifted_by=membership.user)
        if done:
            Life.objects.filter(pk=membership.mailbox_id, due_at__isnull=False).update(due_at=now)
    return bool(done)


def reason(hold: Hold, mailbox: Mailbox) -> str:
    """crypto.Unreadable when it was altered."""
    return crypto.unseal(mailbox.keys.summary, bytes(hold.box), _context(mailbox.pk, hold.pk)).decode()


def shown(mailbox: Mailbox, *, lifted: bool) -> list[Held]:
    """Those that stand, or the last ones that were lifted; one that does not open says so."""
    rows = Hold.objects.filter(mailbox=mailbox, lifted_at__isnull=not lifted).select_related("author", "lifted_by")
    return [Held(hold, _told(hold, mailbox), hold.thread_id) for hold in rows[:100]]


def _told(hold: Hold, mailbox: Mailbox) -> str:
    try:
        return reason(hold, mailbox)
    except crypto.Unreadable:
        return "(motif illisible)"


def _context(mailbox_id: UUID, hold_id: UUID) -> str:
    return f"hold:{mailbox_id}:{hold_id}:reason"
