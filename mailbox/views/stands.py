"""What a thread says of itself beside its subject: status, person, labels (the team's), reminder (one's own).

Read with its list row where there is one, else in one statement, and in none where there is nothing to read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from mailbox import snoozing
from mailbox.models import Folder, Snooze, Thread, ThreadLabel
from mailbox.views.listing import Entry
from mailbox.views.place import Place
from mssweb.prepared import prepared


@dataclass(frozen=True, slots=True)
class Stand:
    """`due_at`: of a reminder of this member that did not come yet."""

    thread: Thread
    labels: Sequence[UUID] = ()
    due_at: datetime | None = None


def of_entry(entry: Entry) -> Stand | None:
    """None where the row was read without its thread (listing.some)."""
    if entry.row is None or "thread" not in entry.row._state.fields_cache:
        return None
    return Stand(entry.row.thread, entry.labels, None if entry.woken_at else entry.due_at)


def of_thread(place: Place, thread: Thread) -> Stand:
    box = place.box
    return of_id(place, thread.pk) if box and (box.labels or box.asleep) else Stand(thread)


@prepared
def _threads(*, mailbox: UUID, member: UUID, thread: UUID) -> QuerySet[Thread]:
    """One at most, with its labels and the reminder of this member."""
    here = {"mailbox": mailbox, "thread": OuterRef("pk")}
    own = Snooze.objects.filter(**here, membership=member, woken_at__isnull=True)
    return Thread.objects.filter(mailbox=mailbox, pk=thread).annotate(
        marked=ArraySubquery(ThreadLabel.objects.filter(**here).values("label")),
        due_at=Subquery(own.values("due_at")[:1]),
    )


def of_id(place: Place, thread_id: UUID) -> Stand:
    """A thread of this mailbox, or 404."""
    found = _threads(mailbox=place.mailbox.pk, member=place.membership.pk, thread=thread_id)
    if not found:
        raise Http404
    told = vars(found[0])  # annotated by _threads
    return Stand(found[0], told["marked"], told["due_at"])


def context(place: Place, stand: Stand, folder: Folder | None) -> dict[str, object]:
    box, thread = place.box, stand.thread
    marked = set(stand.labels)
    return {
        "thread": thread,
        "holder": box.people.get(thread.assigned_to_id) if box and thread.assigned_to_id else None,
        "tabs": [tab for tab in box.labels if tab.id in marked] if box else [],
        "marked": marked,
        "reminder": stand if stand.due_at else None,
        "stand_folder": folder,
        "presets": snoozing.PRESETS,
        "statuses": Thread.Status.choices,
    }
