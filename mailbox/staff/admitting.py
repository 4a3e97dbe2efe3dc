"""Who is let into a structure, at every door that makes a member of its mailboxes. Refuses to lift a suspension.

What is shared opens to authorised people alone (MembershipQuerySet.standing): whoever is not stays a member who reads nothing.
"""

from datetime import datetime

from django.db import transaction

from auth_otp.models import User
from mailbox.models import Staff, Tenant
from mailbox.staff import rules

_State = Staff.State


def heads(user: User, tenant: Tenant) -> bool:
    """Is it the *titulaire* of that structure, or one of its «gérants»?"""
    if tenant.holder_id == user.pk:
        return True
    return Staff.objects.authorised().filter(tenant=tenant, user=user, is_delegate=True).exists()


def admit(tenant: Tenant, user: User, *, by: User | None, now: datetime, is_operator: bool = False) -> Staff:
    """Authorised by the operator, the *titulaire* or a «gérant», and by who manages a mailbox where the structure lets them.

    A suspension stays, whoever asks; who was withdrawn is let in again by neither a manager nor an old invitation.
    """
    function = Staff.Function.HOLDER if tenant.holder_id == user.pk else ""
    decides = is_operator or (by is not None and heads(by, tenant))
    authorised = decides or rules.in_force(tenant).managers_admit
    with transaction.atomic():
        row, is_new = Staff.objects.select_for_update(of=("self",)).get_or_create(
            tenant=tenant, user=user,
            defaults={
                "state": _State.AUTHORISED if authorised else _State.WAITING, "function": function, "decided_by": by,
                "decided_at": now,
            },
        )  # fmt: skip
        lets_in = {_State.WAITING, _State.WITHDRAWN} if decides else set()
        if not is_new and row.state in lets_in:
            row.state, row.decided_by, row.decided_at = _State.AUTHORISED, by, now
            row.save(update_fields=["state", "decided_by", "decided_at"])
        elif row.state == _State.WITHDRAWN:
            row.state = _State.WAITING
            row.save(update_fields=["state"])
        if row.is_authorised:
            rules.judge([user.pk], now=now)  # the session that they join from is under the rules of the house
    return row


def install(tenant: Tenant, *, by: User | None, now: datetime) -> None:
    """Whoever the operator has just named *titulaire* is authorised, whatever they were before."""
    if tenant.holder_id is not None:
        known = {"state": _State.AUTHORISED, "function": Staff.Function.HOLDER, "decided_by": by, "decided_at": now}
        with transaction.atomic():
            Staff.objects.update_or_create(tenant=tenant, user_id=tenant.holder_id, defaults=known)
            rules.judge([tenant.holder_id], now=now)
