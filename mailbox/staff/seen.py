"""Who is in a structure and who holds what, for the *titulaire*'s page: four statements, for one person as for a hundred."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth_otp import holdings
from auth_otp.holdings import Held
from mailbox.mime.address import in_words
from mailbox.models import Mailbox, Membership, Staff, Tenant
from mailbox.staff import rules

MOST = 1000  # people of a page
_ORDER = {
    Staff.State.WAITING: 0,
    Staff.State.AUTHORISED: 1,
    Staff.State.SUSPENDED: 2,
    Staff.State.WITHDRAWN: 3,
}


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of the structure, and what somebody may do in it."""

    name: str
    role: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the page shows them. `is_weak`: nothing strong; `is_out`: nothing that the structure will accept."""

    row: Staff
    held: Held
    boxes: tuple[Box, ...]
    is_holder: bool
    is_weak: bool
    is_out: bool


def people(tenant: Tenant, *, now: datetime, only: UUID | None = None) -> list[Person]:
    """Those to be authorised first, then by name."""
    rows = Staff.objects.filter(tenant=tenant).select_related("user", "decided_by")
    rows = rows.filter(pk=only) if only else rows
    found = list(rows.order_by("user__last_name", "user__first_name")[:MOST])
    ids = [row.user_id for row in found]
    held, boxes = holdings.held_by(ids, now=now), _boxes(tenant, ids)
    told, today = rules.told_of(tenant), rules.today_of(tenant)
    refused = told.at(today).means | (told.coming.means if told.coming else frozenset())
    shown = [
        Person(
            row, held[row.user_id], tuple(boxes.get(row.user_id, ())), row.user_id == tenant.holder_id,
            not held[row.user_id].is_strong, not held[row.user_id].opens(refused),
        )
        for row in found
    ]  # fmt: skip
    return sorted(shown, key=lambda one: _ORDER[Staff.State(one.row.state)])


def unmanaged(tenant: Tenant) -> list[str]:
    """Shared mailboxes that nobody manages who stands."""
    manages = Membership.objects.standing().filter(role=Membership.Role.MANAGER, mailbox__tenant=tenant)
    rows = Mailbox.objects.filter(tenant=tenant, kind=Mailbox.Kind.ORG, state=Mailbox.State.ACTIVE, is_technical=False)
    return list(rows.exclude(pk__in=manages.values("mailbox")).values_list("display_name", flat=True))


def _boxes(tenant: Tenant, user_ids: list[UUID]) -> dict[UUID, list[Box]]:
    told: dict[UUID, list[Box]] = {}
    rows = Membership.objects.filter(mailbox__tenant=tenant, user__in=user_ids).select_related("mailbox")
    for row in rows.exclude(mailbox__state=Mailbox.State.DELETED).order_by("mailbox__kind", "mailbox__display_name"):
        is_own = row.mailbox.kind == Mailbox.Kind.PER
        role = "personnelle" if is_own else str(row.get_role_display())
        told.setdefault(row.user_id, []).append(Box(in_words(row.mailbox.display_name), role, is_own))
    return told
