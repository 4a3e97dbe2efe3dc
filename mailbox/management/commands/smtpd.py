"""The receiver of mail from other operators: no master key, a database role that only inserts arrivals."""

import asyncio
import gc
import logging
import signal
import socket
from contextlib import suppress

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from mailbox import revocation, whitelist
from mailbox.certificate import NoAuthority, OwnCertificate, issuers
from mailbox.inbound import tracing
from mailbox.inbound.counting import write_counts, write_once
from mailbox.inbound.limits import Limits, limits_of
from mailbox.inbound.receiver import Receiver
from mailbox.inbound.server import STOPPING, Connection, tls_context
from mailbox.inbound.wake import Waker
from mailbox.mime.address import normalise
from mailbox.trust.revocation import Held
from mailbox.trust.whitelist import WhiteListError

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 3.0  # how late a new edition or certificate is taken up


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()  # they load every page and what pages need: nothing of it is this process's

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.SMTP_HOST)
        parser.add_argument("--port", type=int, default=settings.SMTP_PORT)
        parser.add_argument("--share", action="store_true", help="share the port with other smtpd processes")

    def handle(self, *args: object, host: str, port: int, share: bool, **options: object) -> None:
        if settings.MASTER_KEYS:
            raise CommandError("smtpd must not hold the master key: start it with PROCESS=smtpd")
        try:
            limits = limits_of(settings.SMTP_LIMITS, max_message=settings.MAX_MESSAGE_BYTES)
        except ValueError as error:
            raise CommandError(str(error)) from None
        gc.freeze()  # what was loaded stays: no session waits for a look at it
        try:
            uvloop.run(_serve(host, port, share, limits))
        except WhiteListError as error:
            raise CommandError(f"the white list in force does not verify ({error.reason}): {error}") from None
        except NoAuthority:
            raise CommandError("TRUST_CA holds no authority of the name TRUST_ISSUER that its root signed") from None
        except OSError as error:
            raise CommandError(f"smtpd on {host}:{port}: {error.strerror or error}") from None


async def _serve(host: str, port: int, share: bool, limits: Limits) -> None:
    held = {"autocommit": True, "prepare_threshold": settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"]}
    certificate = OwnCertificate(tls_context)
    async with AsyncConnectionPool(conninfo(), min_size=2, max_size=16, kwargs=held) as pool:
        receiver = Receiver(
            pool=pool,
            tls=certificate.serving(),
            hostname=settings.SMTP_HOSTNAME,
            limits=limits,
            waker=Waker(),
            list_limit=whitelist.limit(),
            current=await asyncio.to_thread(_current),
            ask=revocation.asked,
            postmaster=normalise(settings.POSTMASTER),
        )
        await _follow_revocation(receiver)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(receiver), host, port, reuse_address=True, reuse_port=share or None, backlog=512,
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
        )  # fmt: skip
        log.info("smtpd listens on %s:%s", host, port)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        work = [_refresh(receiver, certificate), write_counts(pool), tracing.write_traces(pool, receiver.refusals)]
        beside = [asyncio.create_task(each) for each in work]
        await stop.wait()
        server.close()
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await _drain(receiver)
        await write_once(pool)
        receiver.refusals.close()
        while await tracing.write_once(pool, receiver.refusals):
            pass


async def _drain(receiver: Receiver) -> None:
    """Messages that are being committed are answered first; then everyone is told to come back."""
    tasks = [c._task for c in receiver.connections if c._task and c.is_answering]
    if tasks:
        await asyncio.wait(tasks, timeout=5)
    for connected in list(receiver.connections):
        connected.end(STOPPING)


async def _refresh(receiver: Receiver, certificate: OwnCertificate) -> None:
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        await _follow(receiver, certificate)


async def _follow(receiver: Receiver, certificate: OwnCertificate) -> None:
    """Take up the edition in force, and the certificate as it is renewed. No file that is being replaced ends this."""
    try:
        receiver.current = await asyncio.to_thread(_current)
    except WhiteListError as error:
        log.error("white list not refreshed: %s", error.reason)
    except (OSError, ValueError) as error:  # the file of the authority is not there, or holds no certificate
        log.error("white list not refreshed: %s", type(error).__name__)
    await _follow_revocation(receiver)
    receiver.tls = certificate.serving()


async def _follow_revocation(receiver: Receiver) -> None:
    """Take up the lists of revocations; what is held serves meanwhile, and closes the door by itself once it has ended."""
    try:
        receiver.issuers = issuers()
        receiver.revoked = await asyncio.to_thread(_revoked)
    except (OSError, ValueError, DatabaseError, InterfaceError) as error:
        log.error("revocation lists not refreshed: %s", type(error).__name__)


def _revoked() -> Held:
    try:
        return revocation.current()
    finally:
        connection.close()


def _current() -> whitelist.CurrentList | None:
    """The last known edition serves while the database is away; policy closes the door when it is too old."""
    try:
        _last[0] = whitelist.current()
    except (DatabaseError, InterfaceError) as error:
        log.warning("white list not refreshed: %s", type(error).__name__)
    finally:
        connection.close()
    return _last[0]


_last: list[whitelist.CurrentList | None] = [None]


def conninfo() -> str:
    """For libpq: what Django was told, TLS options of DATABASE_URL and the role included."""
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    known = {key: str(database[name]) for key, name in names.items() if database[name]}
    known |= {key: value for key, value in database["OPTIONS"].items() if isinstance(value, str)}
    return make_conninfo(**known)
