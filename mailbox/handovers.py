"""«Consignes»: one current note at the top of a mailbox, sealed; earlier ones are kept for its managers.

Each person may put it aside until it changes. Refuses to overwrite what somebody else wrote meanwhile (`Changed`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from uuid_utils.compat import uuid7

from mailbox import store
from mailbox.models import Handover, Mailbox, Membership
from mssweb import crypto, notify

MAX = 2_000  # characters
KEPT = 100  # versions shown to managers, and kept


class Changed(Exception):
    """Somebody wrote another one since this page was drawn."""


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """One version, opened. `text` '' when the note was taken down."""

    id: UUID
    author: str
    at: datetime
    text: str


def current(mailbox: Mailbox) -> Told | None:
    """The newest version, though it be empty; None when none was ever written."""
    row = _newest(mailbox).first()
    return _told(row, mailbox) if row else None


def earlier(mailbox: Mailbox) -> list[Told]:
    return [_told(row, mailbox) for row in _newest(mailbox)[:KEPT]]


def write(membership: Membership, text: str, *, over: UUID | None, now: datetime) -> Handover | None:
    """A new current note; '' takes it down. `over` is the version that its author saw. None when nothing changes."""
    mailbox = membership.mailbox
    with transaction.atomic():
        store.lock(mailbox.pk)
        last = _newest(mailbox).first()
        if (last.pk if last else None) != over:
            raise Changed
        if text == (_told(last, mailbox).text if last else ""):
            return None
        pk = uuid7()
        row = Handover.objects.create(
            pk=pk, mailbox=mailbox, author_id=membership.user_id, at=now,
            box=crypto.seal(mailbox.keys.summary, text.encode(), context(mailbox.pk, pk)) if text else None,
        )  # fmt: skip
        old = list(_newest(mailbox).values_list("pk", flat=True)[KEPT : KEPT + 20])
        Handover.objects.filter(mailbox=mailbox, pk__in=old).delete()
        notify.changed(mailbox.pk)
    return row


def put_aside(membership: Membership, handover_id: UUID) -> bool:
    """This person has read that version, if it is of this mailbox: they see it again once it changes."""
    if not Handover.objects.filter(mailbox=membership.mailbox_id, pk=handover_id).exists():
        return False
    return bool(Membership.objects.filter(pk=membership.pk).update(handover_seen=handover_id))


def opened(box: bytes, mailbox: Mailbox, handover_id: UUID) -> str:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    return crypto.unseal(mailbox.keys.summary, box, context(mailbox.pk, handover_id)).decode()


def seen(box: bytes, mailbox: Mailbox, handover_id: UUID) -> str:
    """As pages show it."""
    try:
        return opened(box, mailbox, handover_id)
    except crypto.Unreadable:
        return "Consignes illisibles : leur contenu scellé ne s’ouvre plus."


def context(mailbox_id: UUID, handover_id: UUID) -> str:
    return f"handover:{mailbox_id}:{handover_id}:text"


def _newest(mailbox: Mailbox) -> QuerySet[Handover]:
    return Handover.objects.filter(mailbox=mailbox).select_related("author").order_by("-at", "-pk")


def _told(row: Handover, mailbox: Mailbox) -> Told:
    author = row.author.get_full_name() if row.author else "Ancien membre"
    return Told(row.pk, author, row.at, seen(bytes(row.box), mailbox, row.pk) if row.box else "")
