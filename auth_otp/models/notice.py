"""What happened to an account and its person is to be told of. The row is the queue."""

from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models.person import User


class Notice(models.Model):
    """Written in the transaction of what happened (auth_otp.notices); who tells its person takes the row away."""

    class Kind(models.TextChoices):
        NEW_BROWSER = "new_browser"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24, choices=Kind, default=Kind.NEW_BROWSER)
    at = models.DateTimeField()
    device = models.CharField(max_length=120)
    client = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
