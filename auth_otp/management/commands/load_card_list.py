"""The list of revoked CPS cards: ask for it now, or take the one of a file."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from auth_otp.cps import lists
from auth_otp.models import CardList
from mssweb.revoked import RevocationError

_BY_HAND = "file:"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="a list in DER, taken by hand")

    def handle(self, *args: object, file: str | None, **options: object) -> None:
        now = timezone.now()
        if not settings.CPS_URL:
            raise CommandError("CPS_URL is not set: no card opens here")
        if file:
            try:
                listed = lists.load(Path(file).read_bytes(), url=_BY_HAND, now=now)
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}") from None
            except RevocationError as error:
                raise CommandError(f"not taken: {error.reason}") from None
            self.stdout.write(
                f"{len(listed.entries)} revoked cards, in force until {listed.next_update:%Y-%m-%d %H:%M} UTC"
            )
            return
        CardList.objects.filter(url__in=settings.CPS_CRL_URLS).update(next_try_at=now)
        if not lists.refresh(now=now):
            rows = CardList.objects.filter(url__in=settings.CPS_CRL_URLS).exclude(failures=0)
            raise CommandError("not taken: " + (", ".join(row.outcome for row in rows) or "somebody else is asking"))
        self.stdout.write("the list of revoked cards is in force")
