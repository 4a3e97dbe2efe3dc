"""Bring this installation up to its code, in one process: migrations, database roles, static files, demonstration."""

from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from mssweb.backup import engine


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # they load every page, and judge code, not this installation

    def handle(self, *args: object, **options: object) -> None:
        if begun := engine.unfinished():
            raise CommandError(f"a restoration of {begun} did not end: manage.py restore --again")
        if between := _between():
            raise CommandError(
                f"{between} is between two migrations that are one here: migrate with commit 46162ba first"
            )
        call_command("migrate", verbosity=0)
        call_command("grant_roles")
        _collect(settings.STATIC_ROOT)
        if settings.DEMO:
            call_command("demo")


def _between() -> str:
    """Applications that have some of what was folded since: Django leaves that out, and says nothing."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations or ())
    folded = {key: set(one.replaces) for key, one in (loader.disk_migrations or {}).items() if one.replaces}
    cut = {key[0] for key, parts in folded.items() if key not in applied and parts & applied and parts - applied}
    return ", ".join(sorted(cut))


def _collect(root: Path) -> None:
    """Static files, when one of them changed since they were collected here: compressing them takes a second."""
    mark, state = root / ".collected", _state_of_static_files()
    if mark.exists() and mark.read_text() == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(state)


def _state_of_static_files() -> str:
    found = sorted((path, storage.path(path)) for finder in get_finders() for path, storage in finder.list([]))
    seen = [(name, source, (stat := Path(source).stat()).st_size, stat.st_mtime_ns) for name, source in found]
    return sha256(repr(seen).encode()).hexdigest()
