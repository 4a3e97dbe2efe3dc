"""Invitations into a shared mailbox: made by a manager, answered by the person once signed in, gone after seven days.

Whoever invites learns nothing: the same answer whether somebody has that name or not, now or later. Refuses an invitation of
who manages the mailbox no more.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from auth_otp.models import User
from mailbox import colleagues
from mailbox.models import Invitation, Mailbox, Membership
from mailbox.staff.admitting import admit
from mssweb import notify
from mssweb.prepared import prepared

LIVES = timedelta(days=7)
MOST = 50  # that wait, of one mailbox
_KEPT = timedelta(days=90)  # then nothing says any more who was asked
_State = Invitation.State


class Full(Exception):
    """Too many wait already."""


class Twice(Exception):
    """That name is invited already."""


def invite(mailbox: Mailbox, inviter: User, name: str, *, role: str, may_send: bool, now: datetime) -> Invitation:
    """`name` is a login or an RPPS number, as typed."""
    waiting = Invitation.objects.filter(mailbox=mailbox, state=_State.PENDING)
    with transaction.atomic():
        waiting.filter(until__lte=now).update(state=_State.REVOKED)
        if waiting.count() >= MOST:
            raise Full
        try:
            with transaction.atomic():
                return Invitation.objects.create(
                    mailbox=mailbox, inviter=inviter, name=name.strip().lower()[:254], role=role,
                    may_send=may_send and role != Membership.Role.READER, at=now, until=now + LIVES,
                )  # fmt: skip
        except IntegrityError:
            raise Twice from None


def waiting_in(mailbox: Mailbox, now: datetime) -> QuerySet[Invitation]:
    """Those that managers may still take back."""
    rows = Invitation.objects.filter(mailbox=mailbox, state=_State.PENDING, until__gt=now)
    return rows.select_related("inviter").order_by("-at")


def revoke(mailbox: Mailbox, invitation_id: UUID) -> bool:
    return bool(
        Invitation.objects.filter(mailbox=mailbox, pk=invitation_id, state=_State.PENDING).update(state=_State.REVOKED)
    )


def take_back(mailbox_id: UUID, inviter_id: UUID) -> int:
    """All that wait of one who manages no more, in the caller's transaction; how many."""
    waiting = Invitation.objects.filter(mailbox=mailbox_id, inviter=inviter_id, state=_State.PENDING)
    return waiting.update(state=_State.REVOKED) + colleagues.take_back(mailbox_id, inviter_id, now=timezone.now())


def of(user: User, now: datetime) -> QuerySet[Invitation]:
    """What waits for this person, of mailboxes that people work in and that they are no member of."""
    names = {user.login, user.rpps} - {""}
    rows = _asked(user.pk, now).filter(name__in=names)
    return rows.select_related("mailbox", "mailbox__tenant", "inviter").order_by("-at")


def _asked(user_id: UUID, now: datetime) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(
        state=_State.PENDING,
        until__gt=now,
        mailbox__state=Mailbox.State.ACTIVE,
        mailbox__kind=Mailbox.Kind.ORG,
    )
    manages = Membership.objects.standing().filter(mailbox=OuterRef("mailbox"), user=OuterRef("inviter"))
    rows = rows.filter(Exists(manages.filter(role=Membership.Role.MANAGER)))
    return rows.exclude(mailbox__memberships__user=user_id)


def waits(user: User, now: datetime) -> bool:
    """Whether `of` has any, for the page that everybody lands on."""
    return bool(_first(login=user.login, rpps=user.rpps or user.login, user=user.pk, now=now))


@prepared
def _first(*, login: str, rpps: str, user: UUID, now: datetime) -> QuerySet[Invitation]:
    return _asked(user, now).filter(Q(name=login) | Q(name=rpps)).only("pk")[:1]


def accept(invitation: Invitation, user: User, *, now: datetime) -> Membership | None:
    """The membership; None when it was taken back or answered meanwhile."""
    with transaction.atomic():
        won = Invitation.objects.filter(pk=invitation.pk, state=_State.PENDING, until__gt=now)
        if not won.update(state=_State.ACCEPTED):
            return None
        admit(invitation.mailbox.tenant, user, by=invitation.inviter, now=now)
        member, _ = Membership.objects.get_or_create(
            mailbox_id=invitation.mailbox_id, user=user,
            defaults={"role": invitation.role, "may_send": invitation.may_send},
        )  # fmt: skip
        notify.kill(user.pk)  # their streams come back with the new mailbox
        notify.changed(invitation.mailbox_id)
    return member


def sweep(now: datetime) -> None:
    """Names that a manager typed, whether anybody has them or not, are not kept for good: the journal has the acts."""
    Invitation.objects.filter(until__lte=now - _KEPT).delete()


def decline(invitation: Invitation) -> bool:
    return bool(Invitation.objects.filter(pk=invitation.pk, state=_State.PENDING).update(state=_State.DECLINED))
