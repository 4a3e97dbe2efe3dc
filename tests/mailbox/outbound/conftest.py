"""A peer that answers what the test tells it to, over real mutual TLS, and a colleague who sends."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Submission
from mailbox.outbound import submit, worker
from tests import peers

DR = f"dr.lemaire@{peers.HOSPITAL}"


class Hospital:
    """An aiosmtpd handler: keeps what it accepted; `say` maps a verb to the reply."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self.say: dict[str, str] = {}
        self.connections = 0
        self.offers: list[str] = []  # besides what aiosmtpd does
        self.lacks: list[str] = []
        self.asked: list[str] = []  # parameters of MAIL

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.connections += 1
        kept = [line for line in responses if not any(word in line for word in self.lacks)]
        return [kept[0], *(f"250-{word}" for word in self.offers), *kept[1:]]

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.asked.append(" ".join(options))
        if answer := self.say.get("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.say.get(f"RCPT {address}") or self.say.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.say.get("DATA") == "drop":
            server.transport.abort()
            return "250 lost"
        if answer := self.say.get("DATA"):
            return answer
        self.received.append((envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 2.0.0 OK"


@contextmanager
def listening(
    space: peers.TrustSpace, handler: Hospital, files: peers.Files | None, settings, of: type[Controller] = Controller
) -> Iterator[None]:
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(space.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    port = peers.free_port()
    controller = of(handler, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=bool(files))
    controller.start()
    settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{port} perime.mssante.example=127.0.0.1:{port}"
    try:
        yield
    finally:
        for held in worker._connections.values():
            held.connection.close()
        worker._connections.clear()
        controller.stop()


@pytest.fixture
def hospital(trust, settings) -> Iterator[Hospital]:
    handler = Hospital()
    with listening(trust, handler, trust.hospital, settings):
        yield handler


class Asked(SMTP):
    """A host that takes the parameters of reports (RFC 3461), which aiosmtpd does not, and keeps them by message."""

    async def smtp_MAIL(self, arg):
        path, options = self._split(arg, "RET=", "ENVID=")
        self.event_handler.wishes.append([options])
        await super().smtp_MAIL(path)

    async def smtp_RCPT(self, arg):
        path, options = self._split(arg, "NOTIFY=", "ORCPT=")
        self.event_handler.wishes[-1].append(options)
        await super().smtp_RCPT(path)

    def _split(self, arg: str, *names: str) -> tuple[str, str]:
        words = arg.split(" ")
        ours = [word for word in words if word.startswith(names)]
        return " ".join(word for word in words if word not in ours), " ".join(ours)


class Reporting(Hospital):
    """A hospital that offers reports of delivery; `wishes`: by message, what was asked of it and of each recipient."""

    def __init__(self) -> None:
        super().__init__()
        self.wishes: list[list[str]] = []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        responses = await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*responses[:-1], "250-DSN", responses[-1]]


class _Controller(Controller):
    def factory(self):
        return Asked(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def reporting(trust, settings) -> Iterator[Reporting]:
    handler = Reporting()
    with listening(trust, handler, trust.hospital, settings, _Controller):
        yield handler


@pytest.fixture
def send(dupont, claire) -> Callable[..., Submission]:
    def act(
        *to: str, subject: str = "Ordonnance", wait: timedelta = timedelta(), text: str = "Bonjour", **asked
    ) -> Submission:
        now = timezone.now()
        letter = Outgoing(
            from_=Address("Pharmacie Dupont", dupont.address), to=tuple(Address("", a) for a in to), subject=subject,
            text=text, message_id=f"{uuid7()}@{peers.OURS}", date=now,
        )  # fmt: skip
        return submit.submit(
            mailbox=dupont, author=claire, letter=letter, recipients=to, thread_id=None, not_before=now + wait,
            now=now, **asked,
        )  # fmt: skip

    return act


def states(submission: Submission) -> dict[str, str]:
    return dict(submission.recipients.values_list("address", "state"))
