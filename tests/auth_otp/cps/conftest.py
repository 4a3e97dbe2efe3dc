"""An authority of cards, the settings of the door, and a browser that has asked for a reading."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from auth_otp.cps import lists, ticket
from mailbox.management.demo.cards import PERSONS, Card, CardAuthority

URL = "https://cps.officine.example"
CRL_URL = "http://127.0.0.1:9/ACI-FO-PP.crl"
BACK = "/connexion/carte/retour/"


@pytest.fixture(scope="session")
def cards() -> CardAuthority:
    return CardAuthority()


@pytest.fixture
def authority(cards, settings, tmp_path) -> CardAuthority:
    """The door as an installation sets it, without its list."""
    file = tmp_path / "cps.pem"
    file.write_bytes(cards.ca_pem)
    settings.CPS_URL, settings.CPS_CA, settings.CPS_ISSUER = URL, str(file), PERSONS
    settings.CPS_CRL_URLS, settings.CPS_EDGE_SECRET = [CRL_URL], "s" * 40
    lists.forget()
    yield cards
    lists.forget()


@pytest.fixture
def door(authority, db) -> CardAuthority:
    """Open: the list of revoked cards is there, and names none."""
    lists.load(authority.crl(), url=CRL_URL, now=datetime.now(UTC))
    return authority


def begin(client: Client, there: str = "") -> str:
    """The number of the reading that this browser asks for."""
    answer = client.get("/connexion/carte/", {"next": there} if there else {})
    return re.fullmatch(rf"{URL}/connexion/carte/lecture/\?demande=([0-9a-f]{{32}})", answer["Location"])[1]


def sealed(card: Card | bytes, number: str, *, is_verified: bool = True) -> str:
    der = card.der if isinstance(card, Card) else card
    return ticket.seal(ticket.Reading(der, is_verified, number), now=datetime.now(UTC))


def shows(client: Client, card: Card | bytes, there: str = ""):
    """The card is read at its address, and the browser is back."""
    return client.get(BACK, {"billet": sealed(card, begin(client, there))})


def file_of(folder: Path, content: bytes) -> str:
    path = folder / "file.pem"
    path.write_bytes(content)
    return str(path)
