"""What members did with a thread, told in it between its messages: who, what, when."""

from django.conf import settings
from django.db import models


class ThreadEvent(models.Model):
    """One act of a person on a thread, or of a rule when `actor` is null. Ids and states only: no word of anybody.

    What was assigned to whom is `person`; a status is `word`; where it went `folder`; which label `label`. Who read and who
    sent are not here: `Seen.opened_at` and `Message.author` say so. The audit is elsewhere: this is for the team.
    """

    class Verb(models.TextChoices):
        ASSIGNED = "assigned", "attribué"
        UNASSIGNED = "unassigned", "rendu à tous"
        STATUS = "status", "état"
        REOPENED = "reopened", "rouvert"
        MOVED = "moved", "classé"
        LABELLED = "labelled", "étiqueté"
        UNLABELLED = "unlabelled", "étiquette retirée"
        HANDED = "handed", "brouillon confié"
        COPIED = "copied", "transféré à une autre boîte"
        ANSWERED = "answered", "réponse automatique"

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="events")
    at = models.DateTimeField()
    verb = models.CharField(max_length=10, choices=Verb)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    word = models.CharField(max_length=8, blank=True)  # Thread.Status
    folder = models.ForeignKey("mailbox.Folder", models.SET_NULL, null=True, related_name="+")
    label = models.ForeignKey("mailbox.Label", models.SET_NULL, null=True, related_name="+")
    rule_id = models.UUIDField(null=True)  # whose doing it was; no reference: a rule goes, what it did stays told

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_threadevent_in_mailbox")]
        indexes = [models.Index(fields=["mailbox", "thread", "at"], name="mailbox_threadevent_told")]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.verb}"
