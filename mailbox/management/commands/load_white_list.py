"""Put a white list in force: asked for now of WHITE_LIST_URL, or of a file. A faulty or older one changes nothing; exit 1."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox import whitelist, whitelist_source
from mailbox.models import Edition
from mailbox.trust.whitelist import WhiteListError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="" if settings.WHITE_LIST_URL else settings.WHITE_LIST_FILE)

    def handle(self, *args: object, file: str, **options: object) -> None:
        edition = _of_file(Path(file)) if file else _of_publisher()
        self.stdout.write(f"{edition.domain_count} domains in force, {edition.added} added, {edition.removed} removed")


def _of_file(path: Path) -> Edition:
    try:
        return whitelist.load(path.read_bytes(), now=timezone.now())
    except (OSError, WhiteListError) as error:
        raise CommandError(str(error)) from None


def _of_publisher() -> Edition:
    row = whitelist_source.ask_now(now=timezone.now())
    if row is None:
        raise CommandError("being asked for already")
    if row.failures:
        raise CommandError(f"{row.url}: {row.outcome}")
    return Edition.objects.get(is_current=True)
