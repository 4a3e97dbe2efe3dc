"""Our own listener for cards, on a real handshake: whoever it shows to the door, and what TLS refuses by itself."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auth_otp.cps import front
from mailbox.management.demo.cards import CardAuthority
from tests.auth_otp.cps.conftest import BACK, begin
from tests.auth_otp.cps.wire import ask, billet, context, location, reading
from tests.peers import free_port

pytestmark = pytest.mark.wire
NUMBER, TLS13 = "b" * 32, ssl.TLSVersion.TLSv1_3
READ = f"{front.READ}?demande={NUMBER}"


def server_certificate(cards: CardAuthority):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    return cards.issue(name, usages=[ExtendedKeyUsageOID.SERVER_AUTH])


@pytest.fixture
def listener(authority, settings, tmp_path):
    """Its port."""
    certificate, key = server_certificate(authority).write(tmp_path, "server")
    port, started = free_port(), threading.Event()
    secured = front.context(str(certificate), str(key), settings.CPS_CA)
    ends: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(front.refused)  # of handshakes, on purpose
        server = await front.Front(secured).start("127.0.0.1", port)
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
    thread.start()
    assert started.wait(10)
    yield port
    ends[0]()
    thread.join(5)


def shown(port: int, authority, card, folder):
    told, _, _ = ask(port, READ, context(authority, card, folder, version=TLS13))
    return reading(told, datetime.now(UTC))


def is_refused(port: int, secured: ssl.SSLContext) -> bool:
    """By TLS, without an answer: an alert, or an end."""
    try:
        return ask(port, READ, secured)[0] == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_card_comes_back_as_a_ticket_and_none_too(listener, authority, tmp_path):
    card = authority.issue()
    found = shown(listener, authority, card, tmp_path)
    assert (found.certificate, found.is_verified, found.number) == (card.der, True, NUMBER)
    assert shown(listener, authority, None, tmp_path).certificate == b""
    ended = authority.issue(ended=True)  # a page says that it has ended: TLS would say nothing to a person
    assert shown(listener, authority, ended, tmp_path).certificate == ended.der


def test_attack_a_certificate_that_is_none_of_ours_ends_in_tls(listener, authority, tmp_path):
    for card in (
        authority.self_signed(), CardAuthority().issue(), authority.issue(usages=[ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    ):  # fmt: skip
        assert is_refused(listener, context(authority, card, tmp_path, version=TLS13))


def test_nothing_is_resumed_and_no_older_tls_is_spoken(listener, authority, tmp_path):
    """Who leaves takes the card along: the next reading asks for one again."""
    secured = context(authority, authority.issue(), tmp_path, version=TLS13)
    _, session, _ = ask(listener, READ, secured)
    assert session is None or not session.has_ticket
    assert is_refused(listener, context(authority, None, tmp_path, version=ssl.TLSVersion.TLSv1_2))


def test_one_request_then_the_connection_ends(listener, authority, tmp_path, settings):
    secured = context(authority, authority.issue(), tmp_path, version=TLS13)
    for path in ("/", "/connexion/carte/lecture/", f"{front.READ}?demande=../x", "/connexion/", "/x" * 4000):
        told, _, _ = ask(listener, path, secured)
        assert location(told) == f"{settings.BASE_URL}/connexion/", (
            "whatever else is asked leads to the page of sign-in"
        )
        assert b"Connection: close" in told
    assert ask(listener, "/" + "x" * 40_000, secured)[0] == b"", "a head without an end is cut short"


def test_attack_connections_without_end_leave_the_others_their_place(listener, authority, tmp_path, monkeypatch):
    """They are counted as they come: one that says nothing holds a place until the handshake's time is over, and no more."""
    monkeypatch.setattr(front, "_MOST", 3)
    secured = context(authority, None, tmp_path, version=TLS13)
    held = [socket.create_connection(("127.0.0.1", listener)) for _ in range(3)]
    assert is_refused(listener, secured)
    held.pop().close()
    deadline = time.monotonic() + 5
    while is_refused(listener, secured):
        assert time.monotonic() < deadline, "a place that was left is free"
    for one in held:
        one.close()


def test_from_the_handshake_to_the_session(listener, door, client, anne, tmp_path):
    card = door.issue()
    secured = context(door, card, tmp_path, version=TLS13)
    told, _, _ = ask(listener, f"{front.READ}?demande={begin(client, '/moi/')}", secured)
    assert client.get(BACK, {"billet": billet(told)})["Location"] == "/moi/"
    assert client.get("/verrou/etat/").status_code == 204
