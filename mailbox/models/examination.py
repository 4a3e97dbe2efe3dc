"""What is to be looked at of a message beyond its words: its documents. The row is the queue; what was found is sealed."""

from django.db import models


class Examination(models.Model):
    """One message with files, or of one patient. `due_at` null: nothing left to do; a claim moves it on by a lease.

    `brief_box` is what lists draw (chips, patients), `box` everything; both null until the documents were examined.
    """

    class Scan(models.TextChoices):
        NONE = "", "sans antivirus"
        WAITING = "waiting", "pas encore analysé"
        CLEAN = "clean", "analysé"
        INFECTED = "infected", "infecté"

    message = models.OneToOneField("mailbox.Message", models.CASCADE, primary_key=True, related_name="examination")
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    scan = models.CharField(max_length=8, choices=Scan, blank=True)
    brief_box = models.BinaryField(null=True)
    box = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "message"], name="mailbox_examination_in_mailbox")]
        indexes = [
            models.Index(fields=["due_at"], name="mailbox_examination_due", condition=models.Q(due_at__isnull=False))
        ]

    @property
    def is_given_up(self) -> bool:
        """Whoever examined it was killed, or failed, too often: what its documents are is not known, and not asked again."""
        return self.box is None and self.due_at is None

    def __str__(self) -> str:
        return str(self.message_id)
