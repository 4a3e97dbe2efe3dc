"""Our own listener for cards, where no nginx stands in front: TLS 1.3 that asks for a certificate, one request, one redirection.

It seals what it was shown and sends the browser back to the main address; it opens no session, reads no row, and holds no key
but its own and the one of tickets. TLS 1.3 alone: nothing is resumed, each reading wants the card in its reader.
"""

import asyncio
import logging
import re
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from auth_otp.cps.ticket import Reading, seal

log = logging.getLogger(__name__)

type Secured = ssl.SSLContext

READ, BACK = "/connexion/carte/lecture/", "/connexion/carte/retour/"
_ASKED = re.compile(rb"GET ([!-~]+) HTTP/1\.1\r\n", re.ASCII)
_READING = re.compile(re.escape(READ) + r"\?demande=([0-9a-f]{32})", re.ASCII)
_HEAD_BYTES, _HEAD_SECONDS = 16 * 1024, 10
_HANDSHAKE_SECONDS = 120  # the person chooses a certificate and types the code of the card meanwhile
_MOST = 256  # connections at once
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: an ended card is told so on a page, by certificate.check


def context(certificate: str, key: str, authorities: str) -> Secured:
    """Asks for a certificate, and ends the handshake with one of other authorities; without one it goes on."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.num_tickets = 0  # a resumed session would speak for a card that has left its reader
    made.load_cert_chain(certificate, key)
    made.load_verify_locations(cadata=Path(authorities).read_text())
    made.verify_mode = ssl.CERT_OPTIONAL
    made.verify_flags |= _NO_CHECK_TIME
    return made


def refused(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """For the loop: TLS refused somebody, or they left; the kind of error is enough."""
    log.info("a connection of cards ended: %s", type(told.get("exception")).__name__)


class Front:
    """One process's listener. Whoever connects is counted before the handshake, which may last as long as a person does."""

    def __init__(self, secured: Secured) -> None:
        self._secured, self._open = secured, 0

    async def start(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, limit=_HEAD_BYTES)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST:
                await self._answer(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.info("a reading of a card was cut short: %s", type(error).__name__)
        finally:
            self._open -= 1
            with suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.start_tls(self._secured, ssl_handshake_timeout=_HANDSHAKE_SECONDS)
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(head, shown(writer)))
            await writer.drain()


def shown(writer: asyncio.StreamWriter) -> bytes:
    """The certificate, which TLS has verified, in DER; empty when there was none."""
    tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    return (tls.getpeercert(binary_form=True) if tls else None) or b""


def answer(head: bytes, certificate: bytes) -> bytes:
    """Of one request: back to the main address with a ticket; whoever asks for anything else, without."""
    asked = _ASKED.match(head)
    reading = _READING.fullmatch(asked[1].decode()) if asked else None
    if reading is None:
        return _redirection(f"{settings.BASE_URL}/connexion/")
    ticket = seal(Reading(certificate, bool(certificate), reading[1]), now=datetime.now(UTC))
    return _redirection(f"{settings.BASE_URL}{BACK}?{urlencode({'billet': ticket})}")


def _redirection(where: str) -> bytes:
    lines = (
        "HTTP/1.1 303 See Other", f"Location: {where}", "Content-Length: 0", "Cache-Control: no-store", "Connection: close",
        "Referrer-Policy: no-referrer", "Strict-Transport-Security: max-age=31536000",
    )  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()
