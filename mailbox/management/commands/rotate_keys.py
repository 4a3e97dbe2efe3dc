"""Re-wrap every mailbox key under the current master key, without touching content. Safe to stop and start again.

Names each key that does not open, and goes on; exit 1.
"""

from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from mailbox.models import MailboxKey
from mailbox.models.mailbox import key_context
from mssweb import crypto, keys
from mssweb.audit.record import record


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *args: object, dry_run: bool = False, **options: object) -> None:
        current = keys.ring().current
        old = list(MailboxKey.objects.exclude(master_id=current).values_list("pk", flat=True))
        done = broken = 0
        for mailbox_id in old:
            try:
                done += _rewrap(mailbox_id, dry_run=dry_run)
            except (crypto.Unreadable, keys.NoMasterKey) as error:
                broken += 1
                self.stderr.write(f"key of mailbox {mailbox_id}: {type(error).__name__}")
        self.stdout.write(f"{done} keys re-wrapped under {current!r}; {len(old) - done} left")
        if broken:
            raise CommandError(f"{broken} keys do not open")


@transaction.atomic
def _rewrap(mailbox_id: UUID, *, dry_run: bool) -> bool:
    row = MailboxKey.objects.select_for_update().get(pk=mailbox_id)
    secret = keys.unwrap(row.master_id, bytes(row.box), key_context(row.mailbox_id))
    if dry_run:
        return False
    former, (row.master_id, row.box) = row.master_id, keys.wrap(secret, key_context(row.mailbox_id))
    row.save(update_fields=["master_id", "box", "wrapped_at"])
    record("key.rotate", mailbox_id=row.mailbox_id, former=former, current=row.master_id)
    return True
