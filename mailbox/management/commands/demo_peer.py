"""The second operator of the demonstration (hopital.mssante.example), on aiosmtpd over mutual TLS; beside it, the
authorities' address, where their lists of revocations are published, a provider of identities like Pro Santé Connect, and
the address where cards are read.

Accepts what comes and answers each message in its thread, in no patient's name; refuses the subject «refus» with 550;
sends a document once.
"""

import asyncio
import json
import os
import re
import signal
import smtplib
import ssl
import sys
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.timezone import localtime
from uuid_utils.compat import uuid7

from auth_otp import channels
from mailbox.management.demo import readers
from mailbox.management.demo.letters import LEMAIRE
from mailbox.management.demo.listed import HOSPITAL
from mailbox.management.demo.papers import Paper
from mailbox.management.demo.space import CRL, SHARED
from mailbox.management.demo.wallet import demonstration
from mailbox.mime.address import is_patient
from mailbox.mime.compose import Outgoing, compose
from mailbox.mime.parse import parse
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address, ParsedMessage

_ANSWER_SECONDS = float(os.environ.get("DEMO_ANSWER_SECONDS", "1.5"))
_CODE = re.compile(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b")
_PRESCRIPTION = Paper(
    "Ordonnance de sortie", "57833-6", "PAT-TROIS", "Dominique", date(1979, 3, 28), "279035121518989", "Traitement de sortie",
    "Apixaban 5 mg, un comprimé matin et soir. Arrêt de l’amiodarone.",
)  # fmt: skip


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # they load every page

    def handle(self, *args: object, **options: object) -> None:
        pki = settings.MSSWEB_HOME / "pki"
        port = int(os.environ["DEMO_PEER_PORT"])
        controller = Controller(
            Hospital(pki), hostname="127.0.0.1", port=port, server_hostname=f"mx.{HOSPITAL}", ident="ESMTP hopital",
            tls_context=_server_context(pki), require_starttls=True, data_size_limit=36_000_000, enable_SMTPUTF8=True,
        )  # fmt: skip
        controller.start()
        _publish({CRL: pki / CRL, readers.LIST: pki / readers.LIST}, int(os.environ["DEMO_CRL_PORT"]))
        provider, cards = demonstration.start(), readers.start()
        self.stdout.write(f"demonstration peer {HOSPITAL} on port {port}")
        try:
            asyncio.run(_until_told_to_stop(pki))
        finally:
            controller.stop()
            provider.close()
            cards.close()


async def _until_told_to_stop(pki: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    greeting = asyncio.create_task(_greet(pki))
    await stop.wait()
    greeting.cancel()


async def _greet(pki: Path) -> None:
    """The document, once in the life of this folder; our receiver starts beside us, and may be the later one."""
    greeted = settings.MSSWEB_HOME / "peer-greeted"
    while not greeted.exists():
        await asyncio.sleep(1)
        try:
            await asyncio.to_thread(_send, pki, SHARED, _document())
        except (OSError, smtplib.SMTPException) as error:
            sys.stderr.write(f"not sent yet: {type(error).__name__}\n")
        else:
            greeted.touch()


def _publish(lists: dict[str, Path], port: int) -> None:
    """Over HTTP, as IGC-Santé does, for as long as this process lives."""

    class Published(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = lists.get(self.path.removeprefix("/"))
            body = file.read_bytes() if file and file.exists() else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/pkix-crl")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Published)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Hospital:
    """aiosmtpd's handler: the subject decides."""

    def __init__(self, pki: Path) -> None:
        self._pki = pki
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        parsed = parse(_bytes(envelope.content))
        if visible_subject(parsed.subject).strip().lower() == "refus":
            return "550 5.7.1 Message refused by the demonstration"
        sender = (envelope.mail_from or "").strip("<>")  # the null one is «<>» here
        if sender and parsed.from_ and not is_patient(envelope.rcpt_tos[0]):
            task = asyncio.get_running_loop().create_task(self._answer(parsed, sender, envelope.rcpt_tos[0]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not sender and (code := _CODE.search(parsed.text)):
            _show(envelope.rcpt_tos[0], parsed.subject, code[0])
        return "250 2.0.0 Accepted"

    async def _answer(self, parsed: ParsedMessage, to: str, as_whom: str) -> None:
        await asyncio.sleep(_ANSWER_SECONDS)
        await asyncio.to_thread(_send, self._pki, to, _answer_to(parsed, to, as_whom))


def _show(to: str, subject: str, code: str) -> None:
    """Nobody reads this operator's mailboxes: a code that came by letter is told where SMS are."""
    line = {"to": to, "body": f"Courrier MSSanté : {subject}\n\n#{code}", "at": datetime.now(UTC).isoformat()}
    with channels.sms_file().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _answer_to(parsed: ParsedMessage, to: str, as_whom: str) -> bytes:
    subject = visible_subject(parsed.subject)
    quoted = "\n".join(f"> {line}" for line in parsed.text.strip().split("\n")[:20])
    return compose(
        Outgoing(
            from_=Address(LEMAIRE.display_name, as_whom),
            to=(Address("", to),),
            subject=subject if subject.lower().startswith("re") else f"Re : {subject}",
            text=f"Bonjour,\n\nBien reçu, merci. Je fais le nécessaire.\n\nBien confraternellement,\nDr F. Lemaire\n\n{quoted}",
            message_id=f"{uuid7()}@{HOSPITAL}",
            date=datetime.now(UTC),
            in_reply_to=(parsed.message_id,),
            references=(*parsed.references, parsed.message_id),
        )
    )


def _document() -> bytes:
    at = localtime()
    return compose(
        Outgoing(
            from_=LEMAIRE,
            to=(Address("Pharmacie Dupont", SHARED),),
            subject=_PRESCRIPTION.subject,
            text="Bonjour,\n\nVeuillez trouver l’ordonnance de sortie de votre patient.\n\nDr F. Lemaire",
            files=_PRESCRIPTION.files("Hôpital Saint-Antoine, Dr Florence LEMAIRE", at),
            message_id=f"{uuid7()}@{HOSPITAL}",
            date=at,
            headers=_PRESCRIPTION.headers,
        )
    )


def _send(pki: Path, to: str, raw: bytes) -> None:
    """Over mutual TLS to our receiver, as any operator would."""
    context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
    context.check_hostname = False
    context.load_cert_chain(pki / "hopital.pem", pki / "hopital.key")
    with smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT, local_hostname=f"mx.{HOSPITAL}", timeout=20) as client:
        client.starttls(context=context)
        client.sendmail(LEMAIRE.addr_spec, [to], raw)


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def _server_context(pki: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pki / "hopital.pem", pki / "hopital.key")
    context.load_verify_locations(pki / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context
