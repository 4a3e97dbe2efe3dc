"""The audit event, and what chains it. Appended by `record`; web's role changes and deletes none (grant_roles).

Holds ids, names of actions and addresses of the network; never a subject, a body, a name of a file (ECO.4.1.2).
"""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from mssweb.audit.chain import EVENT_FIELDS, Value
from mssweb.audit.words import ACTIONS, RESULTS

_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_FACTS_DIGEST = models.Func(
    "facts", template="sha256(convert_to(%(expressions)s::text, 'UTF8'))", output_field=models.BinaryField()
)


class Events(models.QuerySet["AuditEvent"]):
    def sealed_values(self, *before: str) -> models.QuerySet["AuditEvent", tuple[Any, ...]]:
        """Tuples of what the chain seals, after the fields `before`. Facts by the SHA-256 that the database makes of them:
        whatever somebody put there, a batch is small."""
        return self.annotate(facts_digest=_FACTS_DIGEST).values_list(*before, *EVENT_FIELDS)


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
    link = models.BigIntegerField("lot", null=True, blank=True, editable=False)  # none until it is chained

    objects = Events.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "événement d’audit", "journal d’audit"
        ordering = ["-at"]
        indexes = [
            models.Index("link", "id", name="audit_event_by_link"),
            models.Index("subject_id", condition=~models.Q(subject_id=""), name="audit_event_by_subject"),
            models.Index(
                fields=["actor", "-at"], condition=models.Q(action="session.sign_in"), name="audit_event_sign_ins"
            ),
        ]
        constraints = [  # one that no calendar holds would stop the keeper
            models.CheckConstraint(name="audit_event_dated", condition=models.Q(at__gte=_FIRST, at__lt=_LAST))
        ]

    def __str__(self) -> str:
        return f"{self.what} ({self.outcome})"

    @property
    def what(self) -> str:
        return ACTIONS.get(self.action, self.action)

    @property
    def outcome(self) -> str:
        return RESULTS.get(self.result, self.result)


class Link(models.Model):
    """A batch of events, sealed with the link before it. `emptied`: no event waited once this link was made."""

    number = models.BigIntegerField("lot", primary_key=True)
    made_at = models.DateTimeField("fait")
    count = models.IntegerField("événements")
    first_event = models.UUIDField("premier")
    last_event = models.UUIDField("dernier")
    emptied = models.BooleanField("plus rien n’attendait")
    marks = models.BinaryField()  # chain.MARK_BYTES each, in the order of the events' ids
    key_id = models.CharField("clé", max_length=64)
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        verbose_name, verbose_name_plural = "lot d’événements scellé", "lots d’événements scellés"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"lot {self.number} du {self.day}"

    @property
    def day(self) -> date:
        """The day on which it was chained (UTC): days are closed and purged by it."""
        return self.made_at.astimezone(UTC).date()

    @property
    def sealed(self) -> list[Value]:
        return [
            self.number, self.made_at, self.count, self.first_event, self.last_event, self.emptied, bytes(self.marks),
            self.key_id, bytes(self.previous),
        ]  # fmt: skip


class DayHead(models.Model):
    """A day of the chain that is over: its links, and the digest of the last one. Kept when the day is purged."""

    day = models.DateField("jour (UTC)", primary_key=True)
    first_link = models.BigIntegerField("du lot")
    last_link = models.BigIntegerField("au lot")
    count = models.BigIntegerField("événements")
    head = models.BinaryField()  # the digest of the last link
    key_id = models.CharField("clé", max_length=64)
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        verbose_name, verbose_name_plural = "jour scellé du journal", "jours scellés du journal"
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)

    @property
    def sealed(self) -> list[Value]:
        return [
            self.day, self.first_link, self.last_link, self.count, bytes(self.head), self.key_id, bytes(self.previous)
        ]  # fmt: skip


class Purge(models.Model):
    """Proof that days were purged as their retention was over: from which to which, how many events, the head they had."""

    number = models.BigIntegerField("numéro", primary_key=True)
    made_at = models.DateTimeField("fait")
    first_day = models.DateField("du jour")
    last_day = models.DateField("au jour")
    events = models.BigIntegerField("événements")
    links = models.BigIntegerField("lots")
    kept_days = models.IntegerField("durée de conservation (jours)")
    head = models.BinaryField()  # the digest of the last day's head
    key_id = models.CharField("clé", max_length=64)
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        verbose_name, verbose_name_plural = "preuve de purge", "preuves de purge"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"du {self.first_day} au {self.last_day}"

    @property
    def sealed(self) -> list[Value]:
        return [
            self.number, self.made_at, self.first_day, self.last_day, self.events, self.links, self.kept_days,
            bytes(self.head), self.key_id, bytes(self.previous),
        ]  # fmt: skip
