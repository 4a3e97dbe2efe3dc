"""What a mailbox does by itself with what arrives: rules, an absence, whom it answered; and what is still to be sorted."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class Rule(models.Model):
    """`box` opens to `mailbox.rules.values.Words`. `fault` is a code of `Fault`: why it could not do all of it, last time."""

    class Fault(models.TextChoices):
        NONE = "", "aucun"
        FOLDER = "folder", "le dossier n’existe plus"
        LABEL = "label", "l’étiquette n’existe plus"
        MEMBER = "member", "la personne n’est plus membre de la boîte, ou n’y écrit plus"
        PHRASE = "phrase", "la réponse type n’existe plus, ou ne peut pas partir sans vous"
        TARGET = "target", "l’autre boîte n’est plus ouverte dans la structure"
        FULL = "full", "l’autre boîte est pleine"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    fault = models.CharField(max_length=8, choices=Fault, blank=True)
    fault_at = models.DateTimeField(null=True)
    box = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_rule_in_mailbox")]
        indexes = [models.Index(fields=["mailbox", "position"], name="mailbox_rule_order")]

    def __str__(self) -> str:
        return str(self.pk)


class Sorting(models.Model):
    """One received message that rules or an absence still have to see: the row is the queue, and goes once it is done.

    `done` are the rules that did their part already: one on documents waits for their examination, and those after it too.
    """

    message = models.OneToOneField("mailbox.Message", models.CASCADE, primary_key=True, related_name="+")
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    is_answered = models.BooleanField(default=False)  # by a rule or the absence, or it was judged that nobody is
    done = ArrayField(models.UUIDField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "message"], name="mailbox_sorting_in_mailbox")]
        indexes = [models.Index(fields=["due_at"], name="mailbox_sorting_due")]

    def __str__(self) -> str:
        return str(self.message_id)


class Absence(models.Model):
    """The answer of a mailbox while nobody reads it; `box` opens to its words. In force between two instants, when `is_on`."""

    class Whom(models.TextChoices):
        EVERYBODY = "all", "à tous les professionnels"
        INSIDE = "inside", "aux boîtes de notre structure"
        OUTSIDE = "outside", "aux autres professionnels, pas à notre structure"

    mailbox = models.OneToOneField("mailbox.Mailbox", models.CASCADE, primary_key=True, related_name="absence")
    is_on = models.BooleanField(default=False)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    whom = models.CharField(max_length=7, choices=Whom, default=Whom.EVERYBODY)
    to_patients = models.BooleanField(default=False)
    period = models.UUIDField(default=uuid7)  # renewed when it is turned on: everybody may be answered again
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    box = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox"], name="mailbox_absence_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)


class AutoAnswer(models.Model):
    """Who was answered by no person, and when: blinded, so that nobody is told the same twice too soon."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    token = models.BigIntegerField()
    told_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "token"], name="mailbox_autoanswer_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_autoanswer_in_mailbox"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
