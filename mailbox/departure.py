"""Somebody leaves a mailbox, or is removed by a manager or an administrator: what was open there goes to a person or to nobody.

One transaction. Refuses to leave a mailbox without a manager (`LastManager`): drafts that were handed over are locked, then
the mailbox, then its memberships in one order, so that two managers who leave at once do not both go, and who sends or files
meanwhile makes no ring with us.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from mailbox import handing, invitations, presence, standing, store
from mailbox.models import Mailbox, Membership, Mention, Thread
from mssweb import notify


class LastManager(Exception):
    """A shared mailbox keeps a manager."""


@dataclass(frozen=True, slots=True)
class Left:
    """How many threads went on, and how many drafts; `to_team`: those went to everybody, for the heir may not send.

    `invitations`: that waited of who manages no more, and are taken back.
    """

    threads: int
    drafts: int = 0
    to_team: bool = False
    invitations: int = 0


def held(mailbox: Mailbox, member_id: UUID) -> dict[UUID, Membership]:
    """Every membership of a mailbox, locked with it until the end of the caller's transaction; before it the drafts that
    `member_id`, whose rights change, was handed. `stands`: it opens something (its person is not suspended).
    """
    handing.hold(mailbox.pk, member_id)
    store.lock(mailbox.pk)
    rows = mailbox.memberships.judged().select_for_update(of=("self",)).select_related("user").order_by("pk")
    return {row.pk: row for row in rows}


def is_last_manager(row: Membership, rows: dict[UUID, Membership]) -> bool:
    """`rows` as `held` gives them."""
    others = (other for pk, other in rows.items() if pk != row.pk)
    return row.can_manage and not any(other.can_manage and other.stands for other in others)  # type: ignore[attr-defined]  # of `held`


def leave(row: Membership, rows: dict[UUID, Membership], to: Membership | None, *, by: UUID, now: datetime) -> Left:
    """End a membership, in the caller's transaction; what went to `to`, or to everybody."""
    if is_last_manager(row, rows):
        raise LastManager
    left = hand_on(row, to, by=by, now=now)
    row.delete()
    notify.changed(row.mailbox_id)
    notify.kill(row.user_id)
    return left


def hand_on(row: Membership, to: Membership | None, *, by: UUID, now: datetime) -> Left:
    """What was open with a member whom the caller then removes, in its transaction; an administrator may remove the last one."""
    mailbox_id, user_id = row.mailbox_id, row.user_id
    moved = _threads(mailbox_id, user_id, to, by=by, now=now)
    if to is not None:
        _pass_mentions(row, to)
    sender = to if to is not None and to.can_send else None
    drafts = handing.leave_behind(mailbox_id, user_id, sender, by=by, now=now)
    gone = invitations.take_back(mailbox_id, user_id)
    transaction.on_commit(lambda: presence.forget(mailbox_id, user_id))
    return Left(moved, drafts, to is not sender, gone)


def lessen(row: Membership, *, by: UUID, now: datetime) -> Left:
    """Rights were taken away, in the caller's transaction: what this member may not do any more is everybody's."""
    mailbox_id, user_id = row.mailbox_id, row.user_id
    moved = 0 if row.has_drafts else _threads(mailbox_id, user_id, None, by=by, now=now)
    drafts = 0 if row.may_send and row.has_drafts else handing.leave_behind(mailbox_id, user_id, None, by=by, now=now)
    gone = 0 if row.can_manage else invitations.take_back(mailbox_id, user_id)
    return Left(moved, drafts, to_team=True, invitations=gone)


def _threads(mailbox_id: UUID, user_id: UUID, to: Membership | None, *, by: UUID, now: datetime) -> int:
    """What is not done goes on; what is done is nobody's, so that it opens again for all."""
    theirs = Thread.objects.filter(mailbox=mailbox_id, assigned_to=user_id)
    is_open = theirs.exclude(status=Thread.Status.DONE)
    ids = list(is_open.values_list("pk", flat=True))
    done = list(theirs.filter(status=Thread.Status.DONE).values_list("pk", flat=True))
    Thread.objects.filter(mailbox=mailbox_id, pk__in=done).update(assigned_to=None)
    with connection.cursor() as cursor:
        standing.show(cursor, mailbox_id, done)
        if ids:
            standing.stand(cursor, mailbox_id, ids, by=by, now=now, given=True, person=to.user_id if to else None)
    return len(ids)


def _pass_mentions(row: Membership, to: Membership) -> None:
    """Notes that wait for who leaves wait for the other, once each."""
    waiting = Mention.objects.filter(mailbox=row.mailbox_id, membership=row, seen_at=None)
    known = Mention.objects.filter(mailbox=row.mailbox_id, membership=to).values("note")
    waiting.exclude(note__in=known).update(membership=to)
