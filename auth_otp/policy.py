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
    """When a session is locked, and when it ends. 0: as the operator says; never more than that."""

    idle_minutes: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """A session by one of the `refused` means is confined to adding another."""

    refused: frozenset[Means] = frozenset()
    limits: Limits = Limits()


def rules_of(user: User) -> Rules:
    """As they are now: one statement."""
    return cast("Callable[[User], Rules]", import_string(settings.RULES_OF_PERSON))(user)


def refused_to(user: User) -> frozenset[Means]:
    return rules_of(user).refused
