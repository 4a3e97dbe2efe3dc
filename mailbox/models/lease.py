"""Who is doing what only one may do, and who is alive."""

from django.db import models


class Lease(models.Model):
    """A name and the process that said it last; `beat_at` is its heartbeat (health of worker)."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
