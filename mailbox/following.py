"""Which sendings still wait for an answer: begun when they leave, ended by what a correspondent writes.

A machine's letter is no answer: a report has a null sender (RFC 5321 §4.5.5), an absence says so (RFC 3834 §5). Refuses
to judge what a letter says; who is answered, by whom and how, stays in the thread.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper as Cursor
from django.db.models import Exists, OuterRef, Q

from mailbox.models import Following, Message, Submission

if TYPE_CHECKING:
    from mailbox.store import Letter

_BEGIN = """
WITH older AS (
  UPDATE mailbox_following SET waits = false WHERE mailbox_id = %(box)s AND thread_id = %(thread)s AND waits)
INSERT INTO mailbox_following (submission_id, mailbox_id, thread_id, message_id, author_id, sent_at, waits, expected)
VALUES (%(submission)s, %(box)s, %(thread)s, %(message)s, %(author)s, %(at)s, %(waits)s, %(expected)s)
"""
_ANSWERED = """
UPDATE mailbox_following f SET waits = false, answered_at = x.at
  FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS x (box, thread, at)
 WHERE f.mailbox_id = x.box AND f.thread_id = x.thread AND f.answered_at IS NULL AND f.sent_at < x.at
"""
_REVIVE = """
UPDATE mailbox_following SET waits = true
 WHERE submission_id = (SELECT submission_id FROM mailbox_following WHERE mailbox_id = %(box)s AND thread_id = %(thread)s
                         ORDER BY sent_at DESC, submission_id DESC LIMIT 1)
   AND answered_at IS NULL AND dropped_at IS NULL
"""


def begin(submission: Submission, message: Message, *, waits: bool, expected: bool = False) -> None:
    """Of what leaves now; in its thread it alone waits from here on. In the caller's transaction.

    `expected`: its author says that an answer is; never of what waits for none.
    """
    given = {
        "submission": submission.pk, "box": submission.mailbox_id, "thread": message.thread_id, "message": message.pk,
        "author": submission.author_id, "at": submission.submitted_at, "waits": waits,
        "expected": waits and expected,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, given)


def revive(mailbox_id: UUID, thread_id: UUID) -> None:
    """The newest sending of a thread was undone: the one before it waits again."""
    with connection.cursor() as cursor:
        cursor.execute(_REVIVE, {"box": mailbox_id, "thread": thread_id})


def postpone(mailbox_id: UUID, submission_id: UUID, *, at: datetime) -> None:
    """It leaves at another time: what is answered, and how long nobody did, counts from there."""
    Following.objects.filter(mailbox=mailbox_id, pk=submission_id).update(sent_at=at)


def hear(cursor: Cursor, letters: Iterable["Letter"]) -> None:
    """Letters that were just filed: those that people wrote into a thread that was there before answer it."""
    answers = [letter for letter in letters if letter.joins and _is_of_a_person(letter)]
    if answers:
        told = [(x.mailbox.pk, x.thread_id, x.filing.filed_at) for x in answers]
        cursor.execute(_ANSWERED, [list(column) for column in zip(*told, strict=True)])


def _is_of_a_person(letter: "Letter") -> bool:
    automatic = letter.parsed.headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    came = letter.filing.direction == Message.Direction.IN and bool(letter.filing.mail_from)
    return came and automatic in {"", "no"}


def drop(mailbox_id: UUID, submission_id: UUID, *, now: datetime) -> bool:
    """«Ne plus suivre», for the whole mailbox; false when it did not wait any more."""
    rows = Following.objects.filter(mailbox=mailbox_id, pk=submission_id, waits=True)
    return bool(rows.update(waits=False, dropped_at=now))


def take_up(mailbox_id: UUID, submission_id: UUID) -> bool:
    """Follow again what a person dropped, unless it was answered meanwhile, or something newer left in its thread: that one
    waits in its stead (`begin`), or was dropped itself. In the caller's transaction, which holds the mailbox."""
    here = Following.objects.filter(mailbox=mailbox_id, thread=OuterRef("thread"))
    newer = here.filter(Q(sent_at__gt=OuterRef("sent_at")) | Q(sent_at=OuterRef("sent_at"), pk__gt=OuterRef("pk")))
    rows = Following.objects.filter(mailbox=mailbox_id, pk=submission_id, answered_at=None, dropped_at__isnull=False)
    return bool(rows.filter(~Exists(newer)).update(waits=True, dropped_at=None))
