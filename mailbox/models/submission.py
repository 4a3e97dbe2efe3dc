"""One act of sending, and one row per recipient: the queue of outbound (design §7, RFC 6409, RFC 8621 §7)."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from mailbox.models.message import Message


class Submission(models.Model):
    """`message` is the copy in Sent; its raw bytes are what travels.

    Mail of the house (a report, a receipt) has no copy there: its own sealed `blob`, kept until all is settled. Once it
    is, both are null: what is left is the trace.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="submissions", verbose_name="boîte")
    message = models.ForeignKey(
        "mailbox.Message", models.CASCADE, null=True, blank=True, related_name="submissions", verbose_name="message"
    )
    blob = models.ForeignKey("mailbox.Blob", models.PROTECT, null=True, blank=True, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="auteur"
    )
    mail_from = models.CharField("expéditeur", max_length=254, blank=True)  # empty: a report (RFC 5321 §4.5.5)
    submitted_at = models.DateTimeField("envoyé le")
    size = models.PositiveIntegerField("taille")
    notify_success = models.BooleanField("accusé de remise demandé", default=False)  # RFC 3461 §4.1
    wants_read = models.BooleanField("accusé de lecture demandé", default=False)  # RFC 8098 §2.1

    class Meta:
        verbose_name, verbose_name_plural = "envoi", "envois"
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_submission_in_mailbox"),
            models.CheckConstraint(
                condition=models.Q(message__isnull=True) | models.Q(blob__isnull=True), name="mailbox_submission_bytes"
            ),
        ]
        indexes = [models.Index(fields=["mailbox", "-submitted_at"], name="mailbox_submission_date")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def copy(self) -> Message:
        """What a person sent, as it is in Sent. Mail of the house has none: access.py gives it to nobody."""
        if self.message is None:
            raise Message.DoesNotExist
        return self.message


class Recipient(models.Model):
    """One RCPT of one submission. States and transitions: outbound/states.py. Its id is the DSN ENVID.

    `address` is in clear, except a patient's: then its local part is masked, `address_box` holds it sealed.
    """

    class State(models.TextChoices):
        HELD = "held", "programmé"
        QUEUED = "queued", "en file"
        SENDING = "sending", "envoi"
        DELAYED = "delayed", "retardé"
        RELAYED = "relayed", "remis"
        DELIVERED = "delivered", "distribué"
        FAILED = "failed", "refusé"
        CANCELLED = "cancelled", "annulé"

    class Reported(models.TextChoices):
        """The last action that a report told of it (RFC 3464 §2.3.3)."""

        DELIVERED = "delivered", "remise confirmée par son serveur"
        RELAYED = "relayed", "transmis à un serveur qui ne confirme pas la remise"
        EXPANDED = "expanded", "distribué à une liste"
        DELAYED = "delayed", "retenu par son serveur, qui essaie encore"
        FAILED = "failed", "rendu par son serveur"

    class Disposition(models.TextChoices):
        """What a receipt (MDN) said of it (RFC 8098 §3.2.6.2); «displayed» is `read_at`."""

        PROCESSED = "processed", "intégré par son logiciel"
        DISPATCHED = "dispatched", "transmis par le destinataire sans être lu"
        DELETED = "deleted", "supprimé par le destinataire, peut-être sans être lu"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="recipients", verbose_name="envoi")
    address = models.CharField("adresse", max_length=254)
    address_box = models.BinaryField(null=True)
    domain = models.CharField("domaine", max_length=253)
    is_local = models.BooleanField("chez nous", default=False)
    state = models.CharField("état", max_length=9, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField("pas avant")  # due time of the next attempt, of the undo window, of the lease
    lease = models.UUIDField(null=True)  # of the worker that is sending it now
    attempts = models.PositiveSmallIntegerField("tentatives", default=0)
    retried_at = models.DateTimeField("repris le", null=True, blank=True)  # by a person: the ladder starts again there
    reply_code = models.PositiveSmallIntegerField("code", null=True, blank=True)
    reply_enhanced = models.CharField("code étendu", max_length=12, blank=True)
    reply_text = models.CharField("réponse du correspondant", max_length=500, blank=True)
    delay_reported_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField("réglé le", null=True, blank=True)
    read_at = models.DateTimeField("lu le", null=True, blank=True)
    reported = models.CharField("rapport", max_length=9, choices=Reported, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    disposition = models.CharField("accusé", max_length=10, choices=Disposition, blank=True)
    disposition_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField("erreur d’intégration", max_length=3, blank=True)  # 900–906, reference client §6.2
    # The corrected address that the same letter was sent to in its stead: this one stays, as its history
    # (an id and no reference: undoing a sending would look for it in the whole table)
    replaced_by = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "destinataire", "destinataires"
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_recipient_in_mailbox")]
        indexes = [
            models.Index(  # a queue for each domain (outbound/queue.py), the recipients of one message side by side
                fields=["domain", "not_before", "submission"],
                name="mailbox_recipient_queue",
                condition=models.Q(state__in=["held", "queued", "sending", "delayed"]),
            ),
            models.Index(  # who is sending to a domain now
                fields=["domain", "lease"], name="mailbox_recipient_sending", condition=models.Q(state="sending")
            ),
            models.Index(fields=["mailbox", "address", "-id"], name="mailbox_recipient_address"),
            models.Index(  # what «Suivi» looks for: few rows at any time
                fields=["mailbox", "state", "submission"],
                name="mailbox_recipient_followed",
                condition=models.Q(state__in=["held", "delayed", "failed"]),
            ),
            models.Index(
                fields=["mailbox", "submission"],
                name="mailbox_recipient_read",
                condition=models.Q(read_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.State(self.state).label})"
