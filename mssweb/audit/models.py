"""The audit event. Appended by `record`; no code path and no database role of web changes or deletes one.

Holds ids, names of actions and addresses of the network; never a subject, a body, a name of a file (ECO.4.1.2).
"""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from mssweb.audit.words import ACTIONS, RESULTS


class AuditEvent(models.Model):
    """One act of one person or process. `subject_kind`/`subject_id` name the row acted on (message, user, edition…)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("quand", db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False,
        verbose_name="qui",
    )  # fmt: skip
    process = models.CharField("processus", max_length=16)
    action = models.CharField("quoi", max_length=48, db_index=True)
    mailbox_id = models.UUIDField("boîte aux lettres", null=True, blank=True, db_index=True)
    subject_kind = models.CharField("objet", max_length=32, blank=True)
    subject_id = models.CharField("identifiant", max_length=64, blank=True)
    client = models.GenericIPAddressField("d’où", null=True, blank=True)
    result = models.CharField("résultat", max_length=16, default="ok")
    facts = models.JSONField("faits", default=dict, blank=True)  # counts, ids, codes: never content

    class Meta:
        verbose_name, verbose_name_plural = "événement d’audit", "journal d’audit"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.what} ({self.outcome})"

    @property
    def what(self) -> str:
        return ACTIONS.get(self.action, self.action)

    @property
    def outcome(self) -> str:
        return RESULTS.get(self.result, self.result)
