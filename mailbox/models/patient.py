"""The person cared for, known to one mailbox: sealed, their INS blinded. Used by chips, search and composer."""

from django.db import models
from uuid_utils.compat import uuid7


class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="patients")
    ins_token = models.BigIntegerField(null=True)  # blinded INS
    traits_token = models.BigIntegerField(null=True)  # blinded birth name, first name and date: who has no INS
    box = models.BinaryField()  # name, first names, birth date, sex, INS and its OID
    opposition_box = models.BinaryField(null=True)  # what they refused, since when (documents/oppositions)

    class Meta:
        indexes = [models.Index(fields=["mailbox", "traits_token"], name="mailbox_patient_traits")]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_patient_in_mailbox"),
            models.UniqueConstraint(
                fields=["mailbox", "ins_token"], condition=models.Q(ins_token__isnull=False), name="mailbox_patient_ins"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
