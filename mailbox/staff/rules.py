"""The rules that a person is under: those of every structure that they work for, together. The strictest of each counts.

Asked by auth_otp as a session is opened (mssweb.above), by no request after that: what changes meanwhile is judged at once
(`judge`), and what comes into force on its day by a sweep.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from auth_otp import confining, factors
from auth_otp.means import Means
from auth_otp.models import User
from auth_otp.policy import Limits, Rules
from mailbox.models import Staff, Tenant
from mailbox.staff import policy
from mailbox.staff.policy import Policy, Told
from mssweb.audit.record import record
from mssweb.prepared import prepared


@dataclass(frozen=True, slots=True)
class Rule:
    """Of one structure, for one person: what is in force, and what is announced."""

    structure: str
    now: Policy
    coming: Policy | None
    on: date | None


def rules_of(user: User) -> Rules:
    under = _in_force(user)
    return Rules(frozenset[Means]().union(*(one.means for one in under)), _limits(under))


def of(user: User) -> list[Rule]:
    """Of each structure that has any, for the person's own page."""
    rows = _works([user.pk]).order_by("tenant__name").values_list("tenant__name", "tenant__policy", "tenant__time_zone")
    told = [(name, policy.read(kept), _today(zone)) for name, kept, zone in rows]
    return [Rule(name, one.at(day), *_ahead(one, day)) for name, one, day in told]


def shown_to(user: User) -> dict[str, object]:
    """What the person's page says of them."""
    found = of(user)
    refused = frozenset[Means]().union(*(one.now.means for one in found))
    accepted = [policy.ACCEPTED, *(words for way, words in policy.WORDS.items() if not policy.MEANS[way] & refused)]
    return {
        "rules": found,
        "accepted": accepted,
        "holds_better": bool(refused) and factors.holds_allowed(user, refused),
    }


def told_of(tenant: Tenant) -> Told:
    return policy.read(tenant.policy)


def in_force(tenant: Tenant) -> Policy:
    return told_of(tenant).at(_today(tenant.time_zone))


def today_of(tenant: Tenant) -> date:
    return _today(tenant.time_zone)


def judge(user_ids: Collection[UUID], *, now: datetime) -> None:
    """In the transaction of what changed: the sessions of these people are under their rules of now."""
    ids = confining.hold(user_ids)
    under: dict[UUID, list[Policy]] = {pk: [] for pk in ids}
    for user_id, kept, zone in _works(ids).values_list("user", "tenant__policy", "tenant__time_zone"):
        under[user_id].append(policy.read(kept).at(_today(zone)))
    groups: dict[confining.Ruled, list[UUID]] = {}
    for user_id, policies in under.items():
        refused = frozenset[Means]().union(*(one.means for one in policies))
        groups.setdefault(confining.Ruled(refused, _limits(policies)), []).append(user_id)
    for ruled, people in groups.items():
        confining.judge(people, ruled, now=now)


def people_of(tenant: Tenant) -> list[UUID]:
    return list(Staff.objects.authorised().filter(tenant=tenant).values_list("user", flat=True))


def look_over(now: datetime) -> int:
    """The sweep: rules whose day has come are in force, for sessions that are open too. How many structures."""
    ids = list(Tenant.objects.filter(policy__has_key="next").values_list("pk", flat=True))
    return sum(_come(pk, now) for pk in ids)


def _come(tenant_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(of=("self",), no_key=True).get(pk=tenant_id)
        told, today = told_of(tenant), today_of(tenant)
        if not told.is_due(today):
            return False
        tenant.policy = policy.kept(Told(told.at(today)))
        tenant.save(update_fields=["policy"])
        record("tenant.rules_due", subject=("tenant", tenant.pk))
        judge(people_of(tenant), now=now)
    return True


def _in_force(user: User) -> list[Policy]:
    places = (row.tenant for row in places_of(user=user.pk))
    return [policy.read(one.policy).at(_today(one.time_zone)) for one in places]


@prepared
def places_of(*, user: UUID) -> QuerySet[Staff]:
    """Where this person works, each with its structure."""
    return Staff.objects.authorised().filter(user=user).select_related("tenant")


def _works(user_ids: Iterable[UUID]) -> QuerySet[Staff]:
    return Staff.objects.authorised().filter(user__in=list(user_ids))


def _limits(policies: Iterable[Policy]) -> Limits:
    found = list(policies)
    return Limits(
        idle_minutes=min((one.idle_minutes for one in found if one.idle_minutes), default=0),
        hours=min((one.hours for one in found if one.hours), default=0),
    )


def _ahead(told: Told, today: date) -> tuple[Policy | None, date | None]:
    return (None, None) if told.is_due(today) else (told.coming, told.on)


def _today(zone: str) -> date:
    return timezone.localdate(timezone=ZoneInfo(zone))
