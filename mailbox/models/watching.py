"""What is watched: where the white list comes from, our certificate, probes of the whole path, incidents, counts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class WhiteListSource(models.Model):
    """The address of the white list: what it said last, and when it is asked again. The row is the queue."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField("adresse", max_length=500, unique=True)
    etag = models.CharField(max_length=200, blank=True)
    modified = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField("demandée le", null=True)
    taken_at = models.DateTimeField("obtenue le", null=True)  # when it last answered well, with a new edition or none
    next_try_at = models.DateTimeField("redemandée le")
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    outcome = models.CharField("dernière réponse", max_length=40, blank=True)  # a code

    class Meta:
        verbose_name, verbose_name_plural = "source de la liste blanche", "sources de la liste blanche"
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url


class Watched(models.Model):
    """One thing that is looked at every minute: what ails it (codes), until when it lasts, and what was told of it once."""

    name = models.CharField(primary_key=True, max_length=24)  # «certificate», «whitelist»
    subject = models.CharField("objet", max_length=500, blank=True)  # the name of the certificate
    faults = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    until = models.DateTimeField("prend fin le", null=True)
    told = models.CharField(max_length=120, blank=True)  # what the journal was told of, so that it is once
    checked_at = models.DateTimeField("regardé le")

    class Meta:
        verbose_name, verbose_name_plural = "élément surveillé", "éléments surveillés"
        ordering = ["name"]

    def __str__(self) -> str:
        return {"certificate": "notre certificat", "whitelist": "liste blanche"}.get(self.name, self.name)


class Probe(models.Model):
    """A message that we send ourselves, through the whole path. Found by its word in the index, then destroyed."""

    class Way(models.TextChoices):
        IN = "in", "réception"
        OUT = "out", "envoi"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    way = models.CharField("sens", max_length=3, choices=Way)
    started_at = models.DateTimeField("partie le", db_index=True)
    seen_at = models.DateTimeField("retrouvée le", null=True)
    detail = models.CharField("détail", max_length=40, blank=True)  # a code: how far it came

    class Meta:
        verbose_name, verbose_name_plural = "sonde", "sondes"
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_way_display()} {self.started_at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def word(self) -> str:
        """One word of the index; nobody else knows it."""
        return f"sonde{self.pk.hex}"


class Incident(models.Model):
    """Mail is late, from then to then. One of a kind is open at a time."""

    class Kind(models.TextChoices):
        IN = "in", "réception retardée"
        OUT = "out", "envois retardés"
        BOTH = "both", "rien ne circule plus, ou plus rien ne surveille"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("nature", max_length=4, choices=Kind)
    opened_at = models.DateTimeField("depuis")
    closed_at = models.DateTimeField("jusqu’à", null=True)
    detail = models.CharField("dernier détail", max_length=40, blank=True)  # a code

    class Meta:
        verbose_name, verbose_name_plural = "incident", "incidents"
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(closed_at__isnull=True), name="mailbox_incident_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.opened_at:%Y-%m-%d %H:%M}"


class Tally(models.Model):
    """What a process counted since it last wrote: appended, then folded into one row a name and label (tallies.py)."""

    name = models.CharField(max_length=40)
    label = models.CharField(max_length=40, blank=True)  # a code, never an address
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name} {self.label}"
