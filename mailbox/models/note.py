"""What colleagues tell each other inside a thread, and whom they call to it. Never part of any letter."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Note(models.Model):
    """An internal note. `box` opens to `mailbox.notes.Words`, its earlier versions with it; null once it is erased."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    box = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_note_in_mailbox")]
        indexes = [models.Index(fields=["mailbox", "thread", "at"], name="mailbox_note_told")]

    def __str__(self) -> str:
        return str(self.pk)


class Mention(models.Model):
    """A member called by a note; `seen_at` null until they open the thread. Who was called is an id, as who was assigned."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="+")
    membership = models.ForeignKey("mailbox.Membership", models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_mention_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "membership", "note"], name="mailbox_mention_once"),
        ]
        indexes = [
            models.Index(
                fields=["mailbox", "membership", "thread"],
                name="mailbox_mention_waiting",
                condition=models.Q(seen_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id}/{self.note_id}"
