"""What is to be published of each mailbox, and the queue that brings it to the national directory (trust-space §7–8).

One row a mailbox: what a person wrote, what the directory holds as far as we know, what is being done about the rest.
"""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Listing(models.Model):
    """States and transitions: publication/states.py. The row is the queue; a change is the difference between what is
    wanted (computed, publication/desk.py) and what stands there (`carrier`, `digest`)."""

    class State(models.TextChoices):
        PENDING = "pending", "en attente"
        SENDING = "sending", "envoi"
        ACCEPTED = "accepted", "publiée"
        REJECTED = "rejected", "refusée"
        WITHDRAWN = "withdrawn", "non publiée"
        INCOMPLETE = "incomplete", "incomplète"

    mailbox = models.OneToOneField(
        "mailbox.Mailbox", models.CASCADE, primary_key=True, related_name="listing", verbose_name="boîte aux lettres"
    )
    structure = models.CharField(
        "FINESS ou SIRET", max_length=20, blank=True,
        help_text="Des boîtes organisationnelles et applicatives, s’il n’est pas celui de leur structure.",
    )  # fmt: skip
    service = models.CharField("service de rattachement", max_length=300, blank=True)
    responsible = models.CharField(
        "responsable opérationnel",
        max_length=300,
        blank=True,
        help_text="Transmis à l’ANS, qui ne le montre à personne.",
    )
    description = models.CharField("description", max_length=300, blank=True)
    rank = models.PositiveSmallIntegerField(
        "rang", null=True, blank=True, help_text="De la boîte parmi celles du même titulaire : 1 est la préférée."
    )
    is_paperless = models.BooleanField("zéro papier", null=True, blank=True)
    is_withheld = models.BooleanField("retirée par un administrateur", default=False)

    carrier = models.CharField("inscrite sur", max_length=120, blank=True)  # where the address stands, or may stand
    digest = models.CharField(max_length=64, blank=True)  # of what was accepted last; empty: not known
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)

    state = models.CharField("état", max_length=10, choices=State, default=State.PENDING)
    mark = models.CharField(max_length=160, blank=True)  # of the change that state and attempts are about
    reason = models.CharField("motif", max_length=600, blank=True)
    attempts = models.PositiveSmallIntegerField("tentatives", default=0)
    next_try_at = models.DateTimeField("prochain essai", default=timezone.now)  # or end of the lease
    lease = models.UUIDField(null=True, editable=False)
    settled_at = models.DateTimeField("réglée le", null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "publication d’une boîte", "publications des boîtes"
        constraints = [
            models.CheckConstraint(condition=Q(rank=None) | Q(rank__gte=1), name="mailbox_listing_rank_from_one"),
        ]
        indexes = [
            models.Index(
                F("next_try_at"), name="mailbox_listing_due", condition=Q(state__in=["pending", "sending"])
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.mailbox} ({self.State(self.state).label})"


class Halt(models.Model):
    """The one row that stops the whole queue: our key was refused. Tried again with one mailbox once `until` is over."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField("depuis")
    until = models.DateTimeField("jusqu’au prochain essai")
    reason = models.CharField("motif", max_length=600)

    class Meta:
        verbose_name, verbose_name_plural = "arrêt de la publication", "arrêts de la publication"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="mailbox_halt_is_one")]

    def __str__(self) -> str:
        return self.reason
