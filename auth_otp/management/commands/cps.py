"""Our own listener for CPS cards (CPS_LISTEN), where no nginx asks for them: TLS alone; no session, no row, no key of mail."""

import asyncio
import signal

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from auth_otp.cps import front


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()  # they load every page: nothing of it is this process's

    def handle(self, *args: object, **options: object) -> None:
        if settings.MASTER_KEYS or settings.PROCESS != "cps":
            raise CommandError("the listener of cards must not hold the master key: start it with PROCESS=cps")
        host, _, port = settings.CPS_LISTEN.rpartition(":")
        if not (settings.CPS_URL and host):
            raise CommandError("CPS_URL and CPS_LISTEN say where cards are read: one of them is not set")
        try:
            secured = front.context(settings.CPS_CERTIFICATE, settings.CPS_KEY, settings.CPS_CA)
            asyncio.run(_serve(host.strip("[]"), int(port), secured))
        except OSError as error:  # ssl.SSLError is one
            raise CommandError(f"cps on {settings.CPS_LISTEN}: {error.strerror or error}") from None


async def _serve(host: str, port: int, secured: front.Secured) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.set_exception_handler(front.refused)
    server = await front.Front(secured).start(host, port)
    await stop.wait()
    server.close()
