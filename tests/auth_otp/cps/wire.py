"""A browser with a card, as far as TLS goes: one handshake, one request, what was answered."""

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from auth_otp.cps import ticket
from mailbox.management.demo.cards import Card, CardAuthority


def context(authority: CardAuthority, card: Card | None, folder: Path, *, version: ssl.TLSVersion) -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=authority.ca_pem.decode())
    made.check_hostname = False
    made.minimum_version = made.maximum_version = version
    if card:
        made.load_cert_chain(*card.write(folder, f"{card.certificate.serial_number:x}"))
    return made


def ask(
    port: int, path: str, secured: ssl.SSLContext, *, headers: Mapping[str, str] | None = None, host: str = "localhost",
    session: ssl.SSLSession | None = None,
) -> tuple[bytes, ssl.SSLSession | None, bool]:  # fmt: skip
    """What came, the session to resume, and whether this one was resumed. ssl.SSLError when TLS refuses."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        secured.wrap_socket(plain, server_hostname=host, session=session) as tls,
    ):
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        tls.sendall("\r\n".join([*lines, "", ""]).encode())
        told = b""
        while chunk := tls.recv(65_536):
            told += chunk
        return told, tls.session, bool(tls.session_reused)


def status(told: bytes) -> int:
    return int(told.split(b" ", 2)[1])


def location(told: bytes) -> str:
    [line] = [line for line in told.decode().split("\r\n") if line.lower().startswith("location: ")]
    return line[10:]


def billet(told: bytes) -> str:
    return parse_qs(urlsplit(location(told)).query)["billet"][0]


def reading(told: bytes, now) -> ticket.Reading:
    return ticket.unseal(billet(told), now=now)
