"""What the card's door keeps: the authority's list of revoked cards, and the tickets that have served."""

from django.db import models
from uuid_utils.compat import uuid7


class CardList(models.Model):
    """What one address publishes (CRL): the last good one, and when it is asked again. The row is the queue.

    `der` is the signed file itself, public: readers verify it again (auth_otp.cps.lists).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField("adresse", max_length=500, unique=True)
    der = models.BinaryField(default=bytes, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    number = models.CharField("numéro", max_length=64, blank=True)
    revoked_count = models.PositiveIntegerField("cartes révoquées", default=0)
    this_update = models.DateTimeField("publiée le", null=True)
    next_update = models.DateTimeField("prend fin le", null=True)
    fetched_at = models.DateTimeField("obtenue le", null=True)
    next_try_at = models.DateTimeField("redemandée le")
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    outcome = models.CharField("dernière réponse", max_length=40, blank=True)  # a code

    class Meta:
        verbose_name, verbose_name_plural = "liste de cartes révoquées", "listes de cartes révoquées"
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url


class CardTicket(models.Model):
    """The digest of a reading whose ticket has served, kept as long as it could be shown again."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.until:%H:%M:%S}"
