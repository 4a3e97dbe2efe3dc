"""How one person wants the screen: one row a user, read with their session, so that it costs no statement."""

from datetime import time
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Preference(models.Model):
    """No row: the defaults. `undo_seconds` null is the house's (settings.UNDO_SECONDS); days are 1 (Monday) to 7."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "comme le système"
        LIGHT = "light", "clair"
        DARK = "dark", "sombre"

    class TextSize(models.TextChoices):
        NORMAL = "normal", "normale"
        LARGE = "large", "grande"
        LARGER = "larger", "très grande"

    class Density(models.TextChoices):
        COSY = "cosy", "confortable"
        COMPACT = "compact", "compacte"

    class After(models.TextChoices):
        """What shows once the open thread was put away."""

        LIST = "list", "revenir à la liste"
        NEXT = "next", "ouvrir le fil suivant"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preference")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    text_size = models.CharField(max_length=6, choices=TextSize, default=TextSize.NORMAL)
    density = models.CharField(max_length=8, choices=Density, default=Density.COSY)
    undo_seconds = models.PositiveSmallIntegerField(null=True)
    after_archive = models.CharField(max_length=4, choices=After, default=After.LIST)
    has_keys = models.BooleanField(default=True)  # single-key shortcuts (WCAG 2.1.4)
    answer_days = models.PositiveSmallIntegerField(default=3)  # «sans réponse depuis…»
    tells_desktop = models.BooleanField(default=False)
    tells_sound = models.BooleanField(default=False)
    silent_mailboxes = ArrayField(models.UUIDField(), default=list, blank=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    quiet_days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)

    def __str__(self) -> str:
        return str(self.user_id)

    @property
    def quiet(self) -> tuple[time, time] | None:
        return (self.quiet_from, self.quiet_to) if self.quiet_from and self.quiet_to else None


def preference_of(user: Any) -> Preference:
    """Read with the session; the defaults, unsaved, for who chose nothing."""
    found = getattr(user, "preference", None)  # a missing row is an AttributeError too
    return found if isinstance(found, Preference) else Preference(user=user)
