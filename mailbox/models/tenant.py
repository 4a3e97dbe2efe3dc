"""The structure that holds mailboxes, and the domains that are ours."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from uuid_utils.compat import uuid7


class Tenant(models.Model):
    """A pharmacy or a group. Its *titulaire* answers for the people who may use its mailboxes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField("nom", max_length=160)
    finess = models.CharField("FINESS", max_length=9, blank=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="titulaire"
    )
    town = models.CharField("commune", max_length=100, blank=True)
    time_zone = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    policy = models.JSONField("politique", default=dict, blank=True)
    # trust-space §7.4: messages are purged by a policy of the operator, announced to those who use it
    keep_months = models.PositiveSmallIntegerField(
        "messages conservés (mois)", default=0, validators=[MaxValueValidator(1200)], help_text="0 : sans limite."
    )
    created_at = models.DateTimeField("créé le", auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "structure", "structures"

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A mail domain that we operate, as declared to the trust space."""

    class State(models.TextChoices):
        ACTIVE = "active", "actif"
        CLOSED = "closed", "fermé"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField("domaine", max_length=253, unique=True)  # lower case, A-labels
    certificate_dn = models.CharField("DN du certificat", max_length=500, blank=True)
    max_message_bytes = models.PositiveBigIntegerField("taille maximale d’un message", default=35 * 1024 * 1024)
    state = models.CharField("état", max_length=8, choices=State, default=State.ACTIVE)

    class Meta:
        verbose_name, verbose_name_plural = "domaine", "domaines"

    def __str__(self) -> str:
        return self.name
