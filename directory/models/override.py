"""What an administrator sets right in the directory, on top of what the files say, and keeps through every reload."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from directory.models.people import Organization, Practitioner, To


class OverrideQuerySet(models.QuerySet["Override"]):
    def active(self, now: datetime) -> "OverrideQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=now), undone_at=None)

    def due(self, now: datetime) -> "OverrideQuerySet":
        """Not applied yet, or over and not undone yet."""
        return self.filter(Q(until=None, applied_at=None) | Q(until__gt=now, applied_at=None) | Q(until__lte=now),
                           undone_at=None)  # fmt: skip


class Override(models.Model):
    """One correction. It is never deleted: it ends, and who wanted it and why stays."""

    class Kind(models.TextChoices):
        HIDE = "hide", "masquer une adresse"
        ADD = "add", "ajouter une adresse"
        PREFER = "prefer", "préférer une adresse"

    kind = models.CharField("correction", max_length=8, choices=Kind)
    address = models.CharField("adresse", max_length=254, db_collation="C")
    row = models.BigIntegerField(editable=False)  # of the address, as the files would number it
    practitioner = To(Practitioner, null=True, related_name="+", verbose_name="professionnel")
    organization = To(Organization, null=True, related_name="+", verbose_name="structure")
    reason = models.CharField("motif", max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="par")
    created_at = models.DateTimeField("décidée")
    until = models.DateTimeField("jusqu’au", null=True, blank=True)
    applied_at = models.DateTimeField("appliquée", null=True)
    undone_at = models.DateTimeField("levée", null=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "correction de l’annuaire", "corrections de l’annuaire"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.address}"

    @property
    def state(self) -> str:
        if self.undone_at:
            return "levée"
        return "en vigueur" if self.applied_at else "en attente"
