"""Words that are kept to be written again: saved replies and signatures, of a mailbox or of one person in it."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Phrase(models.Model):
    """`box` opens to `mailbox.phrases.Words`. Without `owner`, it is everybody's who writes in the mailbox."""

    class Kind(models.TextChoices):
        REPLY = "reply", "réponse type"
        SIGNATURE = "signature", "signature"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="phrases")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind)
    updated_at = models.DateTimeField()
    box = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_phrase_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)


class WritingChoice(models.Model):
    """How one person writes in one mailbox: plain or rich, and with which signature. No row: as everybody begins."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_plain = models.BooleanField(default=False)
    signature = models.CharField(max_length=36, blank=True)  # the id of a Phrase, «none», or empty: the first that fits

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "user"], name="mailbox_writingchoice_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_writingchoice_in_mailbox"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
