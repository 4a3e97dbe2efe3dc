"""The floor of a measurement: fresh PostgreSQL and Valkey, migrated, with the roles, in a folder that goes afterwards.

Django is set up once per process; each measurement gets an empty database by truncation.
"""

import os
import secrets
import signal
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mssweb import embedded

_started: dict[str, Path] = {}


def home() -> Path:
    return _started["home"]


@contextmanager
def engines() -> Iterator[Path]:
    """Engines for one measurement; the first call also sets Django up against them."""
    folder = _started.get("home") or Path(tempfile.mkdtemp(prefix="mssweb-bench-"))
    first = "home" not in _started
    _started["home"] = folder
    folder.chmod(0o755)
    (folder / "static").mkdir(exist_ok=True)
    os.environ.setdefault("POSTGRES_SETTINGS", "max_connections=200")
    postgres, valkey = embedded.start_postgres(folder), embedded.start_valkey(folder)
    try:
        if first:
            _set_up(folder)
        _empty()
        yield folder
    finally:
        _close()
        embedded.stop(valkey, signal.SIGTERM)
        embedded.stop(postgres)
        embedded.close(folder)


def remove() -> None:
    if "home" in _started:
        embedded.remove(home())


def _set_up(folder: Path) -> None:
    os.environ.update(
        MSSWEB_HOME=str(folder),
        DATABASE_URL=embedded.postgres_dsn(folder),
        REDIS_URL=embedded.valkey_url(folder),
        SECRET_KEY=secrets.token_hex(32),
        MASTER_KEYS="bench:" + b64encode(secrets.token_bytes(32)).decode(),
        AUDIT_KEYS="bench:" + b64encode(secrets.token_bytes(32)).decode(),
        DJANGO_SETTINGS_MODULE="mssweb.settings",
        PROCESS="manage",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("grant_roles")


def _empty() -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def _close() -> None:
    from django.db import connections

    connections.close_all()
