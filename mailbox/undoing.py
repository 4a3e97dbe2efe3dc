"""Taking back the last act on threads: a note of what it changed, kept an hour for who did it, undone once.

What others changed since stays as they left it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from uuid_utils.compat import uuid7

from mailbox import marks, snoozing, store, triage
from mailbox.models import Folder, Label, Membership, Message, Seen, ThreadEvent, UndoNote
from mssweb import notify
from mssweb.audit.record import EACH

KEPT = timedelta(hours=1)
_LOT = 500


def note(
    membership: Membership, kind: str, thread_ids: Sequence[UUID], *, now: datetime, value: str = "",
    before: Mapping[UUID, str] | None = None, events: Mapping[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """`before`: by id of what changed (a thread; of a move, a message), what it was.

    `events`: what the audit is told of the act (record.each), written in the same statement.
    """
    note_id, before = uuid7(), before or {}
    given: dict[str, Any] = {
        "note": note_id, "box": membership.mailbox_id, "user": membership.user_id, "at": now, "undo": kind, "value": value,
        "threads": list(thread_ids), "ids": list(before), "before": list(before.values()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"WITH n AS ({_NOTE}) {EACH}" if events else _NOTE, {**given, **(events or {})})
    return note_id


_NOTE = (
    "INSERT INTO mailbox_undonote (id, mailbox_id, user_id, at, kind, value, threads, ids, before) VALUES (%(note)s, %(box)s,"
    " %(user)s, %(at)s, %(undo)s, %(value)s, %(threads)s::uuid[], %(ids)s::uuid[], %(before)s::varchar[])"
)


def take(membership: Membership, note_id: UUID, *, now: datetime) -> UndoNote | None:
    """One's own note of this mailbox, not older than an hour; nobody takes it twice."""
    rows = UndoNote.objects.raw(
        "DELETE FROM mailbox_undonote WHERE id = %s AND mailbox_id = %s AND user_id = %s AND at > %s RETURNING *",
        [note_id, membership.mailbox_id, membership.user_id, now - KEPT],
    )
    return next(iter(rows), None)


def undo(membership: Membership, told: UndoNote, *, now: datetime) -> None:
    before = dict(zip(told.ids, told.before, strict=True))
    with transaction.atomic():
        _UNDO[told.kind](membership, told, before, now)


def forget_old(now: datetime) -> None:
    UndoNote.objects.filter(at__lt=now - KEPT).delete()


def _move(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    """Each message back where it was, if it still is where the act put it; the shelf may be gone since."""
    mailbox = membership.mailbox
    back: dict[UUID, list[UUID]] = {}
    for message_id, shelf in _unmoved(membership, told, before):
        back.setdefault(shelf, []).append(message_id)
    for shelf, ids in back.items():
        for start in range(0, len(ids), _LOT):
            store.move_messages(mailbox, ids[start : start + _LOT], Folder(pk=shelf, mailbox=mailbox))


def _unmoved(membership: Membership, told: UndoNote, before: dict[UUID, str]) -> Iterator[tuple[UUID, UUID]]:
    """What nobody moved on since, and its shelf of before: one statement.

    The history says where the act put it; what was sent from here goes among what was sent.
    """
    mailbox_id = membership.mailbox_id
    act = ThreadEvent.objects.filter(
        mailbox=mailbox_id, thread__in=told.threads, verb=ThreadEvent.Verb.MOVED, actor=membership.user_id, at=told.at
    )
    shelves = Folder.objects.filter(mailbox=mailbox_id, pk__in=set(before.values()))
    sent = Q(folder__role=Folder.Role.SENT, direction=Message.Direction.OUT)
    rows = Message.objects.filter(mailbox=mailbox_id, pk__in=list(before)).annotate(
        shelves=ArraySubquery(shelves.values("pk"))
    )
    rows = rows.filter(Exists(act.filter(folder=OuterRef("folder"))) | sent | ~Exists(act))
    for message_id, there in rows.values_list("pk", "shelves"):
        if (shelf := UUID(before[message_id])) in there:
            yield message_id, shelf


def _stand(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    triage.give_back(membership.mailbox, before, kind=told.kind, to=told.value, by=membership.user_id, now=now)


def _label(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    act = triage.unlabel if told.kind == "label" else triage.label
    if label := Label.objects.filter(mailbox=membership.mailbox_id, pk=UUID(told.value)).first():
        act(membership.mailbox, told.ids, label, by=membership.user_id, now=now)


def _snooze(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    read = [message_id for message_id, was in before.items() if was == snoozing.READ]
    snoozing.restore(membership, {one: was for one, was in before.items() if was != snoozing.READ}, now=now)
    marks.mark_messages(membership, read, unread=True, now=now)


def _seen(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    marks.mark_messages(membership, told.ids, unread=told.kind == "seen", now=now)


def _flag(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    on = told.kind == "unflag"
    marks.set_keyword(mailbox=membership.mailbox, message_ids=told.ids, keyword=marks.FLAGGED, on=on)


def _seen_by_all(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    """Unread again for whoever has not opened it meanwhile."""
    marked = Seen.objects.filter(mailbox=membership.mailbox_id, message__in=told.ids, seen_at=told.at, opened_at=None)
    if marked.update(seen_at=None):
        notify.changed(membership.mailbox_id)


def _several(membership: Membership, told: UndoNote, before: dict[UUID, str], now: datetime) -> None:
    """Acts that were one to who did them: the last first."""
    own = UndoNote.objects.filter(mailbox=membership.mailbox_id, user=membership.user_id, pk__in=told.ids)
    parts = {part.pk: part for part in own}
    for part_id in reversed(told.ids):
        if part := parts.get(part_id):
            undo(membership, part, now=now)
    own.delete()


_UNDO = {
    "move": _move, "status": _stand, "assign": _stand, "label": _label, "unlabel": _label, "snooze": _snooze,
    "unsnooze": _snooze, "seen": _seen, "unseen": _seen, "flag": _flag, "unflag": _flag, "seen_all": _seen_by_all,
    "several": _several,
}  # fmt: skip
