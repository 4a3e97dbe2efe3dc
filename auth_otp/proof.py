"""Shown lately who they are? Asked before a sensitive act: a session left open at the counter is not enough (ASVS 7.5).

`asked` guards a view: whoever has given nothing for ten minutes is led to /confirmer/ and back. What was posted is not
kept: guard the page that leads to the act too. Refuses to open a session: whoever proves is in already.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from auth_otp import entry, factors
from auth_otp.means import STRONG
from auth_otp.models import User
from auth_otp.ways import elsewhere

FRESH = timedelta(minutes=10)
type View = Callable[..., HttpResponse]


class Worth(Enum):
    """What is asked. STRONGEST: as strong as its person can; STRONG: a strong one, whoever holds none adds it first."""

    ANY = "any"
    STRONGEST = "strongest"
    STRONG = "strong"


def is_fresh(request: HttpRequest, *, now: datetime, worth: Worth = Worth.ANY) -> bool:
    row = entry.row_of(request)
    if row is None or row.proven_at is None or not now - FRESH <= row.proven_at <= now:
        return False
    return row.proof in STRONG or not asks_strong(request, worth)


def asks_strong(request: HttpRequest, worth: Worth) -> bool:
    if worth is Worth.STRONGEST:
        return isinstance(request.user, User) and factors.has_strong(request.user)
    return worth is Worth.STRONG


def ask(request: HttpRequest, worth: Worth = Worth.ANY) -> HttpResponse:
    """To the page that asks, and from there back to the page where the person was."""
    return elsewhere(request, "auth_otp:confirm", **({"fort": "1"} if asks_strong(request, worth) else {}))


def asked(worth: Worth = Worth.ANY, *, to_read: bool = True) -> Callable[[View], View]:
    """Decorates a view of who is verified. Without `to_read`, a page that is only looked at asks nothing."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            is_asked = to_read or request.method not in {"GET", "HEAD"}
            if is_asked and not is_fresh(request, now=timezone.now(), worth=worth):
                return ask(request, worth)
            return view(request, *args, **kwargs)

        return guarded

    return guard
