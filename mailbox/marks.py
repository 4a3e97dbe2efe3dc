"""Marks on messages: seen (personal), keywords (shared by the members). Bumps modseq and tells live readers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Subquery

from mailbox import store_rows
from mailbox.models import Folder, Mailbox, Membership, Message, Seen
from mssweb import notify

FLAGGED, ANSWERED, FORWARDED = "$flagged", "$answered", "$forwarded"  # RFC 8621 §4.1.1
_KEYWORDS = {FLAGGED, ANSWERED, FORWARDED}


def mark_seen(*, membership: Membership, thread_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """These threads hold nothing unread for this person any more: which messages. No opening: nothing was shown."""
    unread = Seen.objects.filter(
        mailbox=membership.mailbox_id, membership=membership, thread_id__in=thread_ids, seen_at__isnull=True
    )
    with transaction.atomic():
        ids = list(unread.values_list("message_id", flat=True))
        if ids and unread.update(seen_at=now):
            notify.changed(membership.mailbox_id)
    return ids


def mark_messages(membership: Membership, message_ids: Sequence[UUID], *, unread: bool, now: datetime) -> None:
    """These are unread again for this person, or read: what an undone act marked."""
    own = Seen.objects.filter(mailbox=membership.mailbox_id, membership=membership, message_id__in=message_ids)
    if own.update(seen_at=None if unread else now):
        notify.changed(membership.mailbox_id)


def mark_unseen(*, membership: Membership, thread_ids: Sequence[UUID], folder: Folder) -> list[UUID]:
    """The newest received message that each thread has in this folder is unread again, for this person only: which."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailbox_seen (mailbox_id, membership_id, message_id, thread_id)"
            " SELECT DISTINCT ON (m.thread_id) m.mailbox_id, %s, m.id, m.thread_id FROM mailbox_message m"
            " WHERE m.mailbox_id = %s AND m.folder_id = %s AND m.thread_id = ANY(%s) AND m.direction = 'in'"
            " ORDER BY m.thread_id, m.filed_at DESC, m.id DESC"
            " ON CONFLICT (mailbox_id, membership_id, message_id) DO UPDATE SET seen_at = NULL RETURNING message_id",
            [membership.pk, membership.mailbox_id, folder.pk, list(thread_ids)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            notify.changed(membership.mailbox_id)
    return ids


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
    change = "array_append(keywords, %(word)s)" if on else "array_remove(keywords, %(word)s)"
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        modseq = store_rows.bump(cursor, mailbox.pk)
        cursor.execute(
            f"UPDATE mailbox_message SET keywords = {change}, modseq = %(modseq)s"  # noqa: S608  (two constants)
            " WHERE mailbox_id = %(box)s AND id = ANY(%(ids)s) AND (%(word)s = ANY(keywords)) <> %(on)s",
            {"word": keyword, "modseq": modseq, "box": mailbox.pk, "ids": list(message_ids), "on": on},
        )
        changed: int = cursor.rowcount
        notify.changed(mailbox.pk, modseq)
    return changed
