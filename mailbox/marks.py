"""Marks on messages: seen (personal), keywords (shared by the members). Bumps modseq and tells live readers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Subquery

from mailbox import store_rows
from mailbox.models import Mailbox, Membership, Message, Seen
from mssweb import notify

FLAGGED, ANSWERED, FORWARDED = "$flagged", "$answered", "$forwarded"  # RFC 8621 §4.1.1
_KEYWORDS = {FLAGGED, ANSWERED, FORWARDED}


def mark_seen(*, membership: Membership, thread_ids: Sequence[UUID], now: datetime) -> dict[UUID, UUID]:
    """These threads hold nothing unread for this person any more: which messages, each with its thread.

    No opening: nothing was shown.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH b AS (SELECT id FROM mailbox_mailbox WHERE id = %(box)s FOR NO KEY UPDATE)"  # first, as everywhere
            " UPDATE mailbox_seen SET seen_at = %(now)s FROM b WHERE mailbox_id = %(box)s AND membership_id = %(member)s"
            " AND thread_id = ANY(%(threads)s) AND seen_at IS NULL RETURNING message_id, thread_id",
            {"box": membership.mailbox_id, "now": now, "member": membership.pk, "threads": list(thread_ids)},
        )
        read = dict(cursor.fetchall())
        if read:
            notify.changed(membership.mailbox_id)
    return read


def mark_messages(membership: Membership, message_ids: Sequence[UUID], *, unread: bool, now: datetime) -> None:
    """These are unread again for this person, or read: what an undone act marked."""
    own = Seen.objects.filter(mailbox=membership.mailbox_id, membership=membership, message_id__in=message_ids)
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {membership.mailbox_id})
        if own.update(seen_at=None if unread else now):
            notify.changed(membership.mailbox_id)


def mark_unseen(*, membership: Membership, thread_ids: Sequence[UUID], folders: Sequence[UUID]) -> dict[UUID, UUID]:
    """The newest received message that each thread has in these folders is unread again, for this person only: which."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH b AS MATERIALIZED (SELECT id FROM mailbox_mailbox WHERE id = %s FOR NO KEY UPDATE)"  # as in mark_seen
            " INSERT INTO mailbox_seen (mailbox_id, membership_id, message_id, thread_id)"
            " SELECT DISTINCT ON (m.thread_id) m.mailbox_id, %s, m.id, m.thread_id FROM b, mailbox_message m"
            " WHERE m.mailbox_id = %s AND m.folder_id = ANY(%s) AND m.thread_id = ANY(%s) AND m.direction = 'in'"
            " ORDER BY m.thread_id, m.filed_at DESC, m.id DESC"
            " ON CONFLICT (mailbox_id, membership_id, message_id) DO UPDATE SET seen_at = NULL"
            " RETURNING message_id, thread_id",
            [membership.mailbox_id, membership.pk, membership.mailbox_id, list(folders), list(thread_ids)],
        )
        unread = dict(cursor.fetchall())
        if unread:
            notify.changed(membership.mailbox_id)
    return unread


def flag(
    *, mailbox: Mailbox, thread_ids: Sequence[UUID], folders: Sequence[UUID], spared: UUID | None = None
) -> dict[UUID, UUID]:
    """The flag stands on the newest message that each thread has in these folders: which got it, each with its thread.

    In the folder `spared` only when it has none in the others.
    """
    newest = (
        "m.id IN (SELECT DISTINCT ON (r.thread_id) r.newest_id FROM mailbox_folderthread r WHERE r.mailbox_id = %(box)s"
        " AND r.folder_id = ANY(%(folders)s) AND r.thread_id = ANY(%(threads)s)"
        " ORDER BY r.thread_id, r.folder_id = %(spared)s::uuid, r.last_at DESC, r.id DESC) AND NOT %(word)s = ANY(m.keywords)"
    )
    given = {
        "box": mailbox.pk, "folders": list(folders), "threads": list(thread_ids), "word": FLAGGED, "spared": spared,
    }  # fmt: skip
    return _mark("array_append", newest, given)


def unflag(*, mailbox: Mailbox, thread_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Taking the flag away clears these whole threads: which messages had it, each with its thread."""
    given = {"box": mailbox.pk, "threads": list(thread_ids), "word": FLAGGED}
    return _mark("array_remove", "m.thread_id = ANY(%(threads)s) AND %(word)s = ANY(m.keywords)", given)


def _mark(change: str, which: str, given: Mapping[str, Any]) -> dict[UUID, UUID]:
    """The mailbox comes first, as everywhere: its row is the lock."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH b AS (UPDATE mailbox_mailbox SET modseq = modseq + 1 WHERE id = %(box)s RETURNING modseq)"  # noqa: S608  (our words)
            f" UPDATE mailbox_message m SET keywords = {change}(m.keywords, %(word)s), modseq = b.modseq FROM b"
            f" WHERE m.mailbox_id = %(box)s AND {which} RETURNING m.id, m.thread_id, b.modseq",
            given,
        )
        rows = cursor.fetchall()
        if rows:
            notify.changed(given["box"], rows[0][2])
    return {message: thread for message, thread, _ in rows}


def forget_answer(*, mailbox: Mailbox, message_id: UUID) -> None:
    """An answer was undone: «answered» goes, unless another answer left since this message came."""
    answered = Message.objects.filter(mailbox=mailbox, pk=message_id)
    later = Message.objects.filter(
        mailbox=mailbox, thread__in=answered.values("thread"), direction=Message.Direction.OUT,
        filed_at__gt=Subquery(answered.values("filed_at")),
    )  # fmt: skip
    if not later.exists():
        set_keyword(mailbox=mailbox, message_ids=[message_id], keyword=ANSWERED, on=False)


def set_keyword(*, mailbox: Mailbox, message_ids: Sequence[UUID], keyword: str, on: bool) -> int:
    """Set or clear one shared keyword; returns how many messages changed."""
    if keyword not in _KEYWORDS:
        raise ValueError("not a keyword that people set")
    given = {"box": mailbox.pk, "ids": list(message_ids), "word": keyword, "on": on}
    change = "array_append" if on else "array_remove"
    return len(_mark(change, "m.id = ANY(%(ids)s) AND (%(word)s = ANY(m.keywords)) <> %(on)s", given))
