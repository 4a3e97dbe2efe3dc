"""A colleague who has no account yet is asked into a mailbox: what they may do there, once they have one."""

from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models import Activation
from mailbox.models.mailbox import Membership


class ColleagueInvitation(models.Model):
    """Their names and number are sealed with the activation, which is who they are; it says too how far they have come."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="colleague_invitations")
    activation = models.OneToOneField(Activation, models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Membership.Role)
    may_send = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_colleague_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)
