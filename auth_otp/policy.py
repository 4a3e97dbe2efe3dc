"""Which means are refused to a person, by the organisations that they work for.

Organisations are above this app: the setting MEANS_REFUSED names a function of theirs, asked at each sign-in.
"""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from auth_otp.means import Means
from auth_otp.models import User


def refused_to(user: User) -> frozenset[Means]:
    """A session by one of these is confined to adding another."""
    if not settings.MEANS_REFUSED:
        return frozenset()
    ask = cast("Callable[[User], frozenset[Means]]", import_string(settings.MEANS_REFUSED))
    return ask(user)
