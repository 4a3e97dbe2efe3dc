"""Mail that is brought from elsewhere: one row an import (the queue), and the sealed pieces of its files until it is over."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class Import(models.Model):
    """One import into one mailbox. `due_at` is when to go on, or a lease's end; (`at_file`, `at_entry`, `at_offset`) is where.

    `box` opens to the names and sizes of its files, `faults_box` to what was refused and why (imports/desk.py).
    """

    class State(models.TextChoices):
        SENDING = "sending", "envoi du fichier"
        RUNNING = "running", "en cours"
        FULL = "full", "en attente de place"
        DONE = "done", "terminé"
        FAILED = "failed", "arrêté"
        CANCELLED = "cancelled", "annulé"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="imports")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.SENDING)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField()  # bytes of all its files
    box = models.BinaryField()
    at_file = models.PositiveIntegerField(default=0)
    at_entry = models.PositiveIntegerField(default=0)
    at_offset = models.PositiveBigIntegerField(default=0)
    read_bytes = models.PositiveBigIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)  # were there already
    refused = models.PositiveIntegerField(default=0)
    faults_box = models.BinaryField(null=True)
    failure = models.CharField(max_length=16, blank=True)  # a code: why it stopped
    attempts = models.PositiveSmallIntegerField(default=0)  # claims since the last step that was kept
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_import_in_mailbox")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="mailbox_import_due")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def percent(self) -> int:
        """Of its bytes, for the bar."""
        return 100 if self.state == self.State.DONE else min(99, self.read_bytes * 100 // max(1, self.size))


class ImportPiece(models.Model):
    """Bytes [start, start + size) of one file of an import, sealed in a Blob. Destroyed once the import is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    owner = models.ForeignKey(Import, models.CASCADE, related_name="pieces")
    file = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    blob = models.ForeignKey("mailbox.Blob", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_importpiece_in_mailbox"),
            models.UniqueConstraint(fields=["owner", "file", "start"], name="mailbox_importpiece_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
