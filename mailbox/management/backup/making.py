"""Make a backup: one instant of database, wrapped keys and list of objects, while everything goes on.

Never holds a master key, an audit key or a private key, and writes none: what opens the content is kept elsewhere.
"""

import shutil
import time
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from directory.beside import TABLES as DIRECTORY
from mailbox.management.backup import objects, wrapped
from mssweb.audit.record import record
from mssweb.backup import engine, envelope, folder, squeeze
from mssweb.backup.manifest import Manifest, Unfit, name_of

ROOM_BYTES = 1 << 30  # below that a backup is not begun


@dataclass(frozen=True, slots=True)
class Done:
    """What was made; `digest` is of its manifest: noted elsewhere, it shows that a backup is this one."""

    path: Path
    manifest: Manifest
    digest: str
    seconds: float
    pruned: int

    @property
    def size(self) -> int:
        return sum(file.size for file in self.manifest.files.values())


def back_up(
    root: Path, *, now: datetime, public: bytes | None, has_directory: bool = True, copies_objects: bool = False,
    prunes: bool = False, keep_days: int | None = None,
) -> Done:  # fmt: skip
    """A whole backup in `root`, told to the journal. Unfit, folder.Busy, engine.Failed, OSError: nothing is kept then."""
    begun = time.monotonic()
    with folder.writing(root):
        if shutil.disk_usage(root).free < ROOM_BYTES:
            raise Unfit(f"{root}: less than {ROOM_BYTES >> 30} GB free on this disk")
        making = folder.begin(root, name_of(now), public)
        manifest = _fill(making, has_directory=has_directory, copies_objects=copies_objects)
        digest = making.finish(manifest)
        pruned = folder.prune(root, now) if prunes else []
        if keep_days is not None:
            folder.expire(root, now, keep_days)
    done = Done(root / making.name, manifest, digest, time.monotonic() - begun, len(pruned))
    record(
        "backup.done", subject=("backup", manifest.name), bytes=done.size, seconds=round(done.seconds), manifest=digest,
        sealed_to=manifest.sealed_to, pruned=done.pruned,
    )  # fmt: skip
    return done


def _fill(making: folder.Making, *, has_directory: bool, copies_objects: bool) -> Manifest:
    without = (engine.KEYS_TABLE, *(() if has_directory else DIRECTORY))
    with engine.snapshot() as instant:
        counts = engine.counts(table for table in instant.tables if has_directory or table not in DIRECTORY)
        making.add("keys", wrapped.lines())
        making.add("database", squeeze.squeezed(engine.dump(instant, without)))
        if settings.BLOB_STORE != "db":
            copies = making.root / "objects" if copies_objects else None
            making.add("objects", objects.lines(_former(making.root), copies), in_clear=True)  # digests of sealed bytes
        applied = sorted(MigrationRecorder(connection).applied_migrations())
    return Manifest(
        name=making.name,
        snapshot_at=instant.taken_at,
        version=version(),
        server=instant.server,
        sealed_to=envelope.fingerprint(making.public) if making.public else "",
        has_directory=has_directory,
        migrations={app: tuple(name for one, name in applied if one == app) for app in {app for app, _ in applied}},
        counts=counts,
        files=making.files,
    )


def _former(root: Path) -> Path | None:
    """The list of objects of the backup before this one."""
    try:
        path = folder.Made(root).place("objects")
    except Unfit:
        return None
    return path if path.exists() else None


def version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
