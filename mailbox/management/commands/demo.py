"""Create the demonstration space in MSSWEB_HOME, once: authority, white list, pharmacy, people, mail, annuaire."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mailbox.management.demo import space


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("the demonstration is created with DEMO=1 only")
        space.create(settings.MSSWEB_HOME, write=self.stdout.write)
