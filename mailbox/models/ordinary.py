"""An address of ordinary mail where a person is told that they have mail, and what waits to be sent there."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class OrdinaryAddress(models.Model):
    """One a person, sealed under a key of the house: whom an address belongs to is nobody's business.

    Nothing is sent but a code before `confirmed_at`. `told_until`: what arrived up to then was told, or read in time.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    box = models.BinaryField()
    asked_at = models.DateTimeField()
    code_digest = models.BinaryField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    code_expires_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # by the link of a mail, without signing in
    told_until = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # the last notice

    def __str__(self) -> str:
        return str(self.user_id)


class OrdinaryMail(models.Model):
    """One mail to such an address: the row is the queue (design §4.2). `box` holds a code, until it was sent."""

    class Kind(models.TextChoices):
        CODE = "code", "code de confirmation"
        NEWS = "news", "nouveau message"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    to = models.ForeignKey(OrdinaryAddress, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=4, choices=Kind)
    box = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of the next try, or of the end of a lease; null once settled
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=12, blank=True)  # «temporary», «permanent»

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="mailbox_ordinary_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(self.pk)
