"""Put extraction files of the Annuaire Santé in force, text or ZIP, together. A refused file leaves all as it was."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from directory import sync
from directory.models import DirectoryLoad

_WIDTH = 30  # characters of the bar


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--may-shrink", action="store_true", help="accept a file that takes more than 15 %% of the entries away"
        )

    def handle(self, *args: object, files: list[Path], may_shrink: bool = False, **options: object) -> None:
        loads = sync.load(files, clock=timezone.now, may_shrink=may_shrink, tick=self._bar)
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

    def _bar(self, load: DirectoryLoad) -> None:
        """On a terminal only."""
        if sys.stdout.isatty():
            done = _WIDTH * load.percent // 100
            sys.stdout.write(
                f"\r[{'#' * done}{'.' * (_WIDTH - done)}] {load.percent:3} % {load.lines_read:>9,} {load.kind:10}"
            )
            sys.stdout.write("\n" if load.percent >= 99 else "")
            sys.stdout.flush()
