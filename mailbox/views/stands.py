"""What a thread says of itself beside its subject: status, person, labels (the team's), reminder (one's own).

Read with its list row where there is one, else in one statement, and in none where there is nothing to read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.http import Http404

from mailbox import snoozing
from mailbox.models import Folder, Snooze, Thread, ThreadLabel
from mailbox.views.listing import Entry
from mailbox.views.place import Place


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


def of_id(place: Place, thread_id: UUID) -> Stand:
    """A thread of this mailbox, or 404."""
    here = {"mailbox": place.mailbox, "thread": OuterRef("pk")}
    own = Snooze.objects.filter(**here, membership=place.membership, woken_at__isnull=True)
    found = Thread.objects.filter(mailbox=place.mailbox, pk=thread_id).annotate(
        marked=ArraySubquery(ThreadLabel.objects.filter(**here).values("label")),
        due_at=Subquery(own.values("due_at")[:1]),
    )
    thread = found.first()
    if thread is None:
        raise Http404
    return Stand(thread, thread.marked, thread.due_at)


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
