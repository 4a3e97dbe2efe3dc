"""Which words of a mailbox begin with which letters: both blinded."""

from django.db import models


class Beginning(models.Model):
    """`token` is a word of a subject or of a name, as in `SearchEntry.tokens`; `beginning` its first letters, blinded too.

    One row a mailbox, a word and a length, however many messages hold the word: it is learnt once, and stays when they go.
    """

    pk = models.CompositePrimaryKey("mailbox_id", "beginning", "token")
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    beginning = models.BigIntegerField()
    token = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.mailbox_id}"
