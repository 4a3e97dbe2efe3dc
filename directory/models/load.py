"""What was offered to the directory, and what became of it."""

from datetime import datetime, timedelta

from django.db import models

from directory.models.run import LoadRun

_FRESH = timedelta(days=3)


class LoadQuerySet(models.QuerySet["DirectoryLoad"]):
    def last_read(self) -> "DirectoryLoad | None":
        """The last sync of the API that came into force."""
        return self.filter(state=DirectoryLoad.State.DONE, kind=DirectoryLoad.Kind.API).first()

    def in_force(self) -> "DirectoryLoad | None":
        """The load that the addresses are of."""
        return self.filter(state=DirectoryLoad.State.DONE, kind=DirectoryLoad.Kind.MAILBOXES).first()


class DirectoryLoad(models.Model):
    """One file offered to the directory, taken or refused whole."""

    class Kind(models.TextChoices):
        MAILBOXES = "mailboxes", "boîtes MSSanté"
        ACTIVITIES = "activities", "personnes et activités"
        SKILLS = "skills", "savoir-faire"
        API = "api", "changements lus en direct"
        UNKNOWN = "unknown", "inconnu"

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        DONE = "done", "en service"
        REFUSED = "refused", "refusé"
        STOPPED = "stopped", "interrompu"

    run = models.ForeignKey(LoadRun, models.SET_NULL, null=True, related_name="loads", verbose_name="passage")
    kind = models.CharField("fichier attendu", max_length=16, choices=Kind, default=Kind.UNKNOWN)
    file_name = models.CharField("fichier", max_length=255)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    dated = models.DateTimeField("date de l’extraction", null=True)
    started_at = models.DateTimeField("début")
    finished_at = models.DateTimeField("fin", null=True)
    percent = models.PositiveSmallIntegerField("avancement", default=0)  # of the file, while it is read
    lines_read = models.PositiveIntegerField("lignes lues", default=0)
    lines_kept = models.PositiveIntegerField("lignes gardées", default=0)
    lines_rejected = models.PositiveIntegerField("lignes rejetées", default=0)
    added = models.PositiveIntegerField("ajouts", default=0)
    vanished = models.PositiveIntegerField("retraits", default=0)
    state = models.CharField("état", max_length=8, choices=State, default=State.RUNNING)
    is_shrinking = models.BooleanField("refusé pour retrait massif", default=False)  # a person may take it nevertheless
    error = models.CharField("motif du refus", max_length=300, blank=True)

    objects = LoadQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "chargement de l’annuaire", "chargements de l’annuaire"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.get_state_display()}"

    @property
    def day(self) -> datetime:
        """The date of the data: the extraction's own, else the day it was loaded."""
        return self.dated or self.started_at

    def is_old(self, now: datetime) -> bool:
        """The extraction is published daily (annuaire.md §1.1): several days without a new one are told."""
        return now - self.day > _FRESH


class RejectedLine(models.Model):
    """A line that was not loaded: where it is and why, never what it says."""

    load = models.ForeignKey(DirectoryLoad, models.CASCADE, related_name="rejected", verbose_name="chargement")
    number = models.PositiveIntegerField("ligne")
    reason = models.CharField("motif", max_length=200)

    class Meta:
        verbose_name, verbose_name_plural = "ligne rejetée", "lignes rejetées"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"
