"""The password once more, before what cannot be taken back: a session left open at the counter is not enough.

Counted like any try of a password, so that it is no way to guess one. Refuses to stand for a second factor: the session
that asks has given both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from auth_otp import throttle
from auth_otp.models import User
from mssweb.audit.record import REFUSED, record


@dataclass(frozen=True, slots=True)
class Answer:
    """`wait`: too many tries, nothing was looked at."""

    is_right: bool
    wait: timedelta = timedelta()


def confirm(request: HttpRequest, user: User, password: str, *, now: datetime, clear: bool = True) -> Answer:
    """Is it the password of this person? A wrong one is told to the audit. Without `clear` the try stays counted."""
    if wait := throttle.count(request, user.pk, now=now):
        return Answer(False, wait)
    with throttle.judging(request, user.pk, now=now):
        is_right = user.check_password(password)
    if not is_right:
        record("session.password_failed", request=request, actor_id=user.pk, result=REFUSED, subject=("user", user.pk))
        return Answer(False)
    throttle.passed(request, user.pk, now=now)
    if clear:
        throttle.clear(request, user.pk)
    return Answer(True)
