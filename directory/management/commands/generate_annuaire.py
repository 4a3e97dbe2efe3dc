"""Write invented extraction files of any size, up to the country's, in the published layouts: to show, to measure, to test."""

import json
from argparse import ArgumentTypeError
from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from directory import invent

_WIDTH = 40  # of the bar


def _stamp(text: str) -> str:
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M")  # noqa: DTZ007  (a name in a file, without a zone)
    except ValueError:
        at = None
    if at is None or f"{at:%Y%m%d%H%M}" != text:
        raise ArgumentTypeError("AAAAMMJJhhmm, as in the published names")
    return text


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=2000, help="the country: 1950000")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument(
            "--day", type=int, default=1, help="2: the next day's files of the same country, and what changed"
        )
        parser.add_argument("--stamp", type=_stamp, help="AAAAMMJJhhmm of the names; by default now")
        parser.add_argument("--zip", action="store_true", help="the two archives, as they are published (the default)")
        parser.add_argument("--plain", action="store_true", help="the texts; with --zip, both")
        parser.add_argument("--truth", type=int, default=0, help="how many people to describe in truth_….jsonl")
        parser.add_argument("--domains", default="", help="domain,domain: of all mailboxes, instead of five thousand")
        parser.add_argument(
            "--people-file", type=Path,
            help="JSON list of fixed people and structures, written first: last_name, first_name, title, rpps, "
            "profession_code, profession, speciality_code, speciality, organization, finess, postcode, town, address; "
            "without last_name, the structure's own mailbox (service)",
        )  # fmt: skip

    def handle(
        self, *args: object, people: int, seed: int, out: Path, day: int, stamp: str | None, plain: bool, truth: int,
        domains: str, people_file: Path | None, **options: object,
    ) -> None:  # fmt: skip
        entries = json.loads(people_file.read_text(encoding="utf-8")) if people_file else []
        plan = invent.Plan(
            people=max(people, 1), seed=seed, stamp=stamp or f"{timezone.now():%Y%m%d%H%M}", day=max(day, 1), truth=truth,
            is_plain=plain, is_zip=bool(options["zip"]) or not plain,
            domains=tuple(name for name in domains.split(",") if name),
            known=tuple(invent.chosen(entry, number) for number, entry in enumerate(entries)),
        )  # fmt: skip
        for path in invent.write(plan, out, self._bar if self.stderr.isatty() else invent.silent):
            self.stdout.write(str(path))

    def _bar(self, done: int, total: int) -> None:
        """One line that is written over."""
        filled = _WIDTH * done // total
        shown = f"\r[{'█' * filled}{'·' * (_WIDTH - filled)}] {done:,} / {total:,}"
        self.stderr.write(shown, style_func=str, ending="\n" if done == total else "")
