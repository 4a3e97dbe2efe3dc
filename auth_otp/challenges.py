"""Issue a code, send it by its challenge's id, verify it once. The row is the queue: what was not sent is found again.

Only who gave the right password gets a challenge, so the page of the code tells an unknown person nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.http import HttpRequest
from django.utils import timezone

from auth_otp import allowances, channels, factors, otp, twilio_codes
from auth_otp.models import Challenge, SMSDevice, User
from mssweb import crypto, keys, tally
from mssweb.audit.record import ERROR, OK, record

_LEASE = timedelta(seconds=30)  # of one sending; longer than the carrier's time-out
_AGAIN = timedelta(seconds=10)  # after a failure that may pass
_MOST_UNANSWERED = ((10, timedelta(hours=1)), (30, timedelta(days=1)))  # of one person, from unknown browsers
_VERIFY_FORGETS, _BATCH = timedelta(minutes=10), 50  # Twilio Verify lets a verification end then; of one sweep
_KEPT = timedelta(days=1)  # how long an ended challenge stays, without its digits: they are counted
_NO_PHONE = "Aucun mobile n’est enregistré pour vous. Adressez-vous au titulaire de votre officine."
_REPORTED = {  # Twilio's MessageStatus; what else there is says nothing new
    "sent": Challenge.Delivery.SENT,
    "delivered": Challenge.Delivery.DELIVERED,
    "undelivered": Challenge.Delivery.UNDELIVERED,
    "failed": Challenge.Delivery.UNDELIVERED,
}
_BEFORE = {  # reports overtake each other: the first last word counts
    Challenge.Delivery.SENT: [""],
    Challenge.Delivery.UNDELIVERED: ["", "sent"],
    Challenge.Delivery.DELIVERED: ["", "sent"],
}


class TooMany(Exception):
    """Codes asked for by who has the password, and not answered, or too many: the next one may be asked for after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def issue(
    *, user: User, binding: str, now: datetime, network: str | None = "", way: otp.Way = otp.Way.SMS, to: str = ""
) -> Challenge:
    """A challenge for the sign-in `binding`; its SMS, if that is the way, leaves by the worker once this is committed.

    `network`: where the browser is; None when the person has signed in with it before. TooMany when it is not, and ten of
    the last hour or thirty of the day were not answered, wherever they were asked from; or when a ration is used up
    (auth_otp.allowances). `to`: a number that is to become theirs (auth_otp.number_change).
    """
    is_sms = way is otp.Way.SMS
    challenge = Challenge(
        user=user, to=to, binding=binding, digest=b"", asked_at=now, expires_at=now + otp.LIFE, asks=int(is_sms)
    )
    if is_sms:
        _draw(challenge, now)
    with transaction.atomic():
        if network is not None:
            _check_unanswered(user, now)
        if is_sms:
            _ration(challenge, network, now)
        challenge.save(force_insert=True)
        _wake(challenge)
    return challenge


def ask_sms(challenge: Challenge, *, now: datetime, network: str | None = "") -> None:
    """An SMS after all, for a challenge that began another way: drawn once, five minutes from now, tries going on.

    TooMany as for `issue`.
    """
    waits = Challenge.objects.filter(pk=challenge.pk, digest=b"", used_at=None, expires_at__gt=now)
    _draw(challenge, now)
    challenge.asked_at, challenge.expires_at, challenge.asks = now, now + otp.LIFE, 1
    names = ("digest", "box", "due_at", "failure", "asked_at", "expires_at", "asks")
    with transaction.atomic():
        if waits.filter(tries__lt=otp.MAX_TRIES).update(**{name: getattr(challenge, name) for name in names}):
            _ration(challenge, network, now)
            _wake(challenge)


def resend(challenge: Challenge, *, now: datetime, network: str | None = "", by_voice: bool = False) -> bool:
    """The same code again, 30 s after it was last asked for; false when it is too early, or the code has ended.

    `by_voice`: by a call, once it was sent again in vain. TooMany as for `issue`.
    """
    rows = Challenge.objects.answerable(now).filter(pk=challenge.pk, asked_at__lte=now - otp.RESEND_AFTER)
    if by_voice:
        rows = rows.filter(asks__gte=otp.CALL_AFTER)
    anew = {"asked_at": now, "due_at": now, "failure": "", "delivery": "", "carrier_id": "", "by_voice": by_voice}
    with transaction.atomic():
        is_asked = bool(challenge.number) and bool(rows.update(**anew, asks=F("asks") + 1))
        if is_asked:
            _ration(challenge, network, now)
            challenge.due_at = now
            _wake(challenge)
    return is_asked


