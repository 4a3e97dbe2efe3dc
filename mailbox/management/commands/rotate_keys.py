"""Re-wrap every mailbox key under the current master key, without touching content. Safe to stop and start again."""

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from mailbox.models import MailboxKey
from mailbox.models.mailbox import key_context
from mssweb import keys
from mssweb.audit.record import record


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *args: object, dry_run: bool = False, **options: object) -> None:
        current, done = keys.ring().current, 0
        old = MailboxKey.objects.exclude(master_id=current).values_list("pk", flat=True)
        for mailbox_id in list(old):
            with transaction.atomic():
                row = MailboxKey.objects.select_for_update().get(pk=mailbox_id)
                secret = keys.unwrap(row.master_id, bytes(row.box), key_context(row.mailbox_id))
                if dry_run:
                    continue
                former, (row.master_id, row.box) = row.master_id, keys.wrap(secret, key_context(row.mailbox_id))
                row.save(update_fields=["master_id", "box", "wrapped_at"])
                record("key.rotate", mailbox_id=row.mailbox_id, former=former, current=row.master_id)
                done += 1
        self.stdout.write(f"{done} keys re-wrapped under {current!r}; {len(old) - done} left")
