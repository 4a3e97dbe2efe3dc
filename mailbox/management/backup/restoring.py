"""Restore a backup into an empty database, a step at a time; whoever is killed between two leaves the mark of it.

What does not fit is refused before anything is written: another manifest, a file that changed, a newer schema, master keys
that do not open the wrapped keys, a database that is not empty. An archive is SQL that the owner of the database runs:
`expected`, the digest that was noted when the backup was made, is what shows that it is ours.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from auth_otp.models import Session
from mailbox.management.backup import objects, wrapped
from mailbox.models import Recipient
from mssweb.audit.record import record
from mssweb.backup import engine, folder, squeeze
from mssweb.backup.manifest import Unfit, differences, newer


@dataclass(frozen=True, slots=True)
class Source:
    """A backup, where its keys are taken from (itself, or a later one), and what opens them."""

    made: folder.Made
    keys_of: folder.Made
    private: bytes | None

    @contextmanager
    def keys(self) -> Iterator[Iterator[wrapped.Wrapped]]:
        with self.keys_of.pieces("keys", self.private) as pieces:
            yield wrapped.read(pieces)


@dataclass(frozen=True, slots=True)
class Restored:
    """What is there again; `waiting` recipients had not been sent at that instant, and are going to be."""

    keys: int
    waiting: int
    objects: objects.PutBack | None


def check(source: Source, *, expected: str = "") -> int:
    """How many wrapped keys it holds; Unfit unless each file is what the manifest says and the master keys open all."""
    manifest = source.made.manifest
    if expected and expected != source.made.digest:
        raise Unfit("the manifest is not the one whose digest was noted")
    for kind in manifest.files.keys() - {"keys"}:
        source.made.check(kind)
    source.keys_of.check("keys")
    with source.keys() as found:
        return wrapped.check(found)


def check_schema(source: Source) -> None:
    """Unfit when the backup was made by a newer version of the code, or amid migrations that are one here."""
    ours = MigrationLoader(None).disk_migrations or {}
    folded = [name for migration in ours.values() for name in migration.replaces]
    if unknown := newer(source.made.manifest, [*ours, *folded]):
        raise Unfit(f"made by a newer version ({source.made.manifest.version}): {unknown[0]} is not known here")
    has = {(app, name) for app, names in source.made.manifest.migrations.items() for name in names}
    for key, migration in ours.items():
        one = {key, *migration.replaces}
        if len(one) > 1 and 0 < len(has & one) < len(one):  # Django would leave it out, and say nothing
            raise Unfit(f"made between two migrations of {key[0]} that are one here: restore it with commit 46162ba")


def check_room(*, again: bool) -> None:
    """Unfit unless the database is empty, or holds a restoration that did not end and is to be begun again."""
    if begun := engine.unfinished():
        if not again:
            raise Unfit(f"a restoration of {begun} began here and did not end: --again takes it away and begins anew")
        engine.empty()
    elif not engine.is_empty():
        raise Unfit("the database is not empty: a backup is restored into a new one only")


def restore(source: Source, say: Callable[[str], object]) -> Restored:
    """Every step, each told by `say`; the caller has checked what there was to check."""
    manifest = source.made.manifest
    engine.mark(manifest.name)
    say("database")
    with source.made.pieces("database", source.private) as pieces:
        engine.load(squeeze.whole(pieces))
    say("wrapped keys")
    with source.keys() as found:
        count = wrapped.put_back(found)
    _compare(source)
    stored = _objects(source, say)
    say("migrations, roles, statistics")
    call_command("migrate", verbosity=0)
    call_command("grant_roles")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with transaction.atomic():
        Session.objects.all().delete()  # some were ended since: everybody signs in again
        waiting = Recipient.objects.filter(state__in=("queued", "sending", "delayed", "held")).count()
        record("backup.restore", subject=("backup", manifest.name), keys=count, waiting=waiting)
        engine.unmark()
    return Restored(count, waiting, stored)


def _compare(source: Source) -> None:
    """Unfit unless each table has the rows that the manifest says; keys of another backup are as many as they are."""
    manifest = source.made.manifest
    counts = engine.counts(manifest.counts)
    if source.keys_of.digest != source.made.digest:
        counts[engine.KEYS_TABLE] = manifest.counts.get(engine.KEYS_TABLE, 0)
    if wrong := differences(manifest, counts):
        raise Unfit(f"{', '.join(wrong)}: not as many rows as the manifest says")


def _objects(source: Source, say: Callable[[str], object]) -> objects.PutBack | None:
    if "objects" not in source.made.manifest.files:
        return None
    if settings.BLOB_STORE == "db":
        raise Unfit("the backup tells of objects in an external store: BLOB_STORE says where it is")
    say("objects of the external store")
    return objects.put_back(source.made.place("objects"), _copies(source.made))


def _copies(made: folder.Made) -> Path:
    return made.path.parent / "objects"
