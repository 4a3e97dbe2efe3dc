"""Write invented extraction files, in the published layouts, into a folder: for demonstrations and measurements."""

import json
from itertools import chain
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
        parser.add_argument("--domains", default="", help="domain,domain: of half of the structures' mailboxes")
        parser.add_argument(
            "--people-file", type=Path,
            help="JSON list of fixed people and structures, written first: last_name, first_name, title, rpps, "
            "profession_code, profession, speciality_code, speciality, organization, finess, postcode, town, address; "
            "without last_name, the structure's own mailbox (service)",
        )  # fmt: skip

    def handle(
        self, *args: object, people: int, seed: int, out: Path, people_file: Path | None, domains: str,
        **options: object,
    ) -> None:  # fmt: skip
        entries = json.loads(people_file.read_text(encoding="utf-8")) if people_file else []
        fixed = [invent.chosen(entry, number) for number, entry in enumerate(entries)]
        around = invent.places(max(people // 8, 5), seed, [name for name in domains.split(",") if name])
        everyone = [one for one in fixed if isinstance(one, invent.Person)]
        everyone += invent.people(people, seed, around)
        offices = [one for one in fixed if isinstance(one, invent.Office)]
        stamp = f"{timezone.now():%Y%m%d%H%M}"
        out.mkdir(parents=True, exist_ok=True)
        for name, lines in (
            (
                "Extraction_Correspondance_MSSante",
                invent.mailbox_lines(everyone, list(chain(offices, invent.offices(around, seed))), seed),
            ),
            ("PS_LibreAcces_Personne_activite", invent.activity_lines(everyone)),
        ):
            path = out / f"{name}_{stamp}.txt"
            with path.open("w", encoding="utf-8", newline="\n") as text:
                text.writelines(f"{line}\n" for line in lines)
            self.stdout.write(str(path))
