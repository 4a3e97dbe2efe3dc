"""Verify a white list and put it in force. A faulty or older one leaves the edition in force; exit 1."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox import whitelist
from mailbox.trust.whitelist import WhiteListError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default=settings.WHITE_LIST_FILE)

    def handle(self, *args: object, file: str, **options: object) -> None:
        try:
            edition = whitelist.load(Path(file).read_bytes(), now=timezone.now())
        except (OSError, WhiteListError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{edition.domain_count} domains in force, {edition.added} added, {edition.removed} removed")
