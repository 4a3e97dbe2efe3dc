"""What each address of the publisher answered last, and what became of it."""

from django.db import models


class Extraction(models.Model):
    """One address that is asked every hour (directory.fetch)."""

    class Outcome(models.TextChoices):
        CURRENT = "current", "à jour"
        TAKEN = "taken", "chargé"
        REFUSED = "refused", "refusé"
        LATER = "later", "nouvel essai dans l’heure"

    url = models.CharField("adresse", primary_key=True, max_length=500)
    asked_at = models.DateTimeField("demandé")
    outcome = models.CharField("réponse", max_length=8, choices=Outcome)
    told = models.CharField("précision", max_length=300, blank=True)
    dated = models.DateTimeField("version publiée", null=True)
    settled_mark = models.CharField(max_length=200, blank=True)  # of the last version taken or refused for good

    class Meta:
        verbose_name, verbose_name_plural = "extraction publiée", "extractions publiées"
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url.rpartition("/")[2]
