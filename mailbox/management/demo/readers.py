"""Cards of `make run`: their authority and its list, files that a browser imports in the place of a card, and their address."""

import asyncio
import os
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

from auth_otp.cps import front
from mailbox.management.demo.cards import PERSONS, CardAuthority

LIST, PASSWORD = "ACI-FO-PP.crl", "demonstration"
_AUTHORITY, _OURS = "igc-sante-fort.pem", "cps"


def knobs(home: Path, *, port: int, crl_port: int) -> dict[str, str]:
    """What the processes are told; the files are made the first time."""
    pki = home / "pki"
    if not (pki / f"{_OURS}.pem").exists():
        _issue(pki)
    return {
        "DEMO_CPS_PORT": str(port), "CPS_URL": f"https://localhost:{port}", "CPS_CA": str(pki / _AUTHORITY),
        "CPS_ISSUER": PERSONS, "CPS_CRL_URLS": f"http://127.0.0.1:{crl_port}/{LIST}",
        "CPS_EDGE_SECRET": f"{settings.DEMO_MARK}-between-readers-and-pages",
    }  # fmt: skip


def start() -> ExitStack:
    """The address where they are read, until it is closed; nothing when `make run` has been given one of its own."""
    running, port = ExitStack(), os.environ.get("DEMO_CPS_PORT")
    if port:
        pki = settings.MSSWEB_HOME / "pki"
        secured = front.context(str(pki / f"{_OURS}.pem"), str(pki / f"{_OURS}.key"), settings.CPS_CA)
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(front.refused)
        loop.run_until_complete(front.Front(secured).start("127.0.0.1", int(port)))
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        running.callback(thread.join, 5)
        running.callback(loop.call_soon_threadsafe, loop.stop)
    return running


def how_to_sign_in(home: Path) -> list[str]:
    """A line for the console, where there are cards."""
    pki = home / "pki"
    told = f"  CPS cards, for a browser to import: {pki}/carte-*.p12 (password: {PASSWORD})"
    return [told] if (pki / f"{_OURS}.pem").exists() else []


def _issue(pki: Path) -> None:
    """The authority's key is not kept: its list is signed once, for ten years."""
    pki.mkdir(parents=True, exist_ok=True)
    authority = CardAuthority()
    stolen = authority.issue()
    made = {
        "carte-anne-dupont": authority.issue(), "carte-volee": stolen, "carte-expiree": authority.issue(ended=True),
        "carte-inconnue": authority.issue("899999999999"),
    }  # fmt: skip
    for name, card in made.items():
        (pki / f"{name}.p12").write_bytes(card.p12(PASSWORD.encode()))
    (pki / LIST).write_bytes(authority.crl([stolen], lasts=timedelta(days=3650)))
    (pki / _AUTHORITY).write_bytes(authority.ca_pem)
    here = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    authority.issue(here, usages=[ExtendedKeyUsageOID.SERVER_AUTH]).write(pki, _OURS)  # last: all is there
