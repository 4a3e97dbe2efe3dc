"""One browser of one person, and by which means it was opened."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models.factor import Passkey, SectorLink


class Session(AbstractBaseSession):
    """One browser of one person: what the security page lists, what the lock and the kill channel end.

    `gesture_at` moves with gestures only; heartbeats and autosave do not keep a session alive (design §10).
    `ref` is what else belongs to a session names it by: its key changes. `proof` is what was given last, at `proven_at`
    (auth_otp.proof). `is_confined`: its means is refused to this person; it leads to «Sécurité» and nowhere else.
    """

    user = models.ForeignKey(
        "auth_otp.User", models.CASCADE, null=True, related_name="sessions", verbose_name="personne"
    )
    created_at = models.DateTimeField("ouverte le", auto_now_add=True)
    gesture_at = models.DateTimeField("dernier geste", auto_now_add=True)
    locked_at = models.DateTimeField("verrouillée le", null=True)
    device = models.CharField("appareil", max_length=120, blank=True)  # « Firefox sous Windows »
    client = models.GenericIPAddressField("adresse", null=True)
    ref = models.UUIDField(default=uuid7, db_default=RandomUUID(), unique=True, editable=False)
    means = models.CharField("moyen", max_length=20, blank=True)  # auth_otp.means
    passkey = models.ForeignKey(Passkey, models.CASCADE, null=True, related_name="+")
    link = models.ForeignKey(SectorLink, models.CASCADE, null=True, related_name="+")
    proof = models.CharField(max_length=20, blank=True)
    proven_at = models.DateTimeField(null=True)
    is_confined = models.BooleanField(default=False)
    idle_minutes = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # of its person's structures; 0: the operator's

    class Meta:
        verbose_name, verbose_name_plural = "session", "sessions"

    def __str__(self) -> str:
        return f"{self.user} – {self.device}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from auth_otp.sessions import SessionStore

        return SessionStore

    def save(self, *, force_update: bool = False, update_fields: Iterable[str] | None = None, **how: Any) -> None:
        """Django's engine writes what it knows and nothing else: a slow request never undoes a lock set meanwhile."""
        if force_update and update_fields is None:
            update_fields = ["session_data", "expire_date", "user"]
        super().save(force_update=force_update, update_fields=update_fields, **how)

    def is_locked(self, *, now: datetime, idle: timedelta) -> bool:
        """Locked by a person, or by `idle` without a gesture, sooner where the structures of its person say so."""
        return self.locked_at is not None or now - self.gesture_at > self.idle_within(idle)

    def idle_within(self, most: timedelta) -> timedelta:
        """How long it goes without a gesture: `most` is the operator's."""
        return min(most, timedelta(minutes=self.idle_minutes)) if self.idle_minutes else most