def verify(
    challenge: Challenge,
    *,
    binding: str,
    now: datetime,
    request: HttpRequest,
    code: str = "",
    way: otp.Way = otp.Way.SMS,
    by: Callable[[], bool] | None = None,
) -> otp.Outcome:
    """Count the try first and for good, whatever the way, then judge. Of two right answers at once, one wins.

    `by` judges what is no code; what it raises leaves the try counted.
    """
    counted = Challenge.objects.count_try(challenge_id=challenge.pk, binding=binding)
    outcome = _judged(counted, code, way, now, by) if counted else otp.Outcome.EXHAUSTED
    if outcome is otp.Outcome.OK and not _use(challenge.pk, now):
        outcome = otp.Outcome.USED
    if outcome in {otp.Outcome.EXPIRED, otp.Outcome.EXHAUSTED}:
        Challenge.objects.filter(pk=challenge.pk).update(box=None, due_at=None)
    if outcome is not otp.Outcome.OK:
        subject = ("challenge", challenge.pk)
        record(
            "session.code_failed", request=request, actor_id=challenge.user_id, subject=subject, result=outcome.value,
            means=way.value,
        )  # fmt: skip
    return outcome


def withdraw(user_id: UUID, *, now: datetime) -> None:
    """No code of this person serves any more: a sign-in that waits for one has to begin again."""
    Challenge.objects.filter(user=user_id, used_at=None).update(used_at=now, box=None, due_at=None, verification="")


def send(challenge_id: UUID) -> bool:
    """Send the code of a challenge that is due; one sender wins. What failed for now stays due.

    A worker killed between the carrier's answer and the settling sends the same code again: harmless, and never lost.
    """
    now = timezone.now()
    due = Challenge.objects.answerable(now).filter(pk=challenge_id, due_at__lte=now)
    if not due.update(due_at=now + _LEASE):
        return False
    challenge = Challenge.objects.select_related("user").get(pk=challenge_id)
    if challenge.box is None:  # used meanwhile
        return False
    code = crypto.unseal(_key(), bytes(challenge.box), _context(challenge.pk)).decode()
    try:
        taken = _hand_over(challenge, code)
    except channels.CarrierError as error:
        tally.count("codes", "failed")
        _after_failure(challenge, error, now)
        return False
    _settle(challenge, taken)
    tally.count("codes", "sent")
    record(
        "code.called" if challenge.by_voice else "code.sent",
        actor_id=challenge.user_id,
        subject=("challenge", challenge.pk),
    )
    return True


def note_report(challenge_id: UUID, carrier_id: str, *, status: str, code: str, request: HttpRequest) -> None:
    """What the carrier says of the last SMS: forward only, in one statement; a report may come before `send` has settled."""
    if (delivery := _REPORTED.get(status)) is None:
        return
    is_lost = delivery is Challenge.Delivery.UNDELIVERED
    rows = Challenge.objects.filter(pk=challenge_id, used_at=None, carrier_id__in=["", carrier_id])
    known = {"carrier_id": carrier_id[:64], "delivery": delivery}
    failure = {"failure": twilio_codes.of_report(code)} if is_lost else {}
    if not rows.filter(delivery__in=_BEFORE[delivery]).update(**known, **failure):
        return
    if delivery is not Challenge.Delivery.SENT:
        tally.count("codes", delivery.value)
        record(
            "code.report", request=request, subject=("challenge", challenge_id), result=ERROR if is_lost else OK,
            delivery=delivery.value, code=code[:6] if code.isdigit() else None,
        )  # fmt: skip


def send_due_codes() -> int:
    """The sweep: codes whose wake-up was lost leave now; codes that ended lose their digits, then their row."""
    now = timezone.now()
    Challenge.objects.filter(expires_at__lte=now, box__isnull=False).update(box=None, due_at=None)
    Challenge.objects.filter(expires_at__lte=now - _KEPT).delete()
    due = Challenge.objects.answerable(now).filter(due_at__lte=now).values_list("pk", flat=True)
    return sum(send(challenge_id) for challenge_id in due)


def tell_approved() -> int:
    """The sweep: what was right is told to the carrier that asks to be, until it has heard or has itself forgotten."""
    waiting = Challenge.objects.filter(used_at__isnull=False, verification__gt="")
    waiting.filter(used_at__lte=timezone.now() - _VERIFY_FORGETS).update(verification="")
    return sum(_tell_approved(pk, name) for pk, name in waiting.values_list("pk", "verification")[:_BATCH])


