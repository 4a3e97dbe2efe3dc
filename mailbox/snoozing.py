"""«Me le rappeler»: a member sets threads aside until an instant; at that time they are unread for that member, and on top.

Personal: nobody else sees it. The row is the queue: `wake` takes what is due, whoever calls it. Refuses a time that is
past, further than a year, and more than `MAX` reminders of one member.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from mailbox import store_rows
from mailbox.models import Membership, Snooze
from mssweb import notify

MAX = 500
FURTHEST = timedelta(days=366)
KEPT = timedelta(days=14)  # how long a reminder that came stands at its time in lists
READ = "read"
_AT_ONCE = 500
PRESETS = {"2h": "Dans 2 heures", "soir": "Ce soir", "demain": "Demain matin", "lundi": "Lundi"}
_MORNING, _EVENING = 8, 18  # hours, of the pharmacy


class NotThen(Exception):
    """That time is past, or too far."""


class Full(Exception):
    """This member waits for `MAX` threads already."""


def preset(name: str, now: datetime) -> datetime:
    """The instant that a word means; `now` in the zone of the pharmacy. KeyError for what is no preset."""
    if name == "2h":
        return now + timedelta(hours=2)
    morning = now.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    if name == "soir":
        evening = morning.replace(hour=_EVENING)
        return (
            evening
            if evening > now + timedelta(minutes=30)
            else evening.replace(hour=20)
            if now.hour < 19
            else morning + timedelta(days=1)
        )
    return morning + timedelta(days={"demain": 1, "lundi": 7 - now.weekday()}[name])


def snooze(membership: Membership, thread_ids: Sequence[UUID], due_at: datetime, *, now: datetime) -> dict[UUID, str]:
    """Those of this mailbox are set aside, and read. Returns what each was: the instant of its reminder, or ''; and READ,
    by message, what was unread."""
    if not now < due_at <= now + FURTHEST:
        raise NotThen
    return _set_aside(membership, dict.fromkeys(thread_ids, due_at), now)


def _set_aside(membership: Membership, dues: Mapping[UUID, datetime], now: datetime) -> dict[UUID, str]:
    box = membership.mailbox_id
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {box})  # nothing of it is destroyed, and nobody is woken, meanwhile
        held = {row.thread_id: row for row in Snooze.objects.filter(mailbox=box, membership=membership)}
        if len(held.keys() | dues.keys()) > MAX:
            raise Full
        given: dict[str, Any] = {
            "box": box, "member": membership.pk, "threads": list(dues), "dues": list(dues.values()), "now": now,
        }  # fmt: skip
        cursor.execute(_SET_ASIDE, given)
        rows = cursor.fetchall()
        notify.changed(box)
    asleep = {one: row.due_at.isoformat() for one, row in held.items() if row.woken_at is None}
    return {one: READ if is_message else asleep.get(one, "") for one, is_message in rows}


def forget(membership: Membership, thread_ids: Sequence[UUID]) -> dict[UUID, str]:
    """No reminder of these any more: they are in lists again. Returns what was asked for each that had one, '' once it came."""
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {membership.mailbox_id})
        cursor.execute(
            "DELETE FROM mailbox_snooze WHERE mailbox_id = %s AND membership_id = %s AND thread_id = ANY(%s)"
            " RETURNING thread_id, due_at, woken_at",
            [membership.mailbox_id, membership.pk, list(thread_ids)],
        )
        rows = cursor.fetchall()
        if rows:
            notify.changed(membership.mailbox_id)
    return {thread: "" if woken_at else due_at.isoformat() for thread, due_at, woken_at in rows}


def restore(membership: Membership, before: Mapping[UUID, str], *, now: datetime) -> None:
    """Each as it was: with the reminder that it had, or with none. Full when others took its place meanwhile."""
    dues = {one: datetime.fromisoformat(due) for one, due in before.items() if due}
    with transaction.atomic():
        forget(membership, list(before))
        if later := {one: at for one, at in dues.items() if at > now}:
            _set_aside(membership, later, now)


def wake(now: datetime) -> int:
    """What is due is unread for its member. Returns how many; old reminders that came are forgotten.

    A mailbox at a time, locked first as everywhere: no ring with what is filed, acted on or destroyed there.
    """
    due = Snooze.objects.filter(woken_at__isnull=True, due_at__lte=now).order_by("due_at")
    boxes = sorted(set(due.values_list("mailbox_id", flat=True)[:_AT_ONCE]))
    count = sum(_wake_in(box, now) for box in boxes)
    Snooze.objects.filter(woken_at__lt=now - KEPT).delete()
    return count


def _wake_in(mailbox_id: UUID, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox_id})
        cursor.execute(_WAKE, {"box": mailbox_id, "now": now, "most": _AT_ONCE})
        count: int = cursor.fetchone()[0]
        if count:
            notify.changed(mailbox_id)
    return count


_SET_ASIDE = """
WITH s AS (INSERT INTO mailbox_snooze (mailbox_id, membership_id, thread_id, set_at, due_at)
  SELECT t.mailbox_id, %(member)s, t.id, %(now)s, x.due FROM unnest(%(threads)s::uuid[], %(dues)s::timestamptz[]) AS x (id, due)
    JOIN mailbox_thread t ON t.mailbox_id = %(box)s AND t.id = x.id
  ON CONFLICT (mailbox_id, membership_id, thread_id) DO UPDATE SET set_at = excluded.set_at, due_at = excluded.due_at,
    woken_at = NULL RETURNING thread_id),
u AS (UPDATE mailbox_seen SET seen_at = %(now)s WHERE mailbox_id = %(box)s AND membership_id = %(member)s
  AND thread_id = ANY(%(threads)s) AND seen_at IS NULL RETURNING message_id)
SELECT thread_id, false FROM s UNION ALL SELECT message_id, true FROM u
"""
_WAKE = """
WITH due AS (SELECT id FROM mailbox_snooze WHERE mailbox_id = %(box)s AND woken_at IS NULL AND due_at <= %(now)s
  ORDER BY due_at LIMIT %(most)s),
woken AS (UPDATE mailbox_snooze s SET woken_at = %(now)s FROM due WHERE s.id = due.id
  RETURNING s.mailbox_id, s.membership_id, s.thread_id),
unread AS (INSERT INTO mailbox_seen AS n (mailbox_id, membership_id, message_id, thread_id)
  SELECT w.mailbox_id, w.membership_id, m.id, w.thread_id FROM woken w
   CROSS JOIN LATERAL (SELECT m.id FROM mailbox_message m WHERE m.mailbox_id = w.mailbox_id AND m.thread_id = w.thread_id
     ORDER BY m.direction <> 'in', m.filed_at DESC, m.id DESC LIMIT 1) m
  ON CONFLICT (mailbox_id, membership_id, message_id) DO UPDATE SET seen_at = NULL)
SELECT count(*) FROM woken
"""
