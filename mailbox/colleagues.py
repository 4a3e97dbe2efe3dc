"""Colleagues who have no account yet, asked into a shared mailbox by a manager: a link to their mobile, a code said in person.

Whoever has an account is invited by its name (mailbox.invitations). Refuses to join anybody to a mailbox whose manager, who
asked, manages it no more; and to tell whether a number is somebody's here: the answer is the same.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from auth_otp import activation
from auth_otp.activation import Over, Who
from auth_otp.models import Activation, Missive, User
from mailbox.models import ColleagueInvitation, Mailbox, Membership
from mailbox.staff.admitting import admit
from mssweb import notify

MOST = 30  # that wait, of one mailbox


class Full(Exception):
    """Too many wait already."""


class State(StrEnum):
    """How far it has come, as a manager reads it."""

    LEAVING = "en cours d’envoi"
    FAILED = "SMS non parti"
    SENT = "envoyée"
    OPENED = "ouverte"
    ENTERED = "compte en cours de création"
    DONE = "acceptée"
    EXPIRED = "expirée"


@dataclass(frozen=True, slots=True)
class Invited:
    """One of them on the page. `may_resend`: a new link and a new code may be had."""

    row: ColleagueInvitation
    name: str
    number: str  # its last two digits
    state: State
    failure: str
    may_resend: bool


def invite(
    mailbox: Mailbox, inviter: User, who: Who, *, role: str, may_send: bool, now: datetime
) -> tuple[ColleagueInvitation, str]:
    """The row, and the code to be said in person. Full; allowances.UsedUp."""
    with transaction.atomic():
        Mailbox.objects.select_for_update(of=("self",), no_key=True).get(pk=mailbox.pk)  # two at once are counted
        if _open(mailbox.pk).filter(activation__until__gt=now).count() >= MOST:
            raise Full
        begun, code = activation.make(inviter, who, now=now)
        may_send = may_send and role != Membership.Role.READER
        row = ColleagueInvitation.objects.create(mailbox=mailbox, activation=begun, role=role, may_send=may_send)
    return row, code


def resend(row: ColleagueInvitation, by: User, *, now: datetime) -> str:
    """The new code. Over; allowances.UsedUp."""
    with transaction.atomic():
        held = Activation.objects.select_for_update(of=("self",)).get(pk=row.activation_id)
        return activation.again(held, by, now=now)


def revoke(row: ColleagueInvitation, *, now: datetime) -> bool:
    return activation.revoke(row.activation, now=now)


def take_back(mailbox_id: UUID, inviter_id: UUID, *, now: datetime) -> int:
    """All that wait of one who manages no more, in the caller's transaction; how many."""
    waiting = _open(mailbox_id).filter(activation__made_by=inviter_id, activation__until__gt=now)
    return sum(activation.revoke(row.activation, now=now) for row in list(waiting.select_related("activation")))


def of(mailbox: Mailbox, now: datetime) -> list[Invited]:
    """Those of the last month that were not taken back, the newest first."""
    rows = ColleagueInvitation.objects.select_related("activation__made_by", "activation__user")
    rows = rows.filter(mailbox=mailbox, activation__revoked_at=None).order_by("-activation__made_at")[: 2 * MOST]
    letters = Missive.objects.filter(kind=Missive.Kind.ACTIVATE, about__in=[row.activation_id for row in rows])
    sent = {letter.about: letter for letter in letters}
    return [_invited(row, sent.get(row.activation_id), now) for row in rows]


def found(mailbox: Mailbox, invitation_id: UUID) -> ColleagueInvitation | None:
    rows = ColleagueInvitation.objects.select_related("activation").filter(mailbox=mailbox, pk=invitation_id)
    return rows.filter(activation__revoked_at=None).first()


def behind(row: Activation) -> ColleagueInvitation | None:
    """The invitation that an activation is of, while it may be accepted; None for one of an administrator. Over."""
    rows = ColleagueInvitation.objects.select_related("mailbox__tenant", "activation__made_by")
    invitation = rows.filter(activation=row).first()
    if invitation is None:
        return None
    manages = Membership.objects.standing().filter(
        mailbox=invitation.mailbox_id, user=row.made_by_id, user__is_active=True, role=Membership.Role.MANAGER
    )
    box = invitation.mailbox
    if not (box.accepts_mail and box.is_shared and manages.exists()):
        raise Over
    return invitation


def join(invitation: ColleagueInvitation, user: User, *, now: datetime) -> Membership:
    """In the transaction that makes the account."""
    admit(invitation.mailbox.tenant, user, by=invitation.activation.made_by, now=now)
    member, _ = Membership.objects.get_or_create(
        mailbox_id=invitation.mailbox_id, user=user,
        defaults={"role": invitation.role, "may_send": invitation.may_send},
    )  # fmt: skip
    notify.changed(invitation.mailbox_id)
    return member


def _open(mailbox_id: UUID) -> QuerySet[ColleagueInvitation]:
    return ColleagueInvitation.objects.filter(mailbox=mailbox_id, activation__done_at=None, activation__revoked_at=None)


def _invited(row: ColleagueInvitation, sent: Missive | None, now: datetime) -> Invited:
    held, who = row.activation, activation.who_of(row.activation)
    name = who.name if who else held.user.get_full_name() if held.user else "Un collègue"
    state, failure = _state(held, sent, now)
    number = who.phone[-2:] if who else ""
    may = who is not None and held.done_at is None and held.sends < activation.MOST_SENDS
    return Invited(row, name, number, state, failure, may)


def _state(held: Activation, sent: Missive | None, now: datetime) -> tuple[State, str]:
    if held.done_at:
        return State.DONE, ""
    if not held.is_open(now):
        return State.EXPIRED, ""
    if held.entered_at:
        return State.ENTERED, ""
    if held.opened_at:
        return State.OPENED, ""
    if sent and sent.failure and not sent.due_at:
        return State.FAILED, sent.failure
    return (State.SENT, "") if sent and sent.sent_at else (State.LEAVING, "")


__all__ = [
    "MOST", "Full", "Invited", "Over", "State", "Who", "behind", "found", "invite", "join", "of", "resend", "revoke",
    "take_back",
]  # fmt: skip
