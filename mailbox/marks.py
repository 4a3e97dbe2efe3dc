"""Marks on messages: seen (personal), keywords (shared by the members). Bumps modseq and tells live readers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from mailbox import store_rows
from mailbox.models import Folder, Mailbox, Membership, Message, Seen
from mssweb import notify

FLAGGED, ANSWERED, FORWARDED = "$flagged", "$answered", "$forwarded"  # RFC 8621 §4.1.1
_KEYWORDS = {FLAGGED, ANSWERED, FORWARDED}


def mark_seen(*, membership: Membership, thread_ids: Sequence[UUID], now: datetime) -> None:
    """These threads hold nothing unread for this person any more. Not an opening: nothing was shown."""
    unread = Seen.objects.filter(membership=membership, thread_id__in=thread_ids, seen_at__isnull=True)
    if unread.update(seen_at=now):
        notify.changed(membership.mailbox_id)


def mark_unseen(*, membership: Membership, thread_ids: Sequence[UUID], folder: Folder) -> None:
    """The newest received message that each thread has in this folder is unread again, for this person only."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailbox_seen (mailbox_id, membership_id, message_id, thread_id)"
            " SELECT DISTINCT ON (m.thread_id) m.mailbox_id, %s, m.id, m.thread_id FROM mailbox_message m"
            " WHERE m.mailbox_id = %s AND m.folder_id = %s AND m.thread_id = ANY(%s) AND m.direction = 'in'"
            " ORDER BY m.thread_id, m.filed_at DESC, m.id DESC"
            " ON CONFLICT (membership_id, message_id) DO UPDATE SET seen_at = NULL",
            [membership.pk, membership.mailbox_id, folder.pk, list(thread_ids)],
        )
        if cursor.rowcount:
            notify.changed(membership.mailbox_id)


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


def unread_counts(membership_ids: Sequence[UUID], *, at_most: int = 999) -> dict[tuple[UUID, UUID], int]:
    """(membership, folder) -> unread threads, one query for all the mailboxes of a person; bounded for those who return
    from a long absence (the screen says «999+»)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT x.membership_id, x.folder_id, count(*) FROM ("
            "  SELECT DISTINCT s.membership_id, m.folder_id, s.thread_id FROM unnest(%s::uuid[]) AS wanted (id)"
            "  CROSS JOIN LATERAL (SELECT membership_id, thread_id, message_id FROM mailbox_seen"
            "   WHERE membership_id = wanted.id AND seen_at IS NULL LIMIT %s) s"
            "  JOIN mailbox_message m ON m.id = s.message_id) x GROUP BY 1, 2",
            [list(membership_ids), at_most * 2],
        )
        return {(membership, folder): min(count, at_most) for membership, folder, count in cursor.fetchall()}


def openings(messages: Sequence[Message]) -> list[Seen]:
    """Who opened these messages, when first: for « lu par … »."""
    rows = Seen.objects.filter(message__in=messages, opened_at__isnull=False)
    return list(rows.select_related("membership__user").order_by("opened_at"))