def _tell_approved(challenge_id: UUID, verification: str) -> bool:
    try:
        channels.approve(verification)
    except channels.CarrierError:  # told again in ten seconds
        return False
    return bool(Challenge.objects.filter(pk=challenge_id, verification=verification).update(verification=""))


def device_of(user: User) -> SMSDevice:
    """The django-otp device that a right code verifies."""
    device: SMSDevice = SMSDevice.objects.get_or_create(user=user, defaults={"name": "SMS", "confirmed": True})[0]
    return device


def _check_unanswered(user: User, now: datetime) -> None:
    """Sign-ins at once are counted one after the other: the person's row is held until the challenge is there."""
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)
    unanswered = Challenge.objects.filter(user=user, to="", used_at=None).order_by("-expires_at")
    waits = []
    for most, window in _MOST_UNANSWERED:
        asked = unanswered.filter(expires_at__gt=now - window + otp.LIFE)
        ends = list(asked.values_list("expires_at", flat=True)[:most])
        if len(ends) == most:
            waits.append(ends[-1] - otp.LIFE + window - now)
    if waits:
        raise TooMany(max(waits))


def _ration(challenge: Challenge, network: str | None, now: datetime) -> None:
    if not challenge.number:  # nothing leaves; and «no number» is not one that they all share
        return
    try:
        allowances.take_code(challenge.user, network=network, now=now, number=challenge.to)
    except allowances.UsedUp as told:
        raise TooMany(told.wait) from None


def _draw(challenge: Challenge, now: datetime) -> None:
    code = otp.draw()
    challenge.digest = otp.digest(keys.purpose_key("otp digest"), str(challenge.pk), code)
    challenge.box = crypto.seal(_key(), code.encode(), _context(challenge.pk))
    challenge.due_at, challenge.failure = (now, "") if challenge.number else (None, _NO_PHONE)


def _judged(counted: Challenge, code: str, way: otp.Way, now: datetime, by: Callable[[], bool] | None) -> otp.Outcome:
    if way is not otp.Way.SMS:  # what serves once is spent by no try that comes too late
        may = otp.settle(counted.life, is_right=True, now=now) is otp.Outcome.OK
        is_right = may and (by() if by else factors.spend(way, user_id=counted.user_id, given=code, now=now))
        return otp.settle(counted.life, is_right=is_right, now=now)
    given = otp.digest(keys.purpose_key("otp digest"), str(counted.pk), otp.cleaned(code))
    return otp.judge(counted.life, given=given, expected=bytes(counted.digest), now=now)


def _use(challenge_id: UUID, now: datetime) -> bool:
    return bool(Challenge.objects.filter(pk=challenge_id, used_at=None).update(used_at=now, box=None, due_at=None))


def _hand_over(challenge: Challenge, code: str) -> channels.Taken:
    to, report_to = challenge.number, channels.report_url(challenge.pk)
    if challenge.by_voice:
        return channels.call(to, code)
    return channels.send(channels.SMS(to=to, body=channels.text(code), report_to=report_to, code=code))


def _settle(challenge: Challenge, taken: channels.Taken) -> None:
    """A report on this very SMS may have come meanwhile, and is kept; one on the SMS before it is not."""
    carrier_id = taken.name
    kept = Case(When(carrier_id=carrier_id, then=F("delivery")), default=Value(""))
    undelivered = Q(carrier_id=carrier_id, delivery=Challenge.Delivery.UNDELIVERED)
    failure = Case(When(undelivered, then=F("failure")), default=Value(""))
    rows = Challenge.objects.filter(pk=challenge.pk)
    rows.update(due_at=None, sent_at=timezone.now(), failure=failure, carrier_id=carrier_id, delivery=kept)
    if taken.verification:
        rows.update(verification=taken.verification)


def _after_failure(challenge: Challenge, error: channels.CarrierError, now: datetime) -> None:
    again = now + _AGAIN if error.is_temporary else None
    Challenge.objects.filter(pk=challenge.pk, used_at=None).update(due_at=again, failure=error.words)
    subject = ("challenge", challenge.pk)
    record("code.failed", actor_id=challenge.user_id, subject=subject, result=ERROR, code=error.code)


def _wake(challenge: Challenge) -> None:
    from auth_otp.tasks import wake_sender  # tasks knows Celery, and imports this module

    if challenge.due_at:
        transaction.on_commit(lambda: wake_sender(challenge.pk))


def _key() -> crypto.Key:
    return keys.purpose_key("otp")


def _context(challenge_id: UUID) -> str:
    return f"challenge:{challenge_id}:code"
