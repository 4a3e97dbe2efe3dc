"""A message as filed in a mailbox, who has seen it, and its search tokens."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from uuid_utils.compat import uuid7

IMPORTED = "$imported"  # a keyword: brought from elsewhere, by an import
TRANSFERRED = "$transferred"  # a keyword: a copy that a rule of another mailbox of the structure put here


class Message(models.Model):
    """One filed message. In clear: times, sizes, flags, blinded ids. Everything a person wrote is in sealed boxes.

    `summary_box` opens to `mailbox.summary.Summary` (who, subject, snippet, files): all that lists and headers show.
    """

    class Direction(models.TextChoices):
        IN = "in", "reçu"
        OUT = "out", "envoyé"

    class Receipt(models.TextChoices):
        """Of a received message: what became of the read receipt that it asks for."""

        NONE = "", "non demandé"
        ASKED = "asked", "demandé"
        SENT = "sent", "envoyé"
        DECLINED = "declined", "refusé"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="messages")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="messages")
    folder = models.ForeignKey("mailbox.Folder", models.PROTECT, related_name="messages")
    uid = models.PositiveBigIntegerField()
    modseq = models.PositiveBigIntegerField()
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.IN)
    filed_at = models.DateTimeField()  # when it reached this mailbox; what lists sort by
    sent_at = models.DateTimeField(null=True)  # what its Date header says
    moved_at = models.DateTimeField(null=True)  # to the folder where it is; null: it was filed there
    size = models.PositiveIntegerField()  # bytes of raw
    keywords = ArrayField(models.CharField(max_length=32), default=list, blank=True)  # $flagged $answered $forwarded
    has_attachments = models.BooleanField(default=False)
    warnings = ArrayField(models.CharField(max_length=24), default=list, blank=True)  # codes: why it is shown degraded
    is_verified = models.BooleanField(
        default=False
    )  # header From is the envelope's domain and certificate (design §4.9)
    fingerprint = models.BigIntegerField(null=True)  # blinded, of DATA and its sender: what is sent twice is filed once
    message_id_token = models.BigIntegerField(null=True)  # blinded Message-ID
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # who sent it here
    receipt = models.CharField(max_length=8, choices=Receipt, blank=True)  # once per message: shared by the members
    error_told = models.CharField(max_length=3, blank=True)  # the integration error that was sent back (900–906)
    nil = models.CharField(max_length=32, blank=True)  # software that wrote it, X-MSS-NIL, of a safe alphabet
    has_codecda = models.BooleanField(default=False)  # X-MSS-CODECDA is there: its codes stay sealed
    ins_flag = models.CharField(max_length=1, blank=True)  # X-MSS-INS, O or N
    blob = models.ForeignKey("mailbox.Blob", models.PROTECT, related_name="+")
    summary_box = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_message_in_mailbox"),
            models.UniqueConstraint(fields=["folder", "uid"], name="mailbox_message_uid"),
            models.UniqueConstraint(
                fields=["mailbox", "fingerprint"],
                condition=models.Q(fingerprint__isnull=False),
                name="mailbox_message_once",
            ),
        ]
        indexes = [
            models.Index(fields=["thread", "filed_at"], name="mailbox_message_thread"),
            models.Index(fields=["mailbox", "message_id_token"], name="mailbox_message_msgid"),
            models.Index(fields=["mailbox", "-filed_at"], name="mailbox_message_date"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_imported(self) -> bool:
        return IMPORTED in self.keywords

    @property
    def is_transferred(self) -> bool:
        return TRANSFERRED in self.keywords

    @property
    def is_flagged(self) -> bool:
        return "$flagged" in self.keywords


class Seen(models.Model):
    """What one member has read: a row with `seen_at` null is unread; no row (older than the membership) is read.

    `opened_at` is the first opening and stays when the person marks the message unread again.
    """

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    membership = models.ForeignKey("mailbox.Membership", models.CASCADE, related_name="seen")
    message = models.ForeignKey(Message, models.CASCADE, related_name="seen")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "membership", "message"], name="mailbox_seen_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_seen_in_mailbox"),
        ]
        indexes = [
            models.Index(
                fields=["mailbox", "membership", "thread"],
                include=["message"],
                name="mailbox_unread",
                condition=models.Q(seen_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id}/{self.message_id}"


class SearchEntry(models.Model):
    """The blind index of one message: at most 512 words, blinded with the mailbox's index key (design §6)."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="search")
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    filed_at = models.DateTimeField()
    tokens = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "message"], name="mailbox_search_in_mailbox")]
        indexes = [
            GinIndex(fields=["tokens"], name="mailbox_search_tokens"),
            models.Index(fields=["mailbox", "-filed_at", "-message"], name="mailbox_search_date"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)
