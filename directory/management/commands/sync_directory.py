"""Put extraction files of the Annuaire Santé in force, text or ZIP, together. A refused file leaves all as it was."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from directory import sync
from directory.models import DirectoryLoad
from directory.models.run import MEASURED, remaining
from directory.progress import Step

_WIDTH = 30  # characters of the bar


class Command(BaseCommand):
    help = __doc__
    _phase = ""  # of the line that is being written over

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--may-shrink", action="store_true", help="accept a file that takes more than 15 %% of the entries away"
        )

    def handle(self, *args: object, files: list[Path], may_shrink: bool = False, **options: object) -> None:
        self._told(sync.load(files, clock=timezone.now, may_shrink=may_shrink, tick=self._bar))

    def _told(self, loads: list[DirectoryLoad]) -> None:
        self._end_line()
        for load in loads:
            if load.state == DirectoryLoad.State.REFUSED:
                self.stderr.write(f"{load.file_name}: refused: {load.error}")
            else:
                self.stdout.write(
                    f"{load.file_name}: {load.kind}, {load.lines_read} lines read, {load.lines_rejected} rejected, "
                    f"{load.added} added, {load.vanished} vanished"
                )
        if refused := sum(load.state == DirectoryLoad.State.REFUSED for load in loads):
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
