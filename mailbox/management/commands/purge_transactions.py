"""Delete the days of SMTP transactions whose retention (TRACE_DAYS) is over; the journal keeps how many. Beat does the same."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from mailbox.traces.purge import purge


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        rows = purge(timezone.now(), days=settings.TRACE_DAYS)
        self.stdout.write(f"{rows} transactions purged, kept {settings.TRACE_DAYS} days")
