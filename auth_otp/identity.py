"""The person behind a national number, for doors that have proven one: known here, or known to the annuaire.

The annuaire is above this app: the setting PROFESSIONALS names its function. Whoever it does not know, or knows no more,
gets no account by themselves. Refuses to judge the proof: the door has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import cast

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from auth_otp import notices, remaining
from auth_otp.models import Notice, SectorLink, User
from mssweb.audit.record import record


@dataclass(frozen=True, slots=True)
class Professional:
    """What the annuaire says of a person in force. `addresses`: MSSanté ones of theirs, nominative, in force.

    `places`: FINESS of the structures where they practise.
    """

    rpps: str
    title: str
    first_name: str
    last_name: str
    profession_code: str  # TRE_G15: 21 is a pharmacist
    profession: str
    addresses: tuple[str, ...]
    places: tuple[str, ...] = ()


class Why(Enum):
    NO_RPPS = "no_rpps"
    UNKNOWN = "unknown"  # to us and to the annuaire
    INACTIVE = "inactive"  # their account is closed here


class Refused(Exception):
    """Nobody may come in by this number; `why` is for the page, and the audit."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def professional(rpps: str) -> Professional | None:
    """None when the annuaire does not know them, or has seen them go."""
    ask = cast("Callable[[str], Professional | None]", import_string(settings.PROFESSIONALS))
    return ask(rpps)


def rpps_of(subject: str) -> str:
    """The RPPS of a national number: 8 and its eleven digits (trust-space §8.4)."""
    if len(subject) != 12 or not subject.startswith("8") or not (subject.isascii() and subject.isdigit()):
        raise Refused(Why.NO_RPPS)
    return subject[1:]


def recognised(request: HttpRequest, *, kind: SectorLink.Kind, subject: str, now: datetime) -> SectorLink:
    """The link by which `subject` is known at this door; made at their first sign-in, with their account if they had none.

    Refused otherwise. The caller opens the session, with the link as its device.
    """
    rpps = rpps_of(subject)
    link: SectorLink | None = SectorLink.objects.select_related("user").filter(kind=kind, subject=subject).first()
    if link is None:
        with transaction.atomic():
            user = _account(request, rpps)
            link, is_new = SectorLink.objects.get_or_create(
                user=user, kind=kind, defaults={"name": kind.label, "subject": subject, "added_at": now}
            )
            if is_new:
                record("factor.link", request=request, actor_id=user.pk, subject=("user", user.pk), means=kind.value)
                notices.note(Notice.Kind.SECTOR_LINKED, request=request, user=user, now=now, what=kind.value)
    if link.user.rpps != rpps or link.subject != subject:  # their number was changed here since
        raise Refused(Why.UNKNOWN)
    if not link.user.is_active:
        raise Refused(Why.INACTIVE)
    SectorLink.objects.filter(pk=link.pk).update(used_at=now)
    return link


def unlink_others(request: HttpRequest, *, user: User, now: datetime) -> None:
    """Their number was corrected: who came by the one of before was somebody else. Those sessions end, and either comes
    anew by their own. The caller has written the number, and ends the streams."""
    with transaction.atomic():
        remaining.hold(user)
        gone = SectorLink.objects.filter(user=user).exclude(subject=f"8{user.rpps}")
        for link in list(gone):
            record("factor.unlink", request=request, subject=("user", user.pk), means=link.kind)
            notices.note(Notice.Kind.FACTOR_REMOVED, request=request, user=user, now=now, what=link.kind)
        gone.delete()
        remaining.drop_codes(user)


def _account(request: HttpRequest, rpps: str) -> User:
    """Theirs, or a new one that opens by doors of the sector alone, until they add another."""
    known = User.objects.select_for_update(no_key=True).filter(rpps=rpps).first()
    if known is not None:
        return known
    told = professional(rpps)
    if told is None or User.objects.filter(login=rpps).exists():
        raise Refused(Why.UNKNOWN)
    user, is_new = User.objects.get_or_create(
        rpps=rpps,
        defaults={
            "login": rpps, "title": told.title[:16], "first_name": told.first_name[:100], "last_name": told.last_name[:100],
            "profession": told.profession[:100], "password": make_password(None),
        },
    )  # fmt: skip
    if is_new:
        record("user.enrol", request=request, actor_id=user.pk, subject=("user", user.pk))
    return user
