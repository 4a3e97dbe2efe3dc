"""Restore a backup into an empty database, then open every box and verify the journal; both results are printed.

Needs MASTER_KEYS and AUDIT_KEYS (of the installation that was lost) and the private key of the backup. Stop everything
first. What was received, sent, decided or destroyed after the instant of the backup is not in it: `--keys-from` a later
backup keeps destroyed mailboxes destroyed, and what waited to be sent then is sent, perhaps for the second time.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from mailbox.management.backup import restoring
from mailbox.management.backup.restoring import Restored, Source
from mailbox.reply import Temporary
from mssweb import crypto, embedded, keys
from mssweb.backup import engine, folder
from mssweb.backup.envelope import Cut
from mssweb.backup.manifest import Unfit
from mssweb.backup.squeeze import Garbled

_PRIVATE_BYTES = 96


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="source", type=Path, required=True, metavar="DIR", help="one, or the newest of a folder"
        )
        parser.add_argument("--private-key", type=Path, metavar="FILE", help="what opens it")
        parser.add_argument("--keys-from", type=Path, metavar="DIR", help="wrapped keys of a later backup")
        parser.add_argument("--expect", default="", metavar="NAME:DIGEST", help="the line noted when it was made")
        parser.add_argument("--again", action="store_true", help="take away a restoration that did not end")
        parser.add_argument("--check-master", action="store_true", help="only see that it is whole, and that it opens")

    def handle(
        self, *args: object, source: Path, private_key: Path | None, keys_from: Path | None, expect: str,
        again: bool, check_master: bool, **options: object,
    ) -> None:  # fmt: skip
        keys.ring()
        with _engine():
            self._handle(source, private_key, keys_from, expect, again=again, check_master=check_master)

    def _handle(
        self,
        source: Path,
        private_key: Path | None,
        keys_from: Path | None,
        expect: str,
        *,
        again: bool,
        check_master: bool,
    ) -> None:
        try:
            made = folder.Made(source)
            asked = Source(made, folder.Made(keys_from) if keys_from else made, _private(private_key))
            count = restoring.check(asked, expected=expect.rpartition(":")[2])
            self.stdout.write(f"{made.path}: whole, {count} wrapped keys, all opened by the master keys at hand")
            if check_master:
                return
            keys.audit_ring()
            restoring.check_schema(asked)
            restoring.check_room(again=again)
            self._tell(asked, restoring.restore(asked, lambda step: self.stdout.write(f"… {step}")))
        except (Unfit, Cut, Garbled, engine.Failed) as fault:
            raise CommandError(str(fault)) from None
        except crypto.Unreadable:
            raise CommandError("that private key does not open it") from None
        except (OSError, DatabaseError, Temporary) as fault:
            raise CommandError(f"not restored: {getattr(fault, 'strerror', None) or type(fault).__name__}") from None
        self._verify()

    def _tell(self, asked: Source, restored: Restored) -> None:
        self.stdout.write(
            f"restored as of {asked.made.manifest.snapshot_at:%Y-%m-%d %H:%M:%S} UTC: {restored.keys} mailboxes have their keys"
        )
        if found := restored.objects:
            self.stdout.write(f"objects: {found.there} there, {found.restored} put back, {found.missing} missing")
        if restored.waiting:
            self.stdout.write(
                f"{restored.waiting} messages waited to be sent then: what left since is sent a second time"
            )
        if not asked.made.manifest.has_directory:
            self.stdout.write("the annuaire is not in it: manage.py sync_directory")

    def _verify(self) -> None:
        faults = []
        for command in ("verify_store", "verify_audit"):
            try:
                self.stdout.write(f"{command}:")
                call_command(command, stdout=self.stdout, stderr=self.stderr)
            except CommandError as fault:
                faults.append(f"{command}: {fault}")
        if faults:
            raise CommandError("restored, and not all of it is sound: " + "; ".join(faults))


@contextmanager
def _engine() -> Iterator[None]:
    """The embedded PostgreSQL of a machine that `make run` serves, while nothing runs there; otherwise nothing to do."""
    home, server = settings.MSSWEB_HOME, None
    if connection.settings_dict["HOST"] == str(embedded.socket_dir(home)) and not embedded.postgres_answers(home):
        server = embedded.start_postgres(home)
    try:
        yield
    finally:
        if server:
            connection.close()
            embedded.stop(server)
            embedded.close(home)


def _private(path: Path | None) -> bytes | None:
    if path is None:
        return None
    private = b""
    with suppress(binascii.Error):
        private = base64.b64decode(path.read_text().strip(), validate=True)
    if len(private) != _PRIVATE_BYTES:
        raise Unfit(f"{path} is no private key of `backup --new-key`")
    return private
