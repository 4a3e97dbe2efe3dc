"""What one shift leaves to the next: the note at the top of a mailbox («Consignes»)."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Handover(models.Model):
    """One version of the note; the newest is the current one, earlier ones are kept. `box` null: it was taken down."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    box = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_handover_in_mailbox")]
        indexes = [models.Index(fields=["mailbox", "-at"], name="mailbox_handover_newest")]

    def __str__(self) -> str:
        return str(self.pk)
