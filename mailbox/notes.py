"""Internal notes of a thread: written, changed and erased by their author, and the members they call told.

Sealed with the mailbox's key, each bound to its row. A note is in no message: nothing here reaches compose, submit, an
export of letters or a report. What was written before a change is kept in its box; an erased note keeps its place only.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from uuid_utils.compat import uuid7

from mailbox.mime import mentions
from mailbox.mime.mentions import Called
from mailbox.models import Mailbox, Membership, Mention, Note, Thread
from mssweb import crypto, notify

MAX = 4_000  # characters
MAX_VERSIONS = 20  # kept; older ones go
MAX_NOTES = 500  # of a thread


class Full(Exception):
    """The thread has as many notes as it takes."""


@dataclass(frozen=True, slots=True, repr=False)
class Version:
    """Words that were changed since; `until` is ISO 8601."""

    text: str
    until: str


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What a box holds; `before` oldest first."""

    text: str
    before: tuple[Version, ...] = ()


BROKEN = Words("Note illisible : son contenu scellé ne s’ouvre plus.")


def members(mailbox: Mailbox) -> list[Called]:
    """Whom a note may call; one statement."""
    return [_known(row) for row in _rows(mailbox)]


def _rows(mailbox: Mailbox) -> QuerySet[Membership]:
    return mailbox.memberships.standing().select_related("user").order_by("user__last_name", "user__first_name")


def _known(row: Membership) -> Called:
    return Called(row.user_id, row.user.first_name, row.user.last_name, row.user.login)


def clean(text: str) -> str:
    """As it is kept: '' is no note."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()[:MAX]


def write(membership: Membership, thread: Thread, text: str, *, now: datetime) -> Note:
    """A new note; those it calls are told. Full when the thread has `MAX_NOTES`. The caller holds the mailbox and the thread."""
    mailbox = membership.mailbox
    with transaction.atomic():
        if Note.objects.filter(mailbox=mailbox, thread=thread).count() >= MAX_NOTES:
            raise Full
        pk = uuid7()
        box = _seal(mailbox, pk, Words(text))
        note = Note.objects.create(pk=pk, mailbox=mailbox, thread=thread, author_id=membership.user_id, at=now, box=box)
        _call(note, text, mailbox, membership.user_id)
        notify.changed(mailbox.pk)
    return note


def change(note: Note, mailbox: Mailbox, text: str, *, now: datetime) -> None:
    """Other words; who is called by them for the first time is told, who is called no more is not. The caller holds the
    mailbox, then `note`."""
    before = read(note, mailbox)
    if before.text == text:
        return
    kept = (*before.before, Version(before.text, now.isoformat()))[-MAX_VERSIONS:]
    with transaction.atomic():
        box = _seal(mailbox, note.pk, Words(text, kept))
        Note.objects.filter(mailbox=mailbox, pk=note.pk).update(box=box, edited_at=now)
        called = _call(note, text, mailbox, note.author_id)
        Mention.objects.filter(mailbox=mailbox, note=note, seen_at=None).exclude(membership__user__in=called).delete()
        notify.changed(mailbox.pk)


def erase(note: Note, mailbox: Mailbox, *, now: datetime) -> None:
    """The words go, all versions of them, and nobody is called any more; that there was a note stays."""
    with transaction.atomic():
        Note.objects.filter(mailbox=mailbox, pk=note.pk).update(box=None, edited_at=now)
        Mention.objects.filter(mailbox=mailbox, note=note, seen_at=None).delete()
        notify.changed(mailbox.pk)


def is_called(membership: Membership, thread_id: UUID) -> bool:
    """Does a note of this thread still wait for this person?"""
    waiting = Mention.objects.filter(
        mailbox=membership.mailbox_id, membership=membership, thread=thread_id, seen_at=None
    )
    return waiting.exists()


def heard(membership: Membership, thread_id: UUID, *, now: datetime) -> int:
    """This person opened the thread: what called them there waits no more."""
    waiting = Mention.objects.filter(
        mailbox=membership.mailbox_id, membership=membership, thread=thread_id, seen_at__isnull=True
    )
    if changed := waiting.update(seen_at=now):
        notify.changed(membership.mailbox_id)
    return changed


def read(note: Note, mailbox: Mailbox) -> Words:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    return opened(bytes(note.box or b""), mailbox, note.pk)


def opened(box: bytes, mailbox: Mailbox, note_id: UUID) -> Words:
    plain = json.loads(crypto.unseal(mailbox.keys.summary, box, _context(mailbox.pk, note_id)))
    return Words(plain["text"], tuple(Version(**one) for one in plain["before"]))


def seen(box: bytes, mailbox: Mailbox, note_id: UUID) -> Words:
    """As a thread shows it: one that does not open any more hides no other."""
    try:
        return opened(box, mailbox, note_id)
    except crypto.Unreadable:
        return BROKEN


def _call(note: Note, text: str, mailbox: Mailbox, author_id: UUID | None) -> Sequence[UUID]:
    """Whom these words call; those of them who have not been called by this note yet are from now on."""
    rows = {row.user_id: row for row in _rows(mailbox)}
    called = [one for one in mentions.called(text, map(_known, rows.values())) if one != author_id]
    _mention(note, [rows[one].pk for one in called])
    return called


def _mention(note: Note, membership_ids: Iterable[UUID]) -> None:
    rows = [
        Mention(mailbox_id=note.mailbox_id, note=note, thread_id=note.thread_id, membership_id=one)
        for one in membership_ids
    ]
    Mention.objects.bulk_create(rows, ignore_conflicts=True)


def _seal(mailbox: Mailbox, note_id: UUID, words: Words) -> bytes:
    return crypto.seal(mailbox.keys.summary, json.dumps(asdict(words)).encode(), _context(mailbox.pk, note_id))


def _context(mailbox_id: UUID, note_id: UUID) -> str:
    return f"note:{mailbox_id}:{note_id}:words"
