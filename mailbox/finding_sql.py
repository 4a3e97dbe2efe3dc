"""The statement of a search: tokens and clear columns, newest first, in two bounded ways.

A common word fills the page from the newest entries; a rarer one has few postings in the index, which is not touched
when the first way sufficed. What must be opened to be judged comes with it, still sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

# Entries walked by date before the index is asked: a common word is found there. Many words are dearer to look for in each.
_RECENT, _RECENT_OF_MANY = 1_500, 300
_MANY = 8  # words that begin alike, from which on a hash is quicker than a comparison with each
_FEW = 2_000  # unread messages that are asked one by one: where nearly all was read, a walk would pass all of it


class Hit(NamedTuple):
    """A message that fits, and its place. The boxes are those of `Asked.boxes` and `Asked.briefs`, else None."""

    message_id: UUID
    filed_at: datetime
    summary_box: bytes | None = None
    brief_box: bytes | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """What stands in clear: instants, flags, a person. `nobody`: threads that nobody took."""

    since: datetime | None = None
    until: datetime | None = None
    unread_of: UUID | None = None  # a membership
    has_file: bool = False
    assigned_to: Sequence[UUID] | None = None
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Of each group of tokens one at least must be there, of `without` none. `boxes`, `briefs`: bring those along."""

    groups: Sequence[Sequence[int]]
    without: Sequence[int]
    clear: Clear
    mailbox_id: UUID
    boxes: bool = False
    briefs: bool = False


_HITS = """
{before} SELECT h.message_id, h.filed_at, {boxes}, {briefs}, {is_cut} FROM ({hits}) h ORDER BY h.filed_at DESC, h.message_id DESC
"""
_BOX = "(SELECT m.summary_box FROM mailbox_message m WHERE m.mailbox_id = %(box)s AND m.id = h.message_id)"
_BRIEF = "(SELECT x.brief_box FROM mailbox_examination x WHERE x.mailbox_id = %(box)s AND x.message_id = h.message_id)"
_WALK = """
SELECT message_id, filed_at FROM (
  SELECT message_id, filed_at, tokens FROM mailbox_searchentry e WHERE mailbox_id = %(box)s {clear}
   ORDER BY filed_at DESC, message_id DESC LIMIT %(recent)s) e
 WHERE true {tokens} LIMIT %(limit)s
"""
_INDEX = """
, held AS MATERIALIZED (
  SELECT message_id, filed_at FROM mailbox_searchentry e
   WHERE (SELECT count(*) FROM recent) < %(enough)s AND mailbox_id = %(box)s {tokens} {clear})
"""
_EITHER = """
SELECT * FROM recent WHERE (SELECT count(*) FROM recent) >= %(enough)s
UNION ALL (SELECT * FROM held ORDER BY filed_at DESC, message_id DESC LIMIT %(limit)s)
"""
_UNREAD = """
SELECT e.message_id, e.filed_at
  FROM (SELECT s.message_id AS unread FROM mailbox_seen s WHERE s.mailbox_id = %(box)s AND s.membership_id = %(member)s
           AND s.seen_at IS NULL LIMIT %(few)s) s
  JOIN mailbox_searchentry e ON e.mailbox_id = %(box)s AND e.message_id = s.unread
 WHERE true {clear} ORDER BY e.filed_at DESC, e.message_id DESC LIMIT %(limit)s
"""
_HOW_MANY = """
SELECT count(*) FROM (SELECT FROM mailbox_seen WHERE mailbox_id = %(box)s AND membership_id = %(member)s
  AND seen_at IS NULL LIMIT %(few)s) s
"""


def matches(asked: Asked, before: Hit | None, limit: int, enough: int = 0) -> tuple[list[Hit], bool]:
    """Those that fit, newest first, behind `before`, `limit` at most; and whether there are no more of them.

    One statement, two of what is unread alone. So many as `enough` (else `limit`) do, when they are among the newest.
    """
    given: dict[str, Any] = {"box": asked.mailbox_id, "limit": limit, "enough": min(enough or limit, limit)}
    clear = _clear(asked, before, given)
    boxes, briefs = _BOX if asked.boxes else "NULL", _BRIEF if asked.briefs else "NULL"
    with connection.cursor() as cursor:
        begun, hits = _ways(asked, clear, cursor, given)
        is_cut = "(SELECT count(*) FROM recent) >= %(enough)s" if begun else "false"
        cursor.execute(_HITS.format(before=begun, hits=hits, boxes=boxes, briefs=briefs, is_cut=is_cut), given)
        rows = cursor.fetchall()
    return [Hit(*row[:-1]) for row in rows], len(rows) < limit and not any(row[-1] for row in rows[:1])


