"""Lists that are of no folder: a label's, what is late, one's reminders. Their address is one of the inbox; a thread has one row.

Of a thread that stands in several folders that row is where its newest message is, among what was sent only when it is
nowhere else. Refuses what lies in the bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, UUIDField, Value

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


@dataclass(frozen=True, slots=True)
class Where:
    """Which rows a statement reads: of `folder`, or of `wide`, of which `others` are not `sent`."""

    folder: UUID | None = None
    wide: list[UUID] | None = None
    others: list[UUID] | None = None
    sent: UUID | None = None

    def at(self, name: str) -> Q:
        """That the folder of that name in a query is one of these."""
        return Q(**{name: self.folder}) if self.wide is None else Q(_any(name, self.wide))


NAMES = tuple(one.name for one in fields(Where))


def values(place: Place, folder: Folder, want: Asked) -> dict[str, UUID | list[UUID] | None]:
    """What `Where` is made of."""
    if not is_wide(folder, want):
        return {"folder": folder.pk}
    ids, sent = folders(place, folder, want), spared(place, folder, want)
    return {"wide": ids, "others": [one for one in ids if one != sent], "sent": sent}


def once(rows: QuerySet[FolderThread], where: Where) -> QuerySet[FolderThread]:
    """One row of these folders for each thread."""
    rows = rows.filter(where.at("folder"))
    if where.others is None:
        return rows
    others = FolderThread.objects.filter(mailbox=OuterRef("mailbox"), thread=OuterRef("thread_id"))
    others = others.filter(_any("folder", where.others))
    newer = Q(last_at__gt=OuterRef("last_at")) | Q(last_at=OuterRef("last_at"), pk__gt=OuterRef("pk"))
    return rows.filter(~Exists(others.filter(newer)), ~Q(folder=where.sent) | ~Exists(others))


def _any(name: str, ids: Sequence[UUID]) -> Func:
    """`name = ANY(ids)`: one parameter however many they are, so that the statement is the same (mssweb.prepared)."""
    given = Value(list(ids), output_field=ArrayField(UUIDField()))
    return Func(F(name), given, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())
