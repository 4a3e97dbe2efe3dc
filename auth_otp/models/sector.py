"""What belongs to Pro Santé Connect while it lasts: the sessions that it holds of ours, the questions on telephones."""

from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models.session import Session


class Followed(models.Model):
    """A session that the provider holds too: ours ends when it does. The row is the queue: `due_at` is when it is asked next.

    `box`: its refresh token, and the ID token that a departure shows (sealed); never an access token (ECO.1.2.5). `sid` and
    `subject`: keyed digests, for back-channel logout. Not renewed by `until`, the session ends. Goes with the session.
    """

    session = models.OneToOneField(Session, models.CASCADE, to_field="ref", primary_key=True, related_name="+")
    sid = models.BinaryField(max_length=32, db_index=True)
    subject = models.BinaryField(max_length=32, db_index=True)
    box = models.BinaryField()
    due_at = models.DateTimeField(db_index=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class TelephoneQuestion(models.Model):
    """«Is it you?», asked of an e-CPS by a workstation without a browser, or without a card reader (CIBA, poll mode).

    `box` is the provider's name of it, sealed; none for a number that it does not know, which waits the same time in vain.
    `binding`: digest of what only who asked holds. `words` stand on both screens. The provider is asked again at `poll_at`.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DENIED = "denied"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    binding = models.BinaryField(max_length=32)
    box = models.BinaryField(null=True)
    rpps = models.BinaryField(max_length=32)  # keyed digest of the number that was typed
    words = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    interval = models.PositiveSmallIntegerField()
    poll_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)
