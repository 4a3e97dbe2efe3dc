"""What one person keeps about lists: reminders, saved views, how to undo the last acts. Names are sealed."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class Snooze(models.Model):
    """A thread that one member set aside until an instant. Asleep until `woken_at`; awake, it stands at that time in lists.

    What arrives after `set_at` shows the thread again at once, and leaves the reminder as it is.
    """

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    membership = models.ForeignKey("mailbox.Membership", models.CASCADE, related_name="snoozes")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="+")
    set_at = models.DateTimeField()
    due_at = models.DateTimeField()
    woken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_snooze_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "membership", "thread"], name="mailbox_snooze_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="mailbox_snooze_due", condition=models.Q(woken_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.membership_id}/{self.thread_id}"


class SavedView(models.Model):
    """A list that a member comes back to: its name and what it asks, sealed together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    membership = models.ForeignKey("mailbox.Membership", models.CASCADE, related_name="views")
    box = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_savedview_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)


class UndoNote(models.Model):
    """How one person's act on threads is taken back, for an hour: which rows it changed, and what they were.

    Ids and states only. `before` is parallel to `ids`: what each was; what they are for depends on `kind` (undoing.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=40, blank=True)  # what the act set: a status, the id of a person or label
    threads = ArrayField(models.UUIDField())
    ids = ArrayField(models.UUIDField(), default=list)
    before = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_undonote_in_mailbox")]

    def __str__(self) -> str:
        return f"{self.mailbox_id}/{self.kind}"
