"""Sessions that are open are put under the rules of now: confined to «Sécurité», freed, locked sooner, ended.

Refuses to know whose rules these are: whoever changes them says so (policy asks the same of them as a session is opened).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Least

from auth_otp.means import Means
from auth_otp.models import Session, User
from auth_otp.policy import Limits
from mssweb import notify


@dataclass(frozen=True, slots=True)
class Ruled:
    """Hashable: people under the same rules are judged together."""

    refused: frozenset[Means]
    limits: Limits


def hold(user_ids: Collection[UUID]) -> list[UUID]:
    """These people, held until the end of the caller's transaction: who signs in meanwhile is judged with the others, or
    reads the new rules (entry.enter writes their row before it asks the policy)."""
    rows = User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=user_ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def judge(user_ids: Collection[UUID], ruled: Ruled, *, now: datetime) -> None:
    """Their streams end where something was taken: pages that are open cover themselves."""
    rows = Session.objects.filter(user__in=user_ids)
    means = [*ruled.refused, *([""] if Means.PASSWORD_SMS in ruled.refused else [])]  # from before it was kept
    refused = rows.filter(means__in=means)
    told = set(refused.filter(is_confined=False).values_list("user_id", flat=True))
    refused.update(is_confined=True)
    rows.exclude(means__in=means).filter(is_confined=True).update(is_confined=False)
    rows.update(idle_minutes=ruled.limits.idle_minutes)
    if ruled.limits.hours:
        life = timedelta(hours=ruled.limits.hours)
        over = rows.filter(created_at__lte=now - life)
        told |= set(over.values_list("user_id", flat=True))
        over.delete()
        rows.update(expire_date=Least(F("expire_date"), F("created_at") + life))
    for user_id in told:
        if user_id is not None:
            notify.kill(user_id)
