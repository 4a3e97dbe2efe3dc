"""Editions of the white list, as loaded and verified."""

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
    document = models.BinaryField()

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
