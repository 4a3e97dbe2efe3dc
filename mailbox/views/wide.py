"""Lists that are of no folder: a label's, what is late, one's reminders. Their address is one of the inbox; a thread has one row.

Of a thread that stands in several folders that row is where its newest message is, among what was sent only when it is
nowhere else. Refuses what lies in the bins.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mailbox.models import Folder, FolderThread
from mailbox.views.asked import LATE, REMINDERS, Asked
from mailbox.views.place import Place

_WORKED = {Folder.Role.INBOX, Folder.Role.NONE}  # where somebody waits for an answer
_NOT_LABELS = {Folder.Role.TRASH, Folder.Role.SPAM, Folder.Role.DRAFTS}


def is_wide(folder: Folder, want: Asked) -> bool:
    return folder.role == Folder.Role.INBOX and (want.label is not None or want.kind in {LATE, REMINDERS})


def folders(place: Place, folder: Folder, want: Asked) -> list[UUID]:
    """Those that the list reads; no statement, for the rail knows them."""
    if place.box is None or not is_wide(folder, want):
        return [folder.pk]
    if want.kind == LATE:
        return [shelf.id for shelf in place.box.shelves if shelf.role in _WORKED]
    left_out = {Folder.Role.TRASH} if want.kind == REMINDERS else _NOT_LABELS
    return [shelf.id for shelf in place.box.shelves if shelf.role not in left_out]


def spared(place: Place, folder: Folder, want: Asked) -> UUID | None:
    """The folder of what was sent, from which an act takes what stands nowhere else."""
    sent = place.box.shelf(Folder.Role.SENT) if place.box and is_wide(folder, want) else None
    return sent.id if sent else None


def once(rows: QuerySet[FolderThread], ids: Sequence[UUID], sent: UUID | None) -> QuerySet[FolderThread]:
    """One row of these folders for each thread."""
    if len(ids) == 1:
        return rows.filter(folder=ids[0])
    others = FolderThread.objects.filter(
        mailbox=OuterRef("mailbox"), thread=OuterRef("thread_id"), folder__in=[one for one in ids if one != sent]
    )
    newer = Q(last_at__gt=OuterRef("last_at")) | Q(last_at=OuterRef("last_at"), pk__gt=OuterRef("pk"))
    return rows.filter(~Exists(others.filter(newer)), ~Q(folder=sent) | ~Exists(others), folder__in=ids)
