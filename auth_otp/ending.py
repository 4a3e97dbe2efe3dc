"""An account is closed by an administrator: its sessions, streams and codes end, and its person leaves what they worked in.

Mailboxes are above this app: settings.ACCOUNT_LEAVES names their function. Opening it again restores nothing of that.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from auth_otp import activation, entry, reset
from auth_otp.models import User

type Leave = Callable[..., list[str]]


def close(request: HttpRequest, *, user: User, now: datetime) -> list[str]:
    """The caller tells the journal. What whoever acts has to know, in words."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False, leaving_at=None)
        entry.end_all(user.pk, now=now)
        activation.withdraw_of(user, now=now)
        reset.cancel_of(request, user, now=now)  # or it would go on once the account is open again
        return leave(user, request=request, now=now)


def leave(user: User, *, request: HttpRequest | None, now: datetime, is_for_good: bool = False) -> list[str]:
    of_mailboxes = cast("Leave", import_string(settings.ACCOUNT_LEAVES))
    return of_mailboxes(user, request=request, now=now, is_for_good=is_for_good)
