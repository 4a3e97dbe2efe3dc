"""deploy/nginx as it is, a real nginx, a real handshake, and the pages behind a socket: who is believed, end to end."""

import os
import re
import shutil
import ssl
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.asgi import get_asgi_application

from auth_otp.cps.certificate import CardRefused
from auth_otp.cps.judge import judge
from mailbox.management.demo.cards import SIGNATURE, CardAuthority
from tests.auth_otp.cps.wire import ask, context, location, reading, status
from tests.peers import ROOT, free_port

pytestmark = pytest.mark.wire
DEPLOY, NUMBER = ROOT / "deploy" / "nginx", "c" * 32
READ = f"/connexion/carte/lecture/?demande={NUMBER}"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@dataclass(frozen=True)
class Edge:
    """Ports of the pages, of the cards, and of what leads from http to https."""

    pages: int
    cards: int
    plain: int


def configuration(folder: Path, authority: CardAuthority, secret: str, edge: Edge) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate, key = authority.issue(name, usages=[ExtendedKeyUsageOID.SERVER_AUTH]).write(folder, "server")
    (folder / "fort.pem").write_bytes(authority.ca_pem)
    (folder / "secret.conf").write_text(f'proxy_set_header X-Card-Secret "{secret}";')
    included = (DEPLOY / "mssweb-cps-proxy.conf").read_text()
    moved = {
        "/etc/mssweb/secrets/cps-edge.conf": f"{folder}/secret.conf", "mss.example.org": "localhost",
        "/etc/nginx/mssweb-proxy.conf": f"{DEPLOY}/mssweb-proxy.conf",
        "/etc/nginx/mssweb-cps-proxy.conf": f"{folder}/proxy.conf", "/run/mssweb-web/web.sock": f"{folder}/web.sock",
        "/etc/mssweb/igc-sante-fort.pem": f"{folder}/fort.pem", "/etc/mssweb/web.pem": str(certificate),
        "/etc/mssweb/secrets/web.key": str(key), "cps.example.org": "cps.localhost",
        "listen 80;": f"listen 127.0.0.1:{edge.plain};",
    }  # fmt: skip
    pages, cards = ((DEPLOY / name).read_text() for name in ("mssweb.conf", "mssweb-cps.conf"))
    text = pages.replace("listen 443", f"listen 127.0.0.1:{edge.pages}")
    text += cards.replace("listen 443", f"listen 127.0.0.1:{edge.cards}")
    for old, new in moved.items():
        assert old in text + included
        text, included = text.replace(old, new), included.replace(old, new)
    (folder / "proxy.conf").write_text(included)
    return re.sub(r"\n *listen \[::\]:.*", "", text)


@pytest.fixture
def edge(authority, settings, tmp_path):
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("nginx is not installed")
    ports: set[int] = set()
    while len(ports) < 3:  # drawn at random: two may be one
        ports.add(free_port())
    found = Edge(*ports)
    text = configuration(tmp_path, authority, settings.CPS_EDGE_SECRET, found)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    main = f"{user} daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {temporary} {text} }}"
    (tmp_path / "nginx.conf").write_text(main)
    config = uvicorn.Config(  # as the unit starts it
        get_asgi_application(), uds=f"{tmp_path}/web.sock", proxy_headers=True, forwarded_allow_ips="*", log_level="error",
        lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    (tmp_path / "web.sock").chmod(0o777)
    process = subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf", "-p", tmp_path, "-e", "stderr"])
    while not (tmp_path / "pid").exists():
        assert process.poll() is None, "nginx refuses its configuration"
        thread.join(0.02)
    yield found
    process.terminate()
    process.wait(10)
    server.should_exit = server.force_exit = True
    thread.join(5)


def refusal(told: bytes) -> str:
    now = datetime.now(UTC)
    with pytest.raises(CardRefused) as refused:
        judge(reading(told, now), now=now)
    return refused.value.refusal.value


def test_nginx_reads_cards_and_overwrites_what_browsers_say_of_them(edge, authority, tmp_path, db):
    card, now = authority.issue(), datetime.now(UTC)
    lies = {
        "X-Card-Secret": "x", "X-Card-Verify": "SUCCESS", "X-Card-Certificate": quote(card.pem), "X_Card_Certificate": "x"
    }  # fmt: skip
    for version in (TLS12, TLS13):
        secured = context(authority, card, tmp_path, version=version)
        told, session, _ = ask(edge.cards, READ, secured)
        assert (status(told), reading(told, now).certificate, reading(told, now).is_verified) == (302, card.der, True)
        assert b"Connection: close" in told
        assert not ask(edge.cards, READ, secured, session=session)[2], "a card that left is not resumed"
        nobody = context(authority, None, tmp_path, version=version)
        assert refusal(ask(edge.cards, READ, nobody, headers=lies)[0]) == "no-card", (
            "header spoofing at the address of cards"
        )


def test_nginx_lets_no_card_in_that_is_none_and_its_page_says_why(edge, authority, tmp_path, db):
    for card, reason in (
        (authority.self_signed(), "foreign"), (CardAuthority().issue(), "foreign"), (authority.issue(ended=True), "ended"),
        (authority.issue(usages=[ExtendedKeyUsageOID.EMAIL_PROTECTION]), "usage"), (authority.issue(kind=SIGNATURE), "signature"),
    ):  # fmt: skip
        secured = context(authority, card, tmp_path, version=TLS13)
        assert refusal(ask(edge.cards, READ, secured)[0]) == reason
        assert location(ask(edge.cards, "/connexion/", secured)[0]).endswith("/connexion/"), (
            "no page but that of readings"
        )


def test_the_address_of_cards_has_one_page_and_the_ordinary_one_strips_its_headers(edge, authority, tmp_path, settings):
    """Nothing of this reads a row: the journal is told nothing either, for nothing arrived."""
    card = authority.issue()
    secured = context(authority, card, tmp_path, version=TLS13)
    assert status(ask(edge.cards, "/connexion/", secured)[0]) == 404
    stolen = {
        "X-Card-Secret": settings.CPS_EDGE_SECRET, "X-Card-Verify": "SUCCESS", "X-Card-Certificate": quote(card.pem),
        "Connection": "close",
    }  # fmt: skip
    assert status(ask(edge.pages, READ, secured, headers=stolen)[0]) == 404
