"""Shelves and labels of a mailbox: shared by its members, their names sealed."""

from django.db import models
from uuid_utils.compat import uuid7


class Folder(models.Model):
    """A shelf (RFC 6154 role, or a sealed name). `uid_next` numbers its messages (RFC 9051 §2.3.1.1)."""

    class Role(models.TextChoices):
        INBOX = "inbox", "Réception"
        SENT = "sent", "Envoyés"
        DRAFTS = "drafts", "Brouillons"
        ARCHIVE = "archive", "Archives"
        SPAM = "spam", "Indésirables"
        TRASH = "trash", "Corbeille"
        NONE = "", "Dossier"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="folders")
    role = models.CharField(max_length=8, choices=Role, default=Role.NONE, blank=True)
    name_box = models.BinaryField(null=True)
    position = models.PositiveSmallIntegerField(default=100)
    uid_next = models.PositiveBigIntegerField(default=1)
    uid_validity = models.PositiveIntegerField(default=1)

    name = ""  # of one without a role, once folders.py has opened it

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_folder_in_mailbox"),
            models.UniqueConstraint(
                fields=["mailbox", "role"], condition=~models.Q(role=""), name="mailbox_folder_role_once"
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display() if self.role else self.name or str(self.pk)


class Label(models.Model):
    """A coloured word put on threads by a team."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="labels")
    name_box = models.BinaryField()
    colour = models.CharField(max_length=8, default="info")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_label_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)
