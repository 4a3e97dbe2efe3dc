"""Save database, wrapped keys and objects of one instant into a folder of backups, sealed, while everything goes on.

Never in it: MASTER_KEYS, AUDIT_KEYS, the private key that opens it, /etc/mssweb. Keep copies of those elsewhere: without
MASTER_KEYS no backup opens one message. Exit 1 and nothing kept when anything fails.
"""

import base64
import binascii
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from mailbox.management.backup.making import Done, back_up
from mailbox.reply import Temporary
from mssweb import crypto
from mssweb.audit import backups
from mssweb.audit.record import ERROR, record
from mssweb.backup import engine, folder
from mssweb.backup.manifest import Unfit

_PUBLIC_BYTES = 1216


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # they load every page

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--to", type=Path, metavar="DIR", help="the folder of backups")
        what.add_argument("--new-key", type=Path, metavar="FILE", help="make a key pair: FILE opens, FILE.pub seals")
        what.add_argument("--last", action="store_true", help="how old the last one is; exit 1 after 26 hours")
        parser.add_argument(
            "--unsealed", action="store_true", help="seal it to no key: it must never leave this machine"
        )
        parser.add_argument("--without-directory", action="store_true", help="leave out what the annuaire loads anew")
        parser.add_argument("--copy-objects", action="store_true", help="copy what an external store holds too")
        parser.add_argument("--keep", type=int, metavar="DAYS", help="then destroy whole backups older than that")
        parser.add_argument("--prune", action="store_true", help="then destroy wrapped keys older than 30 days")

    def handle(self, *args: object, to: Path | None, new_key: Path | None, keep: int | None, **options: bool) -> None:
        if new_key:
            self._make_key(new_key)
        elif to:
            self._back_up(to, keep, **options)
        else:
            self._tell_last()

    def _back_up(self, to: Path, keep: int | None, **options: bool) -> None:
        public = None if options["unsealed"] else _public()
        try:
            done = back_up(
                to.resolve(), now=timezone.now(), public=public, has_directory=not options["without_directory"],
                copies_objects=options["copy_objects"], prunes=options["prune"], keep_days=keep,
            )  # fmt: skip
        except (Unfit, folder.Busy, engine.Failed) as fault:
            record("backup.done", result=ERROR, fault=type(fault).__name__)
            raise CommandError(str(fault)) from None
        except (OSError, DatabaseError, Temporary) as fault:
            raise CommandError(f"not backed up: {getattr(fault, 'strerror', None) or type(fault).__name__}") from None
        self._tell(done)

    def _tell(self, done: Done) -> None:
        megabytes, rows = done.size / 1e6, sum(done.manifest.counts.values())
        self.stdout.write(
            f"{done.path}: {rows} rows of {done.manifest.snapshot_at:%Y-%m-%d %H:%M:%S} UTC in {megabytes:.1f} MB,"
            f" {done.seconds:.1f} s; {done.pruned} files of keys destroyed\n"
            f"manifest {done.manifest.name}:{done.digest}\n"
            "Note that line on another machine. NOT in it: MASTER_KEYS, AUDIT_KEYS and the private key that opens it."
        )
        if not done.manifest.sealed_to:
            self.stderr.write("NOT SEALED: addresses, traces and digests of passwords are in it in clear.")

    def _make_key(self, path: Path) -> None:
        pair = crypto.new_keypair()
        try:
            with folder.private(path) as out:
                out.write(base64.b64encode(pair.private) + b"\n")
            path.with_name(f"{path.name}.pub").write_text(base64.b64encode(pair.public).decode() + "\n")
        except OSError as fault:
            raise CommandError(f"{path}: {fault.strerror}") from None
        self.stdout.write(
            f"{path}.pub is BACKUP_PUBLIC_KEY_FILE. Take {path} away from this machine: it opens every backup, and none opens"
            " without it."
        )

    def _tell_last(self) -> None:
        told = backups.age(timezone.now())
        if told is None:
            raise CommandError("no backup was ever made")
        hours = told / timedelta(hours=1)
        if told > backups.OLD:
            raise CommandError(f"the last backup is {hours:.0f} hours old")
        self.stdout.write(f"the last backup is {hours:.1f} hours old")


def _public() -> bytes:
    try:
        public = base64.b64decode(settings.BACKUP_PUBLIC_KEY, validate=True)
    except binascii.Error:
        public = b""
    if not settings.BACKUP_PUBLIC_KEY:
        raise CommandError(
            "BACKUP_PUBLIC_KEY (or BACKUP_PUBLIC_KEY_FILE) is missing: `backup --new-key FILE` makes one"
        )
    if len(public) != _PUBLIC_BYTES:
        raise CommandError("BACKUP_PUBLIC_KEY is no public key of `backup --new-key`")
    return public
