"""The one way on from every door: whoever has been recognised gets a session, and their browser is remembered.

Refuses to recognise anybody: the door has, and says by which means.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_otp.models import Device

from auth_otp import browsers, entry, notices, reset, throttle
from auth_otp.means import Means
from auth_otp.models import Notice, User
from auth_otp.ways import safe
from mssweb.audit.record import record


def arrive(
    request: HttpRequest,
    *,
    user: User,
    now: datetime,
    means: Means,
    there: str,
    device: Device | None = None,
    until: datetime | None = None,
) -> HttpResponse:
    """To `there`, a path of ours. `device` and `until` as `entry.enter` has them."""
    is_new = user.last_login is not None and browsers.known_to(request, user.pk) is None
    with transaction.atomic():
        entry.enter(request, user=user, now=now, means=means, device=device, until=until)
        reset.cancel_of(request, user, now=now)
        if is_new:
            notices.note(Notice.Kind.NEW_BROWSER, request=request, user=user, now=now)
            record("session.new_browser", request=request, actor_id=user.pk)
    throttle.clear(request, user.pk)
    there = reverse(settings.LEAVING_PAGE) if user.leaving_at else there  # may be taken back at any sign-in
    response = HttpResponseRedirect(safe(there))
    browsers.remember(response, request, user.pk)
    return response
