"""The address that a mailbox writes to when somebody of the directory has several: whom it is about is content."""

from django.db import models
from uuid_utils.compat import uuid7


class AddressChoice(models.Model):
    """`token` is the blinded owner of the addresses (directory.lookup: `Suggestion.owner`), `box` the sealed address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    token = models.BigIntegerField()
    box = models.BinaryField()
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_choice_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "token"], name="mailbox_choice_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
