"""What was sent and still waits for something: one row a sending, so that «Suivi» is read from indexes alone."""

from django.conf import settings
from django.db import models


class Following(models.Model):
    """Of one sending of a person. States of recipients stay where they are (`Recipient`); no word of anybody is here.

    `waits`: an answer is awaited. It ends with the answer of a correspondent (`answered_at`), when a person says so
    (`dropped_at`), or when something newer leaves in the same thread, which waits in its stead. `expected`: its author
    said so as it left.
    """

    submission = models.OneToOneField("mailbox.Submission", models.CASCADE, primary_key=True, related_name="following")
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey("mailbox.Thread", models.CASCADE, related_name="+")
    message = models.ForeignKey("mailbox.Message", models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField()
    waits = models.BooleanField()
    expected = models.BooleanField(default=False, db_default=False)
    answered_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "submission"], name="mailbox_following_in_mailbox")]
        indexes = [
            models.Index(fields=["mailbox", "-sent_at", "-submission"], name="mailbox_following_sent"),
            models.Index(fields=["mailbox", "author", "-sent_at", "-submission"], name="mailbox_following_mine"),
            models.Index(
                fields=["mailbox", "-sent_at", "-submission"],
                name="mailbox_following_waits",
                condition=models.Q(waits=True),
            ),
            models.Index(
                fields=["mailbox", "-sent_at", "-submission"],
                name="mailbox_following_expected",
                condition=models.Q(waits=True, expected=True),
            ),
            models.Index(fields=["mailbox", "thread", "-sent_at"], name="mailbox_following_thread"),
        ]

    def __str__(self) -> str:
        return str(self.submission_id)
