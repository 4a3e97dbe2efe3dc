"""What reading leaves behind: whose images a member lets in, which senders a mailbox refuses, what meetings were answered."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class ImageTrust(models.Model):
    """A member always shows the remote images of this sender. `token` is the blinded address, `box` the sealed one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    membership = models.ForeignKey("mailbox.Membership", models.CASCADE, related_name="+")
    token = models.BigIntegerField()
    box = models.BinaryField()
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_imagetrust_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "membership", "token"], name="mailbox_imagetrust_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class BlockedSender(models.Model):
    """A sender of ordinary mail whose messages this mailbox files among the undesired. `token` and `box` as above."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    token = models.BigIntegerField()
    box = models.BinaryField()
    blocked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_blocked_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "token"], name="mailbox_blocked_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MeetingAnswer(models.Model):
    """What a mailbox answered to a meeting last: a state, and whose click it was. `token` is its blinded UID (RFC 5545)."""

    class Answer(models.TextChoices):
        ACCEPTED = "ACCEPTED", "acceptée"
        TENTATIVE = "TENTATIVE", "peut-être"
        DECLINED = "DECLINED", "déclinée"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    token = models.BigIntegerField()
    sequence = models.IntegerField(default=0)
    answer = models.CharField(max_length=9, choices=Answer)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField()
    submission = models.ForeignKey("mailbox.Submission", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_meeting_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "token"], name="mailbox_meeting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}/{self.answer}"
