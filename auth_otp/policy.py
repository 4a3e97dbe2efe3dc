"""Under which rules a person signs in: those of the organisations that they work for.

Organisations are above this app: mssweb.above names functions of theirs, asked as a session is opened. What changes later
is told by them (auth_otp.confining).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from auth_otp.means import Means
from auth_otp.models import User


@dataclass(frozen=True, slots=True)
class Limits:
    """0: as the operator says; never more than that."""

    idle_minutes: int = 0
    hours: int = 0


def refused_to(user: User) -> frozenset[Means]:
    """A session by one of these is confined to adding another."""
    if not settings.MEANS_REFUSED:
        return frozenset()
    ask = cast("Callable[[User], frozenset[Means]]", import_string(settings.MEANS_REFUSED))
    return ask(user)


def limits_of(user: User) -> Limits:
    """When a session of theirs is locked, and when it ends."""
    if not settings.SESSION_LIMITS:
        return Limits()
    return cast("Callable[[User], Limits]", import_string(settings.SESSION_LIMITS))(user)
