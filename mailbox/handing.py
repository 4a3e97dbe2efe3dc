"""A draft changes hands: to one colleague, or to the team, of whom one takes it. Only its holder edits it.

Why it was handed over is sealed, bound to the draft. The version grows, so that a page still open with its former holder
saves nothing into it any more.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from mailbox import history, store_rows
from mailbox.history import Verb
from mailbox.models import Draft, Mailbox, Membership
from mssweb import crypto, notify

MAX = 1_000  # characters of why


def hand(draft: Draft, giver: Membership, to: Membership | None, why: str, *, now: datetime) -> None:
    """`draft` is the giver's and locked. To nobody: to the team."""
    mailbox = giver.mailbox
    box = crypto.seal(mailbox.keys.summary, why.encode(), _context(mailbox.pk, draft.pk)) if why else None
    with transaction.atomic():
        Draft.objects.filter(mailbox=mailbox, pk=draft.pk).update(
            author=to.user_id if to else giver.user_id, is_offered=to is None, handed_by=giver.user_id, handed_at=now,
            hand_box=box, version=F("version") + 1,
        )  # fmt: skip
        _tell(mailbox.pk, draft.thread_id, giver.user_id, to.user_id if to else None, now)
        notify.changed(mailbox.pk)


def hold(mailbox_id: UUID, member_id: UUID) -> None:
    """The drafts that this member was handed, or offers, until the end of the caller's transaction.

    Before the mailbox, everywhere: who sends a letter holds its draft, then files its copy.
    """
    theirs = Draft.objects.filter(Q(is_offered=True) | Q(handed_by__isnull=False), mailbox=mailbox_id)
    rows = theirs.filter(author__memberships=member_id).select_for_update(of=("self",)).order_by("pk")
    list(rows.values_list("pk"))


def may_hold(member: Membership) -> bool:
    """Does this member still send here? The mailbox is held, as by who leaves it, until the end of the caller's transaction;
    the draft, before it."""
    with connection.cursor() as cursor:
        store_rows.lock(cursor, {member.mailbox_id})
    found = Membership.objects.select_related("mailbox").filter(pk=member.pk).first()
    return found is not None and found.can_send


def take(taker: Membership, draft_id: UUID, *, now: datetime) -> bool:
    """The first who takes an offered draft holds it; false for those after, and for who may not send any more."""
    offered = Draft.objects.filter(mailbox=taker.mailbox_id, pk=draft_id, is_offered=True)
    with transaction.atomic():
        row = offered.select_for_update(of=("self",)).first()
        if row is None or not may_hold(taker):
            return False
        taken = offered.update(author=taker.user_id, is_offered=False, version=F("version") + 1)
        if taken:
            _tell(taker.mailbox_id, row.thread_id, row.handed_by_id, taker.user_id, now)
            notify.changed(taker.mailbox_id)
    return bool(taken)


def leave_behind(mailbox_id: UUID, user_id: UUID, to: Membership | None, *, by: UUID | None, now: datetime) -> int:
    """Drafts that were handed to somebody who leaves go on to another, or to the team; in the caller's transaction.

    `to` may send: a letter that waits with somebody who may not would never leave.
    """
    held = Draft.objects.filter(Q(is_offered=True) | Q(handed_by__isnull=False), mailbox=mailbox_id, author=user_id)
    rows = list(held.values_list("pk", "thread_id", "is_offered"))
    moved = [(pk, thread_id) for pk, thread_id, is_offered in rows if to is not None or not is_offered]
    if to is not None:
        held.update(author=to.user_id, is_offered=False, version=F("version") + 1)
    else:
        held.update(is_offered=True, version=F("version") + 1)
    for thread_id in {thread_id for _, thread_id in moved}:
        _tell(mailbox_id, thread_id, by, to.user_id if to else None, now)
    return len(moved)


def why(draft: Draft, mailbox: Mailbox) -> str:
    """What its giver said, '' for nothing."""
    if draft.hand_box is None:
        return ""
    try:
        return opened(draft, mailbox)
    except crypto.Unreadable:
        return "Mot d’accompagnement illisible."


def opened(draft: Draft, mailbox: Mailbox) -> str:
    """crypto.Unreadable when it was altered or moved."""
    return crypto.unseal(mailbox.keys.summary, bytes(draft.hand_box or b""), _context(mailbox.pk, draft.pk)).decode()


def _tell(mailbox_id: UUID, thread_id: UUID | None, actor: UUID | None, person: UUID | None, now: datetime) -> None:
    if thread_id is not None:
        history.tell(Verb.HANDED, [thread_id], mailbox_id=mailbox_id, actor_id=actor, person_id=person, now=now)


def _context(mailbox_id: UUID, draft_id: UUID) -> str:
    return f"draft:{mailbox_id}:{draft_id}:hand"
