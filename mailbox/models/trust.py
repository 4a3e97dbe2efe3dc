"""Editions of the white list, and lists of revoked certificates, as loaded and verified."""

from django.db import models
from uuid_utils.compat import uuid7


class Edition(models.Model):
    """One published version. `document` is the signed file itself: readers verify it again, rows are never trusted.

    At most one edition is current; `generated_at` never goes backwards.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generated_at = models.DateTimeField("générée le")
    loaded_at = models.DateTimeField("chargée le")
    sha256 = models.CharField("empreinte", max_length=64)
    domain_count = models.PositiveIntegerField("domaines")
    row_count = models.PositiveIntegerField("lignes")
    added = models.PositiveIntegerField("ajoutés", default=0)
    removed = models.PositiveIntegerField("retirés", default=0)
    is_current = models.BooleanField("en vigueur", default=False)
    document = models.BinaryField()  # emptied once many newer ones are there; `changes` stay
    changes = models.JSONField(default=dict, blank=True)  # from the edition before: trust.differences

    class Meta:
        verbose_name, verbose_name_plural = "édition de la liste blanche", "éditions de la liste blanche"
        ordering = ["-generated_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="mailbox_edition_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.generated_at:%Y-%m-%d %H:%M}"


class RevocationList(models.Model):
    """What one address publishes (CRL): the last good one, and when it is asked again. The row is the queue.

    `der` is the signed file itself, public: readers verify it again. A failure changes `next_try_at`, `failures` and
    `outcome` only.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField("adresse", max_length=500, unique=True)
    issuer = models.CharField("autorité", max_length=500, blank=True)
    der = models.BinaryField(default=bytes, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    number = models.CharField("numéro", max_length=64, blank=True)  # up to 20 octets (RFC 5280 §5.2.3), in decimal
    revoked_count = models.PositiveIntegerField("certificats révoqués", default=0)
    this_update = models.DateTimeField("publiée le", null=True)
    next_update = models.DateTimeField("prend fin le", null=True)
    fetched_at = models.DateTimeField("obtenue le", null=True)
    next_try_at = models.DateTimeField("redemandée le")
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    outcome = models.CharField("dernière réponse", max_length=40, blank=True)  # a code

    class Meta:
        verbose_name, verbose_name_plural = "liste de révocation", "listes de révocation"
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url
