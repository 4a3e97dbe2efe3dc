"""What a team does with threads: status, person, labels. Each verb tells the history, and answers what it changed.

Two people never overwrite each other unaware: a verb is given the modseq of the page (`seen`), and leaves alone what a
colleague changed since; the answer names those, and who did it. Without `seen` it is done all the same. `by` is nobody
where a rule does it. Refuses to know who may: that was asked at the door (access.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from mailbox import history, standing
from mailbox.models import Folder, Label, Mailbox, Membership, Thread, ThreadEvent
from mailbox.standing import NoMember
from mssweb import notify
from mssweb.prepared import prepared

__all__ = [
    "Changed", "NoMember", "Verb", "assign", "give_back", "label", "last_hand", "moved", "set_status", "unlabel",
]  # fmt: skip
Verb = ThreadEvent.Verb
MAX_LABELS = 20  # on one thread


@dataclass(frozen=True, slots=True)
class Changed:
    """`before`: what each thread that changed was. `held`: those that a colleague changed meanwhile, left as they are."""

    before: Mapping[UUID, str] = field(default_factory=dict)
    held: tuple[UUID, ...] = ()


def set_status(
    mailbox: Mailbox,
    thread_ids: Sequence[UUID],
    status: str,
    *,
    by: UUID | None,
    now: datetime,
    seen: int | None = None,
) -> Changed:
    """`before` is «status» or «status instant», the instant of `done_at`."""
    with transaction.atomic():
        rows, held = _locked(mailbox, thread_ids, by=by, seen=seen)
        before = {row.pk: _stood(row) for row in rows if row.status != status}
        if before:
            is_done = status == Thread.Status.DONE
            _stand(mailbox, before, by=by, now=now, status=status, redone=is_done, done_at=now if is_done else None)
    return Changed(before, held)


def assign(
    mailbox: Mailbox,
    thread_ids: Sequence[UUID],
    to: UUID | None,
    *,
    by: UUID | None,
    now: datetime,
    seen: int | None = None,
) -> Changed:
    """To a member who may write, or to nobody; else NoMember. `before` is the id of the person, '' for nobody."""
    with transaction.atomic():
        rows, held = _locked(mailbox, thread_ids, by=by, seen=seen)
        before = {row.pk: str(row.assigned_to_id or "") for row in rows if row.assigned_to_id != to}
        if before:
            _stand(mailbox, before, by=by, now=now, given=True, person=to)
    return Changed(before, held)


def label(mailbox: Mailbox, thread_ids: Sequence[UUID], label: Label, *, by: UUID | None, now: datetime) -> Changed:
    """Those that had it already, or have `MAX_LABELS` others, are left as they are."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH b AS (UPDATE mailbox_mailbox SET modseq = modseq + 1 WHERE id = %(box)s RETURNING modseq),"
            " i AS (INSERT INTO mailbox_threadlabel (id, mailbox_id, thread_id, label_id)"
            " SELECT gen_random_uuid(), t.mailbox_id, t.id, %(label)s FROM b, mailbox_label k, mailbox_thread t"
            " WHERE k.mailbox_id = %(box)s AND k.id = %(label)s AND t.mailbox_id = %(box)s AND t.id = ANY(%(threads)s)"
            " AND (SELECT count(*) FROM mailbox_threadlabel l"
            "  WHERE l.mailbox_id = t.mailbox_id AND l.thread_id = t.id) < %(most)s"
            " ON CONFLICT (mailbox_id, thread_id, label_id) DO NOTHING RETURNING mailbox_id, thread_id),"
            " t AS (UPDATE mailbox_thread t SET modseq = b.modseq FROM b, i WHERE t.mailbox_id = %(box)s AND t.id = i.thread_id),"
            " e AS (INSERT INTO mailbox_threadevent (mailbox_id, thread_id, at, verb, actor_id, label_id, word)"
            "  SELECT i.mailbox_id, i.thread_id, %(now)s, 'labelled', %(by)s::uuid, %(label)s, '' FROM i)"
            " SELECT i.thread_id, b.modseq FROM i, b",
            {
                "by": by,
                "now": now,
                "label": label.pk,
                "box": mailbox.pk,
                "threads": list(thread_ids),
                "most": MAX_LABELS,
            },
        )
        return _labelled(mailbox, cursor.fetchall())