def _ways(asked: Asked, clear: str, cursor: CursorWrapper, given: dict[str, Any]) -> tuple[str, str]:
    """What stands before the statement, and what finds its hits."""
    if asked.clear.unread_of and not asked.groups and not asked.without and _are_few(cursor, given):
        return "", _UNREAD.format(clear=clear)
    is_many = any(len(group) > _MANY for group in asked.groups)
    recent = _RECENT_OF_MANY if is_many else _RECENT
    given["recent"] = recent if asked.groups else None  # without a word all are walked, until the page is full
    walk = _WALK.format(clear=clear, tokens=_tokens(asked, given, is_walk=True))
    if not asked.groups:
        return "", walk
    index = _INDEX.format(clear=clear, tokens=_tokens(asked, given, is_walk=False))
    return f"WITH recent AS MATERIALIZED ({walk}) {index}", _EITHER


def _are_few(cursor: CursorWrapper, given: dict[str, Any]) -> bool:
    given["few"] = _FEW + 1
    cursor.execute(_HOW_MANY, given)
    return bool(cursor.fetchone()[0] <= _FEW)


def _tokens(asked: Asked, given: dict[str, Any], *, is_walk: bool) -> str:
    """A walk looks a word's many endings up in a hash; the index has them as keys."""
    alone = [group[0] for group in asked.groups if len(group) == 1]
    parts = []
    if alone:
        given["alone"] = alone
        parts.append("AND tokens @> %(alone)s::bigint[]")
    for number, group in enumerate(asked.groups):
        if len(group) > 1:
            given[f"group{number}"] = list(group)
            is_hashed = is_walk and len(group) > _MANY
            parts.append(
                f"AND EXISTS (SELECT FROM unnest(tokens) t WHERE t = ANY(%(group{number})s::bigint[]))"
                if is_hashed
                else f"AND tokens && %(group{number})s::bigint[]"
            )
    if asked.without:
        given["without"] = list(asked.without)
        parts.append("AND NOT tokens && %(without)s::bigint[]")
    return " ".join(parts)


def _clear(asked: Asked, before: Hit | None, given: dict[str, Any]) -> str:
    clear, parts = asked.clear, []
    if before:
        given |= {"id": before.message_id, "at": before.filed_at}
        parts.append("AND (filed_at, message_id) < (%(at)s, %(id)s)")
    if clear.since:
        given["since"] = clear.since
        parts.append("AND filed_at >= %(since)s")
    if clear.until:
        given["until"] = clear.until
        parts.append("AND filed_at < %(until)s")
    if clear.unread_of:
        given["member"] = clear.unread_of
        parts.append(
            "AND EXISTS (SELECT FROM mailbox_seen s WHERE s.mailbox_id = %(box)s AND s.membership_id = %(member)s"
            " AND s.message_id = e.message_id AND s.seen_at IS NULL)"
        )
    if clear.has_file:
        parts.append(f"AND EXISTS ({_MESSAGE} AND m.has_attachments)")
    if clear.nobody:
        parts.append(f"AND EXISTS ({_THREAD} AND t.assigned_to_id IS NULL)")
    if clear.assigned_to is not None:
        given["people"] = list(clear.assigned_to)
        parts.append(f"AND EXISTS ({_THREAD} AND t.assigned_to_id = ANY(%(people)s))")
    return " ".join(parts)


_MESSAGE = "SELECT FROM mailbox_message m WHERE m.mailbox_id = %(box)s AND m.id = e.message_id"
_THREAD = (
    "SELECT FROM mailbox_message m JOIN mailbox_thread t ON t.mailbox_id = m.mailbox_id AND t.id = m.thread_id"
    " WHERE m.mailbox_id = %(box)s AND m.id = e.message_id"
)
