"""Verify the chain of the journal. Names the first broken link in one line, exit 1; counts and the head when it is whole.

Needs the audit keys (AUDIT_KEYS_FILE). Note the head elsewhere, and give it back later as --expect: it alone shows that the
end of the journal was not cut off.
"""

import argparse
import re
from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mssweb import keys
from mssweb.audit import report
from mssweb.audit.verify import Broken


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="days before by their heads only"
        )
        parser.add_argument("--expect", type=_head, metavar="NUMBER:DIGEST", help="a head noted before")

    def handle(self, *args: object, since: date | None = None, expect: str | None = None, **options: object) -> None:
        keys.audit_ring()
        try:
            found = report.verified(since=since, expected=expect or "")
        except report.Busy:
            raise CommandError("days are being purged: try again") from None
        if isinstance(found, Broken):
            raise CommandError(f"broken: {found}")
        self.stdout.write(
            f"whole: {found.events} events in {found.links} batches, {found.days} days over ({found.purged_days} purged),"
            f" {found.waiting} events wait; head {found.head}"
        )


def _head(text: str) -> str:
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError("«number:digest» is expected, as verify_audit gives it")
    return text
