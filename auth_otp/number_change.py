"""One's own mobile number: the new one is theirs once a code has reached it, and the old one is told.

The code is a Challenge of its own, bound to the session that asks: it opens no sign-in, and that of a sign-in confirms no
number. Refuses to judge who may: the view asks for a strong proof, for a number is a factor (ASVS 7.5.1).
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from auth_otp import challenges, entry, notices, numbers, otp, reset
from auth_otp.models import Challenge, Notice, User
from mssweb import crypto, keys
from mssweb.audit.record import record


def ask(request: HttpRequest, *, user: User, given: str, now: datetime) -> None:
    """A code to the number, as people write it. NumberRefused says why not; challenges.TooMany, how long to wait."""
    number = numbers.mobile(given, settings.SMS_COUNTRIES)
    if number == user.phone:
        raise numbers.NumberRefused("C’est déjà votre numéro.")
    with transaction.atomic():
        cancel(user, now=now)
        challenges.issue(user=user, binding=_binding(request), now=now, network=None, to=number)
        record("number.ask", request=request, subject=("user", user.pk))


def pending(request: HttpRequest, *, user: User, now: datetime) -> Challenge | None:
    """The number that waits for its code, in this session and in no other."""
    rows = Challenge.objects.filter(user=user, binding=_binding(request), used_at=None, expires_at__gt=now)
    return rows.exclude(to="").filter(tries__lt=otp.MAX_TRIES).select_related("user").order_by("-asked_at").first()


def cancel(user: User, *, now: datetime) -> None:
    Challenge.objects.filter(user=user, used_at=None).exclude(to="").update(used_at=now, box=None, due_at=None)


def confirm(request: HttpRequest, challenge: Challenge, *, code: str, now: datetime) -> otp.Outcome:
    """The right code makes the number theirs; codes that the old one holds open nothing any more."""
    user = challenge.user
    with transaction.atomic():
        before = User.objects.select_for_update(no_key=True).values_list("phone", flat=True).get(pk=user.pk)
        binding = _binding(request)
        outcome = challenges.verify(challenge, code=code, binding=binding, now=now, request=request)
        if outcome is otp.Outcome.OK:
            User.objects.filter(pk=user.pk).update(phone=challenge.to)
            user.phone = challenge.to
            challenges.withdraw(user.pk, now=now)
            reset.cancel_of(request, user, now=now)  # a proof by the old one is none any more
            record("user.own_number", request=request, subject=("user", user.pk))
            notices.note(Notice.Kind.NUMBER_CHANGED, request=request, user=user, now=now, number=before)
    return outcome


def _binding(request: HttpRequest) -> str:
    row = entry.row_of(request)
    return crypto.digest(keys.purpose_key("binding"), f"number:{row.ref if row else ''}".encode()).hex()
