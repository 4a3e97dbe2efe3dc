"""At the address of cards: who is believed when it says what TLS has seen."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from auth_otp.cps import ticket
from mssweb.audit.models import AuditEvent
from tests.auth_otp.cps.conftest import sealed

READ, NUMBER = "/connexion/carte/lecture/", "a" * 32
SOCKET, LOOPBACK, AFAR = ("/run/mssweb-web/web.sock", None), ("127.0.0.1", 8000), ("192.0.2.7", 8000)


class Near(AsyncClient):
    """Reaches us at an address: what no header tells."""

    def __init__(self, server) -> None:
        super().__init__()
        self.server = server

    def request(self, **scope):
        scope["server"] = list(self.server)
        return super().request(**scope)


def asks(server, settings, **headers: str):
    """One request, as an edge would make it."""
    given = {"X-Card-Secret": settings.CPS_EDGE_SECRET, "X-Card-Verify": "SUCCESS"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    given = {name: value for name, value in given.items() if value}
    return async_to_sync(Near(server).get)(READ, {"demande": NUMBER}, headers=given)


def read(answer):
    from datetime import UTC, datetime

    there = urlsplit(answer["Location"])
    return ticket.unseal(parse_qs(there.query)["billet"][0], now=datetime.now(UTC))


@pytest.mark.parametrize("server", [SOCKET, LOOPBACK])
def test_the_edge_is_believed(authority, settings, db, server):
    card = authority.issue()
    answer = asks(server, settings, X_Card_Certificate=quote(card.pem))
    assert answer["Location"].startswith(f"{settings.BASE_URL}/connexion/carte/retour/?billet=")
    assert read(answer) == ticket.Reading(card.der, True, NUMBER)
    for verdict, certificate, expected in (
        ("NONE", "", (b"", False)),
        ("FAILED:x", quote(card.pem), (card.der, False)),
    ):
        told = read(asks(server, settings, X_Card_Verify=verdict, X_Card_Certificate=certificate))
        assert (told.certificate, told.is_verified) == expected


@pytest.mark.parametrize(
    ("server", "headers"),
    [
        (SOCKET, {"X_Card_Secret": "x" * 40}),
        (SOCKET, {"X_Card_Secret": ""}),
        (LOOPBACK, {"X_Card_Secret": ""}),
        (AFAR, {}),
        (("", 0), {}),
    ],
    ids=[
        "another secret",
        "no secret, by the socket",
        "no secret, by loopback",
        "the secret, from afar",
        "from nowhere",
    ],
)
def test_attack_header_spoofing_of_the_card_s_certificate(authority, settings, db, server, headers):
    """The whole secret and the place: without one of them the door is not there, and the journal hears of it."""
    answer = asks(server, settings, X_Card_Certificate=quote(authority.issue().pem), **headers)
    assert answer.status_code == 404 and not answer.has_header("Location")
    assert AuditEvent.objects.filter(action="card.forged", result="refused").count() == 1


def test_attack_headers_without_end_fill_no_journal(authority, settings, db):
    for _ in range(8):
        asks(LOOPBACK, settings, X_Card_Secret="")
    assert 0 < AuditEvent.objects.filter(action="card.forged").count() < 5


def test_attack_header_spoofing_at_the_pages_themselves(door, client, anne):
    """No page believes a header: what comes back counts by its seal."""
    spoofed = {"X-Card-Secret": "x" * 40, "X-Card-Verify": "SUCCESS", "X-Card-Certificate": quote(door.issue().pem)}
    for page in ("/connexion/", "/connexion/carte/retour/", "/moi/"):
        client.get(page, headers=spoofed)
    assert client.get("/verrou/etat/").status_code == 302
    assert client.get(READ, headers=spoofed).status_code == 404


def test_an_edge_without_a_secret_here_is_no_edge(authority, settings, db):
    settings.CPS_EDGE_SECRET = ""
    assert asks(SOCKET, settings, X_Card_Certificate="x").status_code == 404


def test_who_only_passes_by_is_not_told_to_the_journal(authority, client, db):
    assert client.get(READ).status_code == 404 and not AuditEvent.objects.exists()


def test_what_is_no_reading_leads_to_the_page_of_sign_in(authority, settings, db):
    answer = async_to_sync(Near(SOCKET).get)(READ, headers={"X-Card-Secret": settings.CPS_EDGE_SECRET})
    assert answer["Location"] == f"{settings.BASE_URL}/connexion/"


def test_a_ticket_fits_in_an_address(authority):
    assert len(sealed(b"x" * 3000, NUMBER)) < 6000
