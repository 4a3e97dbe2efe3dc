"""Everything on one machine, from one command: engines, migrations, demonstration, then web, smtpd, worker and beat."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import IO
from urllib.error import URLError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mssweb import embedded, knobs
from mssweb.supervisor import Child, Supervisor

_FREE_BYTES = 500 * 1024 * 1024
_READY_SECONDS = 60
_INHERITED = {
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "DEMO_PEER_PORT", "DEMO_ANSWER_SECONDS",
}  # fmt: skip
_OWN = ("SECRET_KEY", "MASTER_KEYS", "AUDIT_KEYS")  # made here, and given process by process
_SHARED = {"DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # settings are checked here, in plain words

    def handle(self, *args: object, **options: object) -> None:
        home = settings.MSSWEB_HOME
        try:
            lock = _prepare(home)
        except OSError as error:
            raise CommandError(f"{home}: {error.strerror or error}") from None
        supervisor = Supervisor(settings.BASE_DIR, home / "log")
        signal.signal(signal.SIGTERM, _raise_interrupt)
        try:
            _start_engines(home, supervisor)
            environment = _environment(home)
            _settle(environment)
            _start_children(supervisor, environment, home)
            self._announce(supervisor)
            supervisor.watch()
        except embedded.EngineError as error:
            raise CommandError(str(error)) from None
        except subprocess.CalledProcessError as error:
            raise CommandError(f"{' '.join(map(str, error.cmd[2:4]))} failed: {_last_line(error.stderr)}") from None
        except KeyboardInterrupt:
            pass
        finally:
            supervisor.stop()
            for server in reversed(supervisor.engines()):
                embedded.stop(server)
            embedded.close(home)
            lock.close()

    def _announce(self, supervisor: Supervisor) -> None:
        """Once /healthz is green: where, and how to sign in."""
        deadline = time.monotonic() + _READY_SECONDS
        while not _is_healthy():
            if time.monotonic() > deadline:
                self.stderr.write("not healthy yet: see the lines above, and /healthz")
                return
            time.sleep(0.25)
        lines = ["", f"mssweb is ready: {settings.BASE_URL}"]
        if settings.DEMO:
            from mailbox.management.demo.space import how_to_sign_in

            lines += how_to_sign_in(settings.MSSWEB_HOME, settings.BASE_URL)
        self.stdout.write("\n".join([*lines, "Ctrl-C stops everything.", ""]))
        self.stdout.flush()


def _raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _prepare(home: Path) -> IO[str]:
    """The state folder, ours alone; ports free; room on the disk. CommandError in one line otherwise."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "log").mkdir(exist_ok=True)
    lock = (home / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(f"mssweb already runs in {home}: set MSSWEB_HOME for a second instance") from None
    if shutil.disk_usage(home).free < _FREE_BYTES:
        raise CommandError(f"{home}: less than {_FREE_BYTES // 1024**2} MB free on this disk")
    for name, port in (("PORT", settings.PORT), ("SMTP_PORT", settings.SMTP_PORT)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise CommandError(f"port {port} is busy: set {name} to another one") from None
    return lock


def _start_engines(home: Path, supervisor: Supervisor) -> None:
    """Those that no URL replaces; the supervisor starts them again when they die."""
    engines = (("DATABASE_URL", "postgres", embedded.start_postgres), ("REDIS_URL", "valkey", embedded.start_valkey))
    for url, name, start in engines:
        if not (os.environ.get(url) or os.environ.get(f"{url}_FILE")):
            supervisor.keep(name, start(home), partial(start, home))


def _environment(home: Path) -> dict[str, str]:
    """What every process may know: all that settings read. Secrets are added process by process."""
    told = (_INHERITED | knobs.KNOBS) - knobs.SECRETS - {"PROCESS"} | _SHARED
    known = {name: os.environ[name] for name in told if os.environ.get(name)}
    known.update(
        MSSWEB_HOME=str(home),
        DJANGO_SETTINGS_MODULE="mssweb.settings",
        PYTHONPATH=str(settings.BASE_DIR),
        PYTHONUNBUFFERED="1",
        PYTHONWARNINGS="ignore:You're running the worker with superuser",  # a container's root; deploy/ has own users
        PORT=str(settings.PORT),
        SMTP_PORT=str(settings.SMTP_PORT),
    )
    if settings.DEMO:
        peer_port = os.environ.get("DEMO_PEER_PORT") or str(_free_port(settings.SMTP_PORT + 1))
        known["DEMO_PEER_PORT"] = peer_port
        crl_port = _free_port(int(peer_port) + 1)
        if not os.environ.get("PSC_ISSUER"):
            known |= _provider(_free_port(crl_port + 1))
        if not os.environ.get("CPS_URL"):
            from mailbox.management.demo import readers

            known |= readers.knobs(home, port=_free_port(crl_port + 2), crl_port=crl_port)
        known["DEMO_CRL_PORT"], known["CRL_URLS"] = str(crl_port), f"http://127.0.0.1:{crl_port}/ACI-EL-ORG.crl"
        known.setdefault(
            "WHITE_LIST_MAX_AGE_DAYS", "3650"
        )  # the demonstration's list is signed once, at the first start
        known.setdefault("WHITE_LIST_ALARM_HOURS", "87600")
        known.setdefault("SUPPORT_ADDRESS", "support@hopital.mssante.example")  # the second operator answers for it
        known["ROUTES"] = os.environ.get("ROUTES", f"*=127.0.0.1:{peer_port}")
    return known


def _provider(port: int) -> dict[str, str]:
    """The demonstration's own Pro Santé Connect; the second operator's process serves it."""
    return {
        "DEMO_PSC_PORT": str(port), "PSC_ISSUER": f"http://127.0.0.1:{port}/auth/realms/esante-wallet", "PSC_CIBA": "1",
        "PSC_CLIENT_ID": "mssweb", "PSC_CLIENT_SECRET": settings.DEMO_MARK,
    }  # fmt: skip


def _keys_of_others() -> dict[str, str]:
    """Secrets of the environment (of a carrier, a relay, a store): for web, worker and commands. Receiver and beat use none."""
    kept = _SHARED | {end for name in _OWN for end in (name, f"{name}_FILE")}
    return {name: os.environ[name] for name in knobs.SECRETS - kept if os.environ.get(name)}


def _secrets(home: Path) -> dict[str, str]:
    """Files of this state folder, made the first time; marked, so that they never serve without DEMO=1."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    mark = f"{settings.DEMO_MARK}-" if settings.DEMO else ""
    made = {
        "SECRET_KEY": f"{mark}{secrets.token_urlsafe(48)}",
        "MASTER_KEYS": f"{mark}2026:{b64encode(secrets.token_bytes(32)).decode()}",
        "AUDIT_KEYS": f"{mark}2026:{b64encode(secrets.token_bytes(32)).decode()}",
    }
    for name, value in made.items():
        if not (folder / name).exists():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(value)
    return {f"{name}_FILE": str(folder / name) for name in made}


def _settle(environment: dict[str, str]) -> None:
    """Migrations, roles, static files, demonstration, as the owner of the database: each only costs what is new."""
    manage = {**environment, "PROCESS": "manage", **_keys_of_others(), **_secrets(settings.MSSWEB_HOME)}
    subprocess.run(
        [sys.executable, "manage.py", "settle"], cwd=settings.BASE_DIR, env=manage, check=True, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def _start_children(supervisor: Supervisor, environment: dict[str, str], home: Path) -> None:
    own, others, python = _secrets(home), _keys_of_others(), sys.executable
    held = {**others, **own}
    faced = {name: path for name, path in held.items() if name != "AUDIT_KEYS_FILE"}
    celery = [python, "-m", "celery", "-A", "mssweb", "--quiet"]
    web = [python, "-m", "uvicorn", "mssweb.asgi:application", "--host", "127.0.0.1", "--port", str(settings.PORT),
           "--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "3",
           "--ws", "none"]  # fmt: skip
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    supervisor.add(Child("smtpd", [python, "manage.py", "smtpd"], {**environment, "PROCESS": "smtpd"}))
    supervisor.add(
        Child("worker", [*celery, "worker", "-c", "2", *quiet], {**environment, "PROCESS": "worker", **held})
    )
    beat = [*celery, "beat", "-l", "WARNING", "-s", str(home / "beat"), "--pidfile="]
    supervisor.add(Child("beat", beat, {**environment, "PROCESS": "beat", "SECRET_KEY_FILE": own["SECRET_KEY_FILE"]}))
    supervisor.add(Child("web", web, {**environment, "PROCESS": "web", **faced}))
    if settings.CPS_LISTEN:
        shared = {name: value for name, value in others.items() if name.startswith("CPS_")}
        supervisor.add(Child("cps", [python, "manage.py", "cps"], {**environment, "PROCESS": "cps", **shared}))
    if settings.DEMO:
        supervisor.add(Child("peer", [python, "manage.py", "demo_peer"], {**environment, "PROCESS": "manage"}))


def _is_healthy() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _free_port(preferred: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_line(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    return lines[-1] if lines else "no reason given"
