"""Programs of others (pharmacy software) that may ask our FHIR server, and their keys, of which only digests are kept."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7


class ApiProgram(models.Model):
    """One program, whoever runs it: what it may ask, and how often."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField("nom", max_length=100, unique=True)
    contact = models.CharField("contact", max_length=200, help_text="Éditeur, et adresse à laquelle le joindre.")
    may_read_practitioner = models.BooleanField("professionnels (Practitioner)", default=True)
    may_read_practitionerrole = models.BooleanField("lieux d’exercice (PractitionerRole)", default=True)
    may_read_organization = models.BooleanField("structures (Organization)", default=True)
    may_search = models.BooleanField(
        "peut chercher",
        default=True,
        help_text="Par nom, lieu, profession ou date. Sans ce droit : par identifiant ou adresse exacte seulement.",
    )
    calls_per_minute = models.PositiveIntegerField(
        "appels par minute", default=120, validators=[MinValueValidator(1), MaxValueValidator(6000)]
    )
    is_active = models.BooleanField("actif", default=True)
    created_at = models.DateTimeField("créé", auto_now_add=True)
    last_used_at = models.DateTimeField("dernier appel", null=True, editable=False)  # to the hour

    class Meta:
        verbose_name, verbose_name_plural = "programme (API FHIR)", "programmes (API FHIR)"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def may_read(self, resource: str) -> bool:
        """`resource` is one of the three that we serve."""
        return bool(getattr(self, f"may_read_{resource.lower()}"))


class ApiKey(models.Model):
    """`<mark>.<secret>`: the mark finds the row, the secret is known by its digest only."""

    mark = models.CharField(primary_key=True, max_length=16, editable=False)
    program = models.ForeignKey(ApiProgram, models.CASCADE, related_name="keys", verbose_name="programme")
    digest = models.BinaryField(max_length=32, editable=False)  # SHA-256: the secret is 256 random bits
    created_at = models.DateTimeField("créée")
    ends_at = models.DateTimeField("valable jusqu’à", null=True)  # set once another one has taken its place

    class Meta:
        verbose_name, verbose_name_plural = "clé d’API", "clés d’API"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.mark}…"