def unlabel(mailbox: Mailbox, thread_ids: Sequence[UUID], label: Label, *, by: UUID, now: datetime) -> Changed:
    """The mailbox comes first, as in `label`: two people who label and unlabel wait for each other in no ring."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH b AS (UPDATE mailbox_mailbox SET modseq = modseq + 1 WHERE id = %(box)s RETURNING modseq),"
            " d AS (DELETE FROM mailbox_threadlabel l USING b WHERE l.mailbox_id = %(box)s AND l.label_id = %(label)s"
            "  AND l.thread_id = ANY(%(threads)s) RETURNING l.mailbox_id, l.thread_id),"
            " t AS (UPDATE mailbox_thread t SET modseq = b.modseq FROM b, d WHERE t.mailbox_id = %(box)s AND t.id = d.thread_id),"
            " e AS (INSERT INTO mailbox_threadevent (mailbox_id, thread_id, at, verb, actor_id, label_id, word)"
            "  SELECT d.mailbox_id, d.thread_id, %(now)s, 'unlabelled', %(by)s, %(label)s, '' FROM d)"
            " SELECT d.thread_id, b.modseq FROM d, b",
            {"by": by, "now": now, "label": label.pk, "box": mailbox.pk, "threads": list(thread_ids)},
        )
        return _labelled(mailbox, cursor.fetchall())


def _labelled(mailbox: Mailbox, rows: Sequence[tuple[UUID, int]]) -> Changed:
    if rows:
        notify.changed(mailbox.pk, rows[0][1])
    return Changed({thread_id: "" for thread_id, _ in rows})


def moved(mailbox: Mailbox, thread_ids: Sequence[UUID], to: Folder, *, by: UUID | None, now: datetime) -> None:
    """For the history, once their messages are there (store.py)."""
    history.tell(Verb.MOVED, thread_ids, mailbox_id=mailbox.pk, actor_id=by, now=now, folder_id=to.pk)


def give_back(
    mailbox: Mailbox, before: Mapping[UUID, str], *, kind: str, to: str, by: UUID, now: datetime
) -> list[UUID]:
    """Undo one act: those that still are as it left them (`to`) are again what they were. Returns them."""
    with transaction.atomic():
        rows, _ = _locked(mailbox, list(before), by=by, seen=None)
        back: dict[str, list[UUID]] = {}
        for row in rows:
            if to == (row.status if kind == "status" else str(row.assigned_to_id or "")):
                back.setdefault(before[row.pk], []).append(row.pk)
        for was, thread_ids in back.items():
            _put_back(mailbox, thread_ids, kind, was, by=by, now=now)
    return [thread_id for thread_ids in back.values() for thread_id in thread_ids]


def last_hand(mailbox: Mailbox, thread_ids: Sequence[UUID]) -> ThreadEvent | None:
    """The last time that one of these was given to somebody, or its status changed; with who did it."""
    verbs = (Verb.ASSIGNED, Verb.UNASSIGNED, Verb.STATUS)
    found = ThreadEvent.objects.filter(mailbox=mailbox, thread_id__in=thread_ids, verb__in=verbs)
    return found.select_related("actor", "person").order_by("-at", "-pk").first()


def _put_back(mailbox: Mailbox, thread_ids: list[UUID], kind: str, was: str, *, by: UUID, now: datetime) -> None:
    if kind == "status":
        status, _, done_at = was.partition(" ")
        at = datetime.fromisoformat(done_at) if done_at else None
        _stand(mailbox, thread_ids, by=by, now=now, status=status, redone=True, done_at=at)
        return
    person = UUID(was) if was and _takers(mailbox, UUID(was)).exists() else None
    _stand(mailbox, thread_ids, by=by, now=now, given=True, person=person)


@prepared
def _rows(*, mailbox: UUID, threads: list[UUID]) -> QuerySet[Thread]:
    """Locked with their mailbox: one mailbox, no two make a ring."""
    rows = Thread.objects.select_related("mailbox").select_for_update(of=("mailbox", "self"), no_key=True)
    named = RawSQL("mailbox_thread.id = ANY(%s)", [threads], output_field=BooleanField())
    return rows.filter(named, mailbox=mailbox).order_by("pk")


def _locked(
    mailbox: Mailbox, thread_ids: Sequence[UUID], *, by: UUID | None, seen: int | None
) -> tuple[list[Thread], tuple[UUID, ...]]:
    """The threads, and the ids of those that somebody else changed since; the mailbox is ours until the end.

    What else must be true now is asked after it, never in it: a statement that waits for a lock sees what was before.
    """
    rows = _rows(mailbox=mailbox.pk, threads=list(thread_ids))
    late = [row.pk for row in rows if seen is not None and row.acted_modseq > seen]
    if not late:
        return rows, ()
    verbs = (Verb.ASSIGNED, Verb.UNASSIGNED, Verb.STATUS)
    told = ThreadEvent.objects.filter(mailbox=mailbox, thread_id__in=late, verb__in=verbs)
    last = dict(told.order_by("at", "pk").values_list("thread_id", "actor_id"))
    held = {pk for pk in late if last.get(pk) != by}  # one's own act on another screen surprises nobody
    return [row for row in rows if row.pk not in held], tuple(held)


def _stand(mailbox: Mailbox, thread_ids: Iterable[UUID], *, by: UUID | None, now: datetime, **fields: Any) -> None:
    with connection.cursor() as cursor:
        modseq = standing.stand(cursor, mailbox.pk, list(thread_ids), by=by, now=now, **fields)
    notify.changed(mailbox.pk, modseq)


def _stood(row: Thread) -> str:
    return f"{row.status} {row.done_at.isoformat()}" if row.done_at else row.status


def _takers(mailbox: Mailbox | UUID, user_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.standing().filter(mailbox=mailbox, user_id=user_id).exclude(role=Membership.Role.READER)
