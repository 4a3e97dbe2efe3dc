"""Issue a code, send it by its challenge's id, verify it once. The row is the queue: what was not sent is found again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from auth_otp import channels, otp
from auth_otp.models import Challenge, SMSDevice, User
from mssweb import crypto, keys
from mssweb.audit.record import record


def _key() -> crypto.Key:
    return keys.purpose_key("otp")


def _context(challenge_id: UUID) -> str:
    return f"challenge:{challenge_id}:code"


def issue(*, user: User | None, binding: str, now: datetime) -> Challenge:
    """A challenge for this sign-in. Without a user it is a decoy: it behaves the same, and nothing is sent."""
    code = otp.draw()
    challenge = Challenge(user=user, binding=binding, expires_at=now + otp.LIFE, due_at=now if user else None)
    challenge.digest = otp.digest(_key(), str(challenge.pk), code)
    challenge.box = crypto.seal(_key(), code.encode(), _context(challenge.pk))
    with transaction.atomic():
        challenge.save(force_insert=True)
        if user:
            transaction.on_commit(lambda: _ring(challenge.pk))
    return challenge


def resend(challenge: Challenge, *, now: datetime) -> bool:
    """The same code again, 30 s after the last sending; false when it is too early or too late."""
    rows = Challenge.objects.filter(
        pk=challenge.pk, used_at=None, expires_at__gt=now, asked_at__lte=now - otp.RESEND_AFTER, box__isnull=False
    )
    with transaction.atomic():
        done = rows.update(asked_at=now, due_at=now if challenge.user_id else None)
        if done and challenge.user_id:
            transaction.on_commit(lambda: _ring(challenge.pk))
    return bool(done)


def verify(challenge: Challenge, *, code: str, binding: str, now: datetime, request: HttpRequest) -> otp.Outcome:
    """Count the try first, in the database, so that parallel guesses never exceed five; then judge."""
    counted = Challenge.objects.filter(pk=challenge.pk, binding=binding, used_at=None, tries__lt=otp.MAX_TRIES)
    if not counted.update(tries=F("tries") + 1):
        return otp.Outcome.EXHAUSTED
    challenge.refresh_from_db()
    life = otp.Life(challenge.expires_at, challenge.tries, challenge.used_at is not None)
    given = otp.digest(_key(), str(challenge.pk), otp.cleaned(code))
    outcome = otp.judge(life, given=given, expected=bytes(challenge.digest), now=now)
    if outcome is otp.Outcome.OK:
        used = Challenge.objects.filter(pk=challenge.pk, used_at=None).update(used_at=now, box=None, due_at=None)
        outcome = outcome if used and challenge.user_id else otp.Outcome.WRONG
    if outcome is not otp.Outcome.OK:
        subject = ("challenge", challenge.pk)
        record(
            "session.code_failed", request=request, actor_id=challenge.user_id, subject=subject, result=outcome.value
        )
    return outcome


def send(challenge_id: UUID) -> bool:
    """Send the code of a challenge that is due; one sender wins. What failed for now stays due."""
    now = timezone.now()
    claim = Challenge.objects.filter(
        pk=challenge_id, due_at__lte=now, used_at=None, expires_at__gt=now, box__isnull=False
    )
    if not claim.update(due_at=now + otp.RESEND_AFTER):
        return False
    challenge = Challenge.objects.select_related("user").get(pk=challenge_id)
    if challenge.user is None or challenge.box is None:
        return False
    code = crypto.unseal(_key(), bytes(challenge.box), _context(challenge.pk)).decode()
    try:
        channels.carrier().send(channels.Message(to=challenge.user.phone, body=channels.text(code)))
    except channels.CarrierError as error:
        _after_failure(challenge, error)
        return False
    Challenge.objects.filter(pk=challenge.pk).update(due_at=None, sent_at=now)
    record("code.sent", actor_id=challenge.user_id, subject=("challenge", challenge.pk))
    return True


def _after_failure(challenge: Challenge, error: channels.CarrierError) -> None:
    if not error.is_temporary:
        Challenge.objects.filter(pk=challenge.pk).update(due_at=None, failure=error.words)
    subject = ("challenge", challenge.pk)
    record("code.failed", actor_id=challenge.user_id, subject=subject, result="error", code=error.code)


def send_due() -> int:
    """From the sweep: codes whose wake-up was lost; and codes that ended are erased."""
    now = timezone.now()
    Challenge.objects.filter(expires_at__lte=now, box__isnull=False).update(box=None, due_at=None)
    due = Challenge.objects.filter(due_at__lte=now, expires_at__gt=now).values_list("pk", flat=True)
    return sum(send(challenge_id) for challenge_id in due)


def device_of(user: User) -> SMSDevice:
    return SMSDevice.objects.get_or_create(user=user, defaults={"name": "SMS", "confirmed": True})[0]


def _ring(challenge_id: UUID) -> None:
    from auth_otp.tasks import ring_send_code

    ring_send_code(challenge_id)
