"""Open and check every sealed box: keys, blobs, summaries, arrivals. Names each row that does not open; exit 1."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from mailbox import blobs, summary
from mailbox.models import Arrival, Blob, Mailbox, Message
from mssweb import crypto
from mssweb.audit.record import record

_BROKEN = (crypto.Unreadable, OSError, ValueError, KeyError)


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        checked = broken = 0
        for mailbox in Mailbox.objects.select_related("key").iterator():
            for kind, row_id, opens in _boxes(mailbox):
                checked += 1
                try:
                    opens()
                except _BROKEN as error:
                    broken += 1
                    record("store.broken", mailbox_id=mailbox.pk, subject=(kind, row_id), result="error")
                    self.stderr.write(f"{kind} {row_id} of mailbox {mailbox.pk}: {type(error).__name__}")
        self.stdout.write(f"{checked} boxes checked, {broken} broken")
        if broken:
            raise CommandError(f"{broken} boxes do not open")


def _boxes(mailbox: Mailbox) -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """Every box of a mailbox with the act that opens it; the key first, for nothing opens without it."""
    yield "mailboxkey", mailbox.pk, mailbox.key.open
    for blob in Blob.objects.filter(mailbox=mailbox).iterator(chunk_size=20):
        yield "blob", blob.pk, partial(blobs.read, blob, mailbox)
    for message in Message.objects.filter(mailbox=mailbox).iterator(chunk_size=500):
        yield "message", message.pk, partial(summary.open_summary, message, mailbox.keys)
    for arrival in Arrival.objects.filter(mailbox=mailbox).iterator(chunk_size=20):
        context = f"arrival:{mailbox.pk}:{arrival.pk}"
        yield "arrival", arrival.pk, partial(crypto.unseal_with, mailbox.keys.private, bytes(arrival.box), context)
