"""Bring what changed in the Annuaire Santé since the last sync in force, read through its API. Needs DIRECTORY_API_KEY."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from directory import client, sync_api
from directory.models import DirectoryLoad


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        if not client.is_configured():
            raise CommandError("DIRECTORY_API_KEY (or DIRECTORY_API_KEY_FILE) is not set")
        load = sync_api.follow(client.from_settings(), clock=timezone.now)
        if load.state == DirectoryLoad.State.REFUSED:
            raise CommandError(f"nothing changed: {load.error}")
        self.stdout.write(
            f"{load.lines_read} resources read, {load.lines_rejected} rejected, {load.added} addresses added, "
            f"{load.vanished} vanished"
        )
