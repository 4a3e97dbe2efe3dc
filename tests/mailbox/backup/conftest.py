"""An installation that lived, a key pair that no machine holds, and an empty PostgreSQL of its own to restore into."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from mssweb import crypto, embedded
from mssweb.backup import folder


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory) -> Iterator[Path]:
    """Another machine: its PostgreSQL, with an empty database."""
    home = tmp_path_factory.mktemp("elsewhere")
    home.chmod(0o755)
    server = embedded.start_postgres(home)
    yield home
    embedded.stop(server)
    embedded.remove(home)


@pytest.fixture
def moved(elsewhere) -> Callable:
    """Everything that Django does, done over there instead; what is there goes afterwards."""
    given = {name: connection.settings_dict[name] for name in ("NAME", "USER", "HOST", "PORT")}
    there = {"NAME": embedded.DATABASE, "USER": embedded.OWNER, "HOST": str(embedded.socket_dir(elsewhere)), "PORT": ""}

    @contextmanager
    def over_there() -> Iterator[None]:
        connection.close()
        connection.settings_dict.update(there)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(given)

    return over_there


@pytest.fixture
def cleared(transactional_db, moved) -> Iterator[None]:
    yield
    with moved(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS restoring CASCADE")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


@pytest.fixture
def recovery(tmp_path, settings) -> Path:
    """The private key's file, as `backup --new-key` makes it; the public one is in force."""
    pair, path = crypto.new_keypair(), tmp_path / "recovery"
    settings.BACKUP_PUBLIC_KEY = base64.b64encode(pair.public).decode()
    with folder.private(path) as out:
        out.write(base64.b64encode(pair.private))
    return path


@contextmanager
def as_backup() -> Iterator[None]:
    """With the database role of the unit, tools of PostgreSQL included."""
    options, given = connection.settings_dict["OPTIONS"], connection.settings_dict["OPTIONS"].get("options", "")
    connection.close()
    options["options"] = f"{given} -c role=mssweb_backup"
    try:
        yield
    finally:
        connection.close()
        options["options"] = given


def run(command: str, *args: object, **options: object) -> str:
    out = StringIO()
    call_command(command, *map(str, args), stdout=out, stderr=out, **options)
    return out.getvalue()
