"""Change how one person wants the screen and be told: one row, one event of the audit that names the settings."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from auth_otp.models import User
from mailbox.models import Preference
from mssweb.audit.record import record


def change(user: User, *, request: HttpRequest, **fields: Any) -> Preference:
    """`fields` are columns of Preference, judged already by a form."""
    with transaction.atomic():
        row, _ = Preference.objects.update_or_create(user=user, defaults=fields)
        record("preference.change", request=request, subject=("user", user.pk), names=" ".join(sorted(fields)))
    return row
