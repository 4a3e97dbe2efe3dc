"""A manager asks somebody into a mailbox; nothing opens before that person said yes."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from mailbox.models.mailbox import Membership


class Invitation(models.Model):
    """`name` is a login or an RPPS number as a manager typed it, in lower case, whether anybody has it or not."""

    class State(models.TextChoices):
        PENDING = "pending", "en attente"
        ACCEPTED = "accepted", "acceptée"
        DECLINED = "declined", "refusée"
        REVOKED = "revoked", "annulée"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="invitations")
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=254)
    role = models.CharField(max_length=8, choices=Membership.Role)
    may_send = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_invitation_in_mailbox"),
            models.UniqueConstraint(
                fields=["mailbox", "name"], condition=models.Q(state="pending"), name="mailbox_invitation_once"
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="mailbox_invitation_waiting", condition=models.Q(state="pending"))
        ]

    def __str__(self) -> str:
        return str(self.pk)
