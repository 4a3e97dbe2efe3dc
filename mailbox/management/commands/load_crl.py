"""Put a list of revocations in force: of a file, or asked for now of the addresses of CRL_URLS. A faulty one changes nothing."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox import crl
from mailbox.models import RevocationList
from mssweb.revoked import RevocationError

_BY_HAND = "by hand"  # in place of an address


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="")

    def handle(self, *args: object, file: str, **options: object) -> None:
        now = timezone.now()
        if file:
            try:
                listed = crl.load(Path(file).read_bytes(), url=_BY_HAND, now=now)
            except (OSError, RevocationError) as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"{len(listed.revoked)} revoked, until {listed.next_update:%Y-%m-%d %H:%M} UTC")
            return
        RevocationList.objects.filter(url__in=settings.CRL_URLS).update(next_try_at=now)
        taken = crl.refresh(now=now)
        if taken < len(settings.CRL_URLS):
            rows = RevocationList.objects.filter(url__in=settings.CRL_URLS).exclude(failures=0)
            raise CommandError("; ".join(f"{row.url}: {row.outcome}" for row in rows) or "being asked for already")
        self.stdout.write(f"{taken} of {len(settings.CRL_URLS)} lists in force")
