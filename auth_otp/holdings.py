"""What people hold to sign in with, for whoever answers for them: that it is there, never what it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, IntegerField, Model, OuterRef, QuerySet, Subquery

from auth_otp.means import Means
from auth_otp.models import Passkey, RecoveryCode, SectorLink, Session, TOTPDevice, User


@dataclass(frozen=True, slots=True)
class Held:
    """`codes`: of recovery, that are left. `sessions`: open now. `has_sms`: a number is known."""

    passkeys: int
    has_totp: bool
    codes: int
    has_sms: bool
    has_psc: bool
    has_cps: bool
    sessions: int

    @property
    def is_strong(self) -> bool:
        return bool(self.passkeys) or self.has_totp or self.has_psc or self.has_cps

    def opens(self, refused: frozenset[Means]) -> bool:
        """With something that is not refused?"""
        able = {
            Means.PASSKEY: bool(self.passkeys), Means.PASSWORD_TOTP: self.has_totp, Means.PSC: self.has_psc,
            Means.CPS: self.has_cps, Means.PASSWORD_SMS: self.has_sms,
        }  # fmt: skip
        return any(is_held and means not in refused for means, is_held in able.items())


def held_by(user_ids: Collection[UUID], *, now: datetime) -> dict[UUID, Held]:
    """One statement, for one person as for a hundred."""
    links = SectorLink.objects.filter(user=OuterRef("pk"))
    rows = User.objects.filter(pk__in=user_ids).annotate(
        passkeys=_count(Passkey),
        has_totp=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"))),
        codes=_count(RecoveryCode, used_at=None),
        has_psc=Exists(links.filter(kind=SectorLink.Kind.PSC)),
        has_cps=Exists(links.filter(kind=SectorLink.Kind.CPS)),
        open=_count(Session, expire_date__gt=now),
    )
    names = ("passkeys", "has_totp", "codes", "has_psc", "has_cps", "open", "phone")
    return {
        pk: Held(passkeys or 0, totp, codes or 0, bool(phone), psc, cps, sessions or 0)
        for pk, passkeys, totp, codes, psc, cps, sessions, phone in rows.values_list("pk", *names)
    }


def _count(model: type[Model], **where: Any) -> Subquery:
    rows: QuerySet[Any] = model._default_manager.filter(user=OuterRef("pk"), **where)
    return Subquery(rows.order_by().values("user").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
