"""One go of the loader: the files that come into force together, how far it is, and whether it still lives.

Written once a second by a connection of its own (directory.progress), so that it is seen while the transaction lasts.
"""

from datetime import datetime, timedelta

from django.db import models

SILENCE = timedelta(seconds=15)  # without a beat: the process has died, or its machine stands still
_MEASURED_FROM = 2  # percent: before, what remains is a guess


def remaining(since: datetime, now: datetime, percent: int) -> timedelta | None:
    """At the pace so far; too early, nothing."""
    return (now - since) * (100 - percent) / percent if percent >= _MEASURED_FROM else None


class RunQuerySet(models.QuerySet["LoadRun"]):
    def alive(self, now: datetime) -> "RunQuerySet":
        return self.filter(finished_at=None, beat_at__gt=now - SILENCE)


class LoadRun(models.Model):
    """Its row is also the lease of whoever fetches: taken when no other run is alive, lost by silence."""

    class Phase(models.TextChoices):
        ASKING = "asking", "question à l’Annuaire Santé"
        FETCHING = "fetching", "téléchargement"
        OPENING = "opening", "ouverture des fichiers"
        WAITING = "waiting", "attente d’un autre chargement"
        READING = "reading", "lecture"
        MERGING = "merging", "mise en ordre"
        ENTRIES = "entries", "entrées de recherche"
        INDEXING = "indexing", "index"

    phase = models.CharField("étape", max_length=8, choices=Phase, default=Phase.OPENING)
    phase_at = models.DateTimeField("depuis")
    file_name = models.CharField("fichier", max_length=255, blank=True)
    percent = models.PositiveSmallIntegerField("avancement", default=0)  # of the file that is fetched or read
    lines_read = models.PositiveIntegerField("lignes lues", default=0)
    started_at = models.DateTimeField("début")
    beat_at = models.DateTimeField("dernier signe de vie")
    finished_at = models.DateTimeField("fin", null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "passage du chargeur", "passages du chargeur"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.get_phase_display()} {self.file_name}".strip()

    @property
    def is_measured(self) -> bool:
        return self.phase in MEASURED

    def is_alive(self, now: datetime) -> bool:
        return self.finished_at is None and now - self.beat_at <= SILENCE

    def remaining(self) -> timedelta | None:
        """Of the file that is being fetched or read."""
        return remaining(self.phase_at, self.beat_at, self.percent) if self.is_measured else None


MEASURED = frozenset({LoadRun.Phase.FETCHING, LoadRun.Phase.READING})
