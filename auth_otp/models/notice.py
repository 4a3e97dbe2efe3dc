"""What happened to an account and its person is to be told of. The row is the queue."""

from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models.person import User


class Notice(models.Model):
    """Written in the transaction of what happened (auth_otp.notices). Each way of telling has its own instant, none once done.

    `what`: which factor. `number`: where the SMS goes when not to the person's number: the one of before. `by_other`: an
    administrator's act, whose browser is not theirs to know. Kept a month, for the page that asks «c’était vous ?».
    """

    class Kind(models.TextChoices):
        NEW_BROWSER = "new_browser"
        PASSWORD_WITHOUT_CODE = "password_without_code"  # noqa: S105  (a name)
        FACTOR_ADDED = "factor_added"
        FACTOR_REMOVED = "factor_removed"
        FACTOR_RESET = "factor_reset"
        CODES_RENEWED = "codes_renewed"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a name)
        NUMBER_CHANGED = "number_changed"
        RESET_ASKED = "reset_asked"
        SECTOR_LINKED = "sector_linked"
        DELETION_ASKED = "deletion_asked"
        PASSKEY_COPIED = "passkey_copied"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24, choices=Kind, default=Kind.NEW_BROWSER)
    at = models.DateTimeField()
    device = models.CharField(max_length=120, blank=True)
    client = models.GenericIPAddressField(null=True)
    what = models.CharField(max_length=20, blank=True)
    by_other = models.BooleanField(default=False)
    number = models.CharField(max_length=16, blank=True)
    mail_due_at = models.DateTimeField(null=True, db_index=True)
    sms_due_at = models.DateTimeField(null=True, db_index=True)
    sms_sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
