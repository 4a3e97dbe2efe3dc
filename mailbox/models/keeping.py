"""How long mail is kept: what is due in each mailbox, what a manager holds whatever is due, what is emptied by hand."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7


class Keeping(models.Model):
    """What the period of the structure asks of one mailbox. The row is the queue: `due_at` is when to look, or a lease's end.

    Messages filed before `cutoff` go at `goes_at`, once that was announced (`told`: days before it); of those that came
    after `announced_at`, none does.
    """

    mailbox = models.OneToOneField("mailbox.Mailbox", models.CASCADE, primary_key=True, related_name="keeping")
    goes_at = models.DateTimeField(null=True)
    cutoff = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    told = models.PositiveSmallIntegerField(null=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.mailbox_id)


class Hold(models.Model):
    """«Conservation pour motif légal» of a mailbox, or of one thread of it: nothing held is ever destroyed.

    `box` opens to the reason (keeping/holds.py). A hold that was lifted stays, as history.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="holds")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, null=True, related_name="holds")
    box = models.BinaryField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_hold_in_mailbox"),
            models.UniqueConstraint(
                fields=["mailbox", "thread"], condition=Q(lifted_at__isnull=True), nulls_distinct=False,
                name="mailbox_hold_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.pk)


class Purge(models.Model):
    """A folder that a person empties: what was there at `asked_at`. Done in lots; the row is the queue."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    folder = models.ForeignKey("mailbox.Folder", models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    destroyed = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_purge_in_mailbox")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="mailbox_purge_due")]

    def __str__(self) -> str:
        return str(self.pk)
