"""A rule tried on what is in the inbox already, in bounded lots; then done there, as an act that its author can undo.

Of what is there already nothing is answered and nothing is transferred: people who wrote last month are not surprised today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from mailbox import marks, store, triage, undoing
from mailbox.models import Folder, Label, Mailbox, Membership, Message, Seen, Thread
from mailbox.rules import acting, letters
from mailbox.rules.matching import is_met
from mailbox.rules.values import Words
from mssweb import notify

LOT = 200  # messages looked at in one request


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """`looked_at` messages, newest first, of which `found` are met; `more` is where the next lot begins, None at the end."""

    looked_at: int
    found: tuple[Message, ...]
    more: UUID | None = None


def attempt(mailbox: Mailbox, words: Words, *, after: UUID | None = None) -> Trial:
    """One lot of the inbox, the newest first; `after` is the last message of the lot before."""
    rows = Message.objects.filter(mailbox=mailbox, folder__role=Folder.Role.INBOX, direction=Message.Direction.IN)
    last = rows.filter(pk=after).first() if after else None
    if last:
        rows = rows.filter(Q(filed_at__lt=last.filed_at) | Q(filed_at=last.filed_at, pk__lt=last.pk))
    lot = list(rows.order_by("-filed_at", "-pk")[: LOT + 1])
    shown = lot[:LOT]
    known = letters.letters(shown, mailbox)
    found = tuple(one for one in shown if one.pk in known and is_met(words, known[one.pk]))
    return Trial(len(shown), found, shown[-1].pk if len(lot) > LOT else None)


def apply(membership: Membership, words: Words, messages: Sequence[Message], *, now: datetime) -> UUID | None:
    """What it does of its acts to these, as this person's doing; the note by which all of it is undone, None for nothing."""
    mailbox, acts = membership.mailbox, words.acts
    with transaction.atomic():
        store.lock(mailbox.pk)
        rows = Message.objects.filter(mailbox=mailbox, pk__in=[one.pk for one in messages])
        found = list(rows.filter(folder__role=Folder.Role.INBOX))
        threads = list(dict.fromkeys(one.thread_id for one in found))
        if not found:
            return None
        notes = [
            *_labelled(membership, acts.label, threads, now), *_assigned(membership, acts.assign, threads, now),
            *_stood(membership, acts.status, threads, now),
            *(_flagged(membership, found, now) if acts.is_flagged else ()),
            *(_read(membership, found, now) if acts.is_read else ()), *_filed(membership, acts.folder, found, now),
        ]  # fmt: skip
        if not notes:
            return None
        return undoing.note(membership, "several", threads, now=now, before=dict.fromkeys(notes, ""))


def _labelled(membership: Membership, label_id: str, threads: Sequence[UUID], now: datetime) -> list[UUID]:
    label = Label.objects.filter(mailbox=membership.mailbox, pk=acting.id_of(label_id)).first() if label_id else None
    if label is None:
        return []
    done = triage.label(membership.mailbox, threads, label, by=membership.user_id, now=now)
    return _noted(membership, "label", list(done.before), now, value=label_id, before=done.before)


def _assigned(membership: Membership, person: str, threads: Sequence[UUID], now: datetime) -> list[UUID]:
    """What somebody holds already stays theirs."""
    if not person:
        return []
    free = Thread.objects.filter(mailbox=membership.mailbox, pk__in=threads, assigned_to=None)
    try:
        done = triage.assign(
            membership.mailbox, list(free.values_list("pk", flat=True)), acting.id_of(person), by=membership.user_id, now=now
        )  # fmt: skip
    except triage.NoMember:
        return []
    return _noted(membership, "assign", list(done.before), now, value=person, before=done.before)


def _stood(membership: Membership, status: str, threads: Sequence[UUID], now: datetime) -> list[UUID]:
    if status not in Thread.Status.values:
        return []
    done = triage.set_status(membership.mailbox, threads, status, by=membership.user_id, now=now)
    return _noted(membership, "status", list(done.before), now, value=status, before=done.before)


def _flagged(membership: Membership, found: Sequence[Message], now: datetime) -> list[UUID]:
    fresh = [one for one in found if not one.is_flagged]
    ids = [one.pk for one in fresh]
    marks.set_keyword(mailbox=membership.mailbox, message_ids=ids, keyword=marks.FLAGGED, on=True)
    return _noted(membership, "flag", [one.thread_id for one in fresh], now, before=dict.fromkeys(ids, ""))


def _read(membership: Membership, found: Sequence[Message], now: datetime) -> list[UUID]:
    """By everybody of the mailbox; taken back by the marks themselves."""
    unread = Seen.objects.filter(mailbox=membership.mailbox, message__in=found, seen_at=None)
    told = dict(unread.values_list("message_id", "thread_id"))
    if unread.update(seen_at=now):
        notify.changed(membership.mailbox_id)
    return _noted(membership, "seen_all", list(told.values()), now, before=dict.fromkeys(told, ""))


def _filed(membership: Membership, key: str, found: Sequence[Message], now: datetime) -> list[UUID]:
    folder = acting.folder_of(membership.mailbox, key) if key else None
    if folder is None:
        return []
    was = {one.pk: str(one.folder_id) for one in found}
    threads = [one.thread_id for one in found]
    store.move_messages(membership.mailbox, list(was), folder)
    triage.moved(membership.mailbox, list(dict.fromkeys(threads)), folder, by=membership.user_id, now=now)
    return _noted(membership, "move", threads, now, before=was)


def _noted(
    membership: Membership, kind: str, threads: Sequence[UUID], now: datetime, *, before: Mapping[UUID, str],
    value: str = "",
) -> list[UUID]:  # fmt: skip
    """One note, none for nothing changed."""
    ids = list(dict.fromkeys(threads))
    return [undoing.note(membership, kind, ids, now=now, value=value, before=before)] if before else []
