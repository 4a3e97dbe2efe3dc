"""What is being written: autosaved, sealed, and its files."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Draft(models.Model):
    """A message being written. `box` opens to `mailbox.drafts.DraftText` (recipients, subject, body, what it answers).

    `version` grows at each save: two tabs never overwrite each other unseen. `author` is who holds it: nobody else edits it,
    and nobody at all while it is offered to the team. Who handed it over says why in `hand_box`, sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    thread = models.ForeignKey("mailbox.Thread", models.SET_NULL, null=True, related_name="drafts")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    box = models.BinaryField()
    is_offered = models.BooleanField(default=False, db_default=False)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    handed_at = models.DateTimeField(null=True)
    hand_box = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_draft_in_mailbox")]
        indexes = [models.Index(fields=["mailbox", "-updated_at"], name="mailbox_draft_date")]

    def __str__(self) -> str:
        return str(self.pk)


class DraftFile(models.Model):
    """A file joined to a draft: bytes in a Blob, name and type sealed in `box`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="files")
    blob = models.ForeignKey("mailbox.Blob", models.PROTECT, related_name="+")
    size = models.PositiveIntegerField()
    box = models.BinaryField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_draftfile_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)
