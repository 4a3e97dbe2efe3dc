"""Sealed bytes at rest: what was received and not yet filed, and what was filed."""

from django.db import models
from uuid_utils.compat import uuid7


class Blob(models.Model):
    """Sealed bytes of a mailbox (raw message, file of a draft), written and opened by blobs.py only.

    `box` is a stream box under the mailbox's content key; null when the bytes are in the object store.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    size = models.PositiveIntegerField()  # bytes of plaintext
    box = models.BinaryField(null=True)
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_blob_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)


class Arrival(models.Model):
    """A message that was answered 250 and is not filed yet: the row is the queue of ingestion.

    `box` is sealed to the mailbox's public key by smtpd, which cannot open it: an `inbound.envelope.Envelope` and the
    raw bytes. `mail_from` is in clear for traces, with the local part of a patient's address masked.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    arrived_at = models.DateTimeField()
    size = models.PositiveIntegerField()  # bytes of raw
    mail_from = models.CharField(max_length=320, blank=True)
    peer_address = models.GenericIPAddressField(null=True)
    peer_dn = models.CharField(max_length=500, blank=True)
    peer_serial = models.CharField(max_length=64, blank=True)
    tls = models.CharField(max_length=48, blank=True)  # version and cipher
    edition_id = models.UUIDField(null=True)  # of the white list that decided
    box = models.BinaryField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()  # a claim moves it forward: the lease

    class Meta:
        verbose_name, verbose_name_plural = "arrivée", "arrivées"
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_arrival_in_mailbox")]
        indexes = [models.Index(fields=["due_at"], name="mailbox_arrival_due")]

    def __str__(self) -> str:
        return str(self.pk)
