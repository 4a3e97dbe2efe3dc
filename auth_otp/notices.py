"""What happened to an account is noted, in the transaction of the act; who may write to its person tells them.

Refuses to tell by itself: mailboxes are above this app (mailbox.newcomers).
"""

from datetime import datetime

from django.http import HttpRequest

from auth_otp import browsers
from auth_otp.models import Notice, User
from mssweb.audit.record import client_address


def note(kind: Notice.Kind, *, request: HttpRequest, user: User, now: datetime) -> None:
    device = browsers.label(request.headers.get("User-Agent", ""))
    Notice.objects.create(user=user, kind=kind, at=now, device=device, client=client_address(request))
