"""Delete the days of the journal whose retention (AUDIT_DAYS) is over, and keep a sealed proof of it.

Beat does the same every day. A day that does not verify is kept, exit 1, unless --even-broken.
"""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mssweb.audit.purge import purge
from mssweb.audit.verify import Broken


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--even-broken", action="store_true", help="what does not verify goes too: its evidence with it"
        )

    def handle(self, *args: object, even_broken: bool = False, **options: object) -> None:
        try:
            proofs = purge(timezone.now(), days=settings.AUDIT_DAYS, even_broken=even_broken)
        except Broken as broken:
            raise CommandError(f"kept, because broken: {broken}") from None
        for proof in proofs:
            self.stdout.write(f"proof {proof.number}: {proof.events} events from {proof.first_day} to {proof.last_day}")
        self.stdout.write(f"{sum(proof.events for proof in proofs)} events purged, kept {settings.AUDIT_DAYS} days")
