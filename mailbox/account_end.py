"""An account is closed, or erased: its person leaves every mailbox as whoever is removed does (departure), and every structure.

In the caller's transaction; mailboxes in one order. A shared mailbox that keeps no manager gets the *titulaire* of its
structure, who is told; where there is none, whoever acts is. A nominative mailbox stays its person's: suspended, so that
who writes to it learns that nobody reads; closed when they leave for good. Nothing comes back by itself.
"""

from datetime import datetime

from django.apps import apps
from django.db import models
from django.http import HttpRequest

from auth_otp.models import User
from mailbox import departure
from mailbox.daily import letter_box
from mailbox.life import desk, states
from mailbox.models import Draft, Invitation, Mailbox, Membership, Staff, Tenant
from mailbox.outbound import house
from mailbox.staff import people
from mssweb import notify
from mssweb.audit.record import record

_OURS: set[object] = set(apps.get_app_config("mailbox").get_models())
_REASON = "Compte de son titulaire désactivé."
_REASON_FOR_GOOD = "Compte de son titulaire supprimé à sa demande."


def leave_all(user: User, *, request: HttpRequest | None, now: datetime, is_for_good: bool = False) -> list[str]:
    """What whoever acts has to know, in words."""
    by = request.user if request is not None and isinstance(request.user, User) else user
    rows = Membership.objects.filter(user=user).select_related("mailbox__tenant", "mailbox__key")
    shared = rows.exclude(mailbox__kind=Mailbox.Kind.PER).order_by("mailbox_id")
    alone = [row.mailbox for row in shared if _leave(request, row, by, now)]
    _withdraw(user, by, now)
    own = Mailbox.objects.filter(kind=Mailbox.Kind.PER, memberships__user=user).order_by("pk")
    for mailbox in own:
        _shut(mailbox, desk.By(now=now, actor=by, request=request), is_for_good)
    if is_for_good:
        _forget(user)
        Invitation.objects.filter(
            name__in={user.login, user.rpps} - {""}
        ).delete()  # that named them, whatever became of it
    said = [_without_manager(request, mailbox, user, now) for mailbox in alone]
    held = Tenant.objects.filter(holder=user).order_by("name")
    return said + [f"{tenant.name} n’a plus de titulaire en activité\u00a0: nommez-en un autre." for tenant in held]


def hindrances(user: User) -> list[str]:
    """Why this person cannot leave for good by themselves yet: what would be nobody's."""
    said = [f"Vous êtes titulaire de {tenant.name}\u00a0: l’administrateur en nomme un autre d’abord."
            for tenant in Tenant.objects.filter(holder=user).order_by("name")]  # fmt: skip
    rows = Membership.objects.filter(user=user, role=Membership.Role.MANAGER, mailbox__state__in=states.ALIVE)
    for row in rows.exclude(mailbox__kind=Mailbox.Kind.PER).select_related("mailbox").order_by("mailbox__address"):
        others = Membership.objects.standing().filter(mailbox=row.mailbox, role=Membership.Role.MANAGER)
        if not others.filter(user__is_active=True).exclude(user=user).exists():  # who is suspended answers for nothing
            said.append(f"Vous êtes seul responsable de {row.mailbox.address}\u00a0: nommez-en un autre d’abord.")
    return said


def _leave(request: HttpRequest | None, row: Membership, by: User, now: datetime) -> bool:
    """Whether the mailbox has no manager any more."""
    mailbox = row.mailbox
    rows = departure.held(mailbox, row.pk)
    if (held := rows.pop(row.pk, None)) is None:
        return False
    departure.hand_on(held, None, by=by.pk, now=now)
    record(
        "membership.delete", request=request, actor_id=by.pk, mailbox_id=mailbox.pk, subject=("user", held.user_id),
        role=held.role,
    )  # fmt: skip
    held.delete()
    notify.changed(mailbox.pk)
    others = (one for one in rows.values() if one.can_manage and one.user.is_active)
    return held.can_manage and not any(one.stands for one in others)  # type: ignore[attr-defined]  # of `held`


def _withdraw(user: User, by: User, now: datetime) -> None:
    """From every structure: an old invitation does not let them in again."""
    names = {user.login, user.rpps} - {""}
    Invitation.objects.filter(name__in=names, state=Invitation.State.PENDING).update(state=Invitation.State.REVOKED)
    works = Staff.objects.filter(user=user).exclude(state=Staff.State.WITHDRAWN)
    works.update(state=Staff.State.WITHDRAWN, is_delegate=False, decided_by=by, decided_at=now)


def _forget(user: User) -> None:
    """What is theirs alone. Drafts go with their mailbox; memberships of a closed one until it is destroyed."""
    for relation in User._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel) or relation.on_delete is not models.CASCADE:
            continue
        if relation.related_model in _OURS - {Draft, Membership}:
            relation.related_model._base_manager.filter(**{relation.field.name: user}).delete()


def _shut(mailbox: Mailbox, by: desk.By, is_for_good: bool) -> None:
    try:
        if is_for_good:
            desk.close(mailbox.pk, desk.By(now=by.now, actor=by.actor, request=by.request, reason=_REASON_FOR_GOOD))
        else:
            desk.suspend(mailbox.pk, desk.By(now=by.now, actor=by.actor, request=by.request, reason=_REASON))
    except states.Impossible:
        pass  # suspended, or closed, already


def _without_manager(request: HttpRequest | None, mailbox: Mailbox, user: User, now: datetime) -> str:
    """Its *titulaire* manages it from now on, and reads so in their own mailbox."""
    holder = mailbox.tenant.holder
    if holder is None or holder.pk == user.pk or not people.take_over(mailbox, request=request):
        return f"{mailbox.address} n’a plus de responsable\u00a0: nommez-en un."
    if (box := letter_box(holder)) is not None:
        house.write(
            box, "Vous êtes responsable d’une boîte partagée",
            f"{user.get_full_name()} a quitté la messagerie et était seul responsable de la boîte {mailbox.address}.",
            "Vous l’êtes désormais, comme titulaire\u00a0: nommez-y un autre responsable, si vous le voulez, à la page "
            "«\u00a0Membres de la boîte\u00a0».",
            now=now,
        )  # fmt: skip
    return f"{mailbox.address}\u00a0: {holder.get_full_name()}, titulaire, en est maintenant responsable."
