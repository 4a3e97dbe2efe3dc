"""Count the figures of a day or of a month again, and give a month to the writer (--write).

Beat counts each day that is over, and gives each month away on the 4th of the next. A day whose traces are purged, or whose
month was given away, keeps its values (--again counts the latter all the same).
"""

from datetime import date, datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox.indicators.count import Kept, count_day
from mailbox.indicators.days import day_of, days_of
from mailbox.indicators.keep import write_month


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a month has no hour)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--day", type=_day, help="YYYY-MM-DD")
        which.add_argument("--month", type=_month, help="YYYY-MM")
        parser.add_argument("--again", action="store_true", help="even if its month was given away")
        parser.add_argument("--write", action="store_true", help="then give the month to the writer")

    def handle(self, *args: object, **given: object) -> None:
        now, month, day = timezone.now(), given["month"], given["day"]
        days = days_of(month) if isinstance(month, date) else [day] if isinstance(day, date) else []
        for one in days:
            if one >= day_of(now) and month:
                continue
            try:
                self.stdout.write(f"{one}: {count_day(one, now, even_written=bool(given['again']))} figures")
            except Kept as kept:
                self.stdout.write(f"kept: {kept}")
        if given["write"] and isinstance(month, date):
            if (rows := write_month(month, now)) is None:
                raise CommandError("nothing written: no INDICATORS_DIR, no figure of that month, or the log says why")
            self.stdout.write(f"{month:%Y-%m} written: {rows} lines")
