"""Make the first letters of names and subjects findable again, of all mailboxes: after an upgrade, or once in doubt.

Adds what is missing, takes nothing away; may be stopped and run again. Needs the master keys, as worker does.
"""

from itertools import batched

from django.core.management.base import BaseCommand

from mailbox import search, vocabulary
from mailbox.models import Mailbox, Message
from mailbox.summary import open_summary
from mssweb import crypto


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        for mailbox in Mailbox.objects.select_related("key").filter(key__isnull=False).order_by("pk"):
            self.stdout.write(f"{mailbox.pk}: {_learn(mailbox)} words")


def _learn(mailbox: Mailbox) -> int:
    learnt: set[str] = set()
    for lot in batched(Message.objects.filter(mailbox=mailbox).iterator(500), 500):
        told = {word for message in lot for word in _named(message, mailbox) if len(word) > vocabulary.LEAST}
        vocabulary.learn(mailbox.pk, mailbox.keys.index, told - learnt)
        learnt |= told
    return len(learnt)


def _named(message: Message, mailbox: Mailbox) -> list[str]:
    """None of a message that does not open: its own page says so."""
    try:
        return [word for word in search.named(open_summary(message, mailbox.keys)) if not word.isdigit()]
    except crypto.Unreadable:
        return []
