"""Put extraction files of the Annuaire Santé in force, text or ZIP, together. A refused file leaves all as it was.

Without a file, the addresses of ANNUAIRE_URLS are asked, and what is new is brought and loaded.
"""

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from directory import fetch, sync
from directory.models import DirectoryLoad
from directory.models.run import MEASURED, remaining
from directory.progress import Busy, Step

_WIDTH = 30  # characters of the bar


class Command(BaseCommand):
    help = __doc__
    _phase = ""  # of the line that is being written over

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--may-shrink", action="store_true", help="accept a file that takes more than 15 %% of the entries away"
        )
        parser.add_argument("--force", action="store_true", help="bring what was taken or refused too; without a file")
        parser.add_argument("--dry-run", action="store_true", help="tell what would be brought; without a file")

    def handle(
        self, *args: object, files: list[Path], may_shrink: bool = False, force: bool = False, dry_run: bool = False,
        **options: object,
    ) -> None:  # fmt: skip
        if files and (force or dry_run):
            raise CommandError("--force and --dry-run are for addresses, not for files")
        if files:
            self._told(sync.load(files, clock=timezone.now, may_shrink=may_shrink, tick=self._bar))
        elif not settings.ANNUAIRE_FETCH:
            raise CommandError("name files, or set ANNUAIRE_FETCH=1 to ask the addresses of ANNUAIRE_URLS")
        elif dry_run:
            self._seen(fetch.look(now=timezone.now(), is_forced=force))
        else:
            self._fetched(may_shrink=may_shrink, force=force)

    def _seen(self, asked: list[fetch.Asked]) -> None:
        for one in asked:
            told = " ".join(part for part in (one.version.file_name if one.version else "", one.row.told) if part)
            self.stdout.write(f"{one.row.url}: {'wanted' if one.is_wanted else one.row.outcome}: {told}")

    def _fetched(self, *, may_shrink: bool, force: bool) -> None:
        try:
            rows, loads = fetch.newest(clock=timezone.now, is_forced=force, may_shrink=may_shrink, tick=self._bar)
        except Busy:
            raise CommandError("another process loads the annuaire") from None
        self._end_line()
        for row in rows:
            self.stdout.write(f"{row.url}: {row.outcome}: {row.told}".rstrip(": "))
        self._told(loads)
        if any(row.outcome in {"later", "refused"} for row in rows):
            raise CommandError("not everything was brought")

    def _told(self, loads: list[DirectoryLoad]) -> None:
        self._end_line()
        for load in loads:
            if load.state != DirectoryLoad.State.DONE:
                self.stderr.write(f"{load.file_name}: {load.state}: {load.error}")
            else:
                self.stdout.write(
                    f"{load.file_name}: {load.kind}, {load.lines_read} lines read, {load.lines_rejected} rejected, "
                    f"{load.added} added, {load.vanished} vanished"
                )
        if refused := sum(load.state != DirectoryLoad.State.DONE for load in loads):
            raise CommandError(f"{refused} of {len(loads)} files refused")

    def _bar(self, step: Step) -> None:
        """On a terminal only: a line for each step, written over while it lasts."""
        if not sys.stdout.isatty():
            return
        named = f"{step.phase} {step.file_name}".strip()
        if named != self._phase:
            self._end_line()
            self._phase = named
        sys.stdout.write(f"\r{self._measured(step) if step.phase in MEASURED else ''}{named}\x1b[K")
        sys.stdout.flush()

    def _end_line(self) -> None:
        if self._phase:
            sys.stdout.write("\n")
            self._phase = ""

    @staticmethod
    def _measured(step: Step) -> str:
        done = _WIDTH * step.percent // 100
        left = remaining(step.phase_at, timezone.now(), step.percent)
        told = f"{left.seconds:>4} s left " if left is not None else ""
        return f"[{'#' * done}{'.' * (_WIDTH - done)}] {step.percent:3} % {step.lines_read:>9,} {told}"
