"""The second factor of one sign-in, and its count of tries."""

from datetime import datetime
from uuid import UUID

from django.db import models
from uuid_utils.compat import uuid7

from auth_otp import otp
from auth_otp.models.person import User


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def count_try(self, *, challenge_id: UUID, binding: str) -> "Challenge | None":
        """Count one try, if one is left, in one statement: parallel guesses together never get more than five."""
        rows = self.raw(_COUNT_TRY, [challenge_id, binding, otp.MAX_TRIES])
        return next(iter(rows), None)

    def answerable(self, now: datetime) -> "ChallengeQuerySet":
        """Neither used, nor ended, nor erased."""
        return self.filter(used_at=None, expires_at__gt=now, tries__lt=otp.MAX_TRIES, box__isnull=False)


class Challenge(models.Model):
    """The second factor of one sign-in, whichever way it is given: one count of tries for all of them.

    Digits of an SMS, drawn when one is asked for: a keyed digest, and sealed until used or ended (for re-sending).
    `due_at` is set while it waits to be sent: the row is the queue. `failure` says in French why the last sending failed.
    `carrier_id` is the carrier's name of the last SMS, when reports on it are awaited; `verification` is Twilio Verify's of one
    that is to be told when its code was right: used, it waits to be told (the row is the queue).
    """

    class Delivery(models.TextChoices):
        """What the carrier has reported since it took the SMS."""

        SENT = "sent", "envoyé"
        DELIVERED = "delivered", "remis"
        UNDELIVERED = "undelivered", "non remis"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="challenges")
    to = models.CharField(max_length=16, blank=True)  # a number that is to become the person's; else theirs
    binding = models.CharField(max_length=64)  # digest of the sign-in that asked for it
    digest = models.BinaryField()  # empty until an SMS is asked for
    box = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    by_voice = models.BooleanField(default=False)  # the last one: a call
    asks = models.PositiveSmallIntegerField(default=1)  # the first one, and each «Renvoyer»
    due_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=160, blank=True)
    carrier_id = models.CharField(max_length=64, blank=True)
    verification = models.CharField(max_length=64, blank=True)
    delivery = models.CharField(max_length=11, choices=Delivery, blank=True)

    objects = ChallengeQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def number(self) -> str:
        """Where its code goes; '' when there is nowhere."""
        return self.to or self.user.phone

    @property
    def life(self) -> otp.Life:
        return otp.Life(expires_at=self.expires_at, tries=self.tries, is_used=self.used_at is not None)

    def has_ended(self, now: datetime) -> bool:
        return self.used_at is not None or now >= self.expires_at or self.tries >= otp.MAX_TRIES

    @property
    def is_moving(self) -> bool:
        """Something more may be learnt of its way."""
        is_awaited = bool(self.carrier_id) and self.delivery in {"", self.Delivery.SENT}
        return self.due_at is not None or is_awaited

    @property
    def resend_at(self) -> datetime:
        return self.asked_at + otp.RESEND_AFTER


_COUNT_TRY = """
UPDATE auth_otp_challenge SET tries = tries + 1
WHERE id = %s AND binding = %s AND used_at IS NULL AND tries < %s
RETURNING *
"""
