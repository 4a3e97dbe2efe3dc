"""Put extraction files of the Annuaire Santé in force, text or ZIP. A refused file leaves the directory as it was."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from directory import sync


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--may-shrink", action="store_true", help="accept a file that takes more than 15 %% of the entries away"
        )

    def handle(self, *args: object, files: list[Path], may_shrink: bool = False, **options: object) -> None:
        refused = 0
        for path in files:
            try:
                load = sync.load(path, clock=timezone.now, may_shrink=may_shrink)
            except sync.DirectoryRefused as error:
                refused += 1
                self.stderr.write(f"{path.name}: refused: {error.reason}")
            else:
                self.stdout.write(
                    f"{path.name}: {load.kind}, {load.lines_read} lines read, {load.lines_rejected} rejected, "
                    f"{load.added} added, {load.vanished} vanished"
                )
        if refused:
            raise CommandError(f"{refused} of {len(files)} files refused")
