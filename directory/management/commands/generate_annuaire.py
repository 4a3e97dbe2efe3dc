"""Write invented extraction files, in the published layouts, into a folder: for demonstrations and measurements."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from directory import invent


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=2000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--people-file", type=Path, help="JSON list of fixed people, written first")

    def handle(
        self, *args: object, people: int, seed: int, out: Path, people_file: Path | None, **options: object
    ) -> None:
        fixed = json.loads(people_file.read_text(encoding="utf-8")) if people_file else []
        around = invent.places(max(people // 8, 5), seed)
        everyone = [invent.chosen(entry, number) for number, entry in enumerate(fixed)]
        everyone += invent.people(people, seed, around)
        stamp = f"{timezone.now():%Y%m%d%H%M}"
        out.mkdir(parents=True, exist_ok=True)
        for name, lines in (
            ("Extraction_Correspondance_MSSante", invent.mailbox_lines(everyone, around, seed)),
            ("PS_LibreAcces_Personne_activite", invent.activity_lines(everyone)),
        ):
            path = out / f"{name}_{stamp}.txt"
            with path.open("w", encoding="utf-8", newline="\n") as text:
                text.writelines(f"{line}\n" for line in lines)
            self.stdout.write(str(path))
