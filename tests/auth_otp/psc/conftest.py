"""A provider of our own on a port of this machine, which fails as a test tells it to."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from auth_otp.psc.client import Client
from auth_otp.psc.provider import Provider
from mailbox.management.demo.wallet.holders import Holder
from mailbox.management.demo.wallet.minting import Fault
from mailbox.management.demo.wallet.serving import listening, served
from mailbox.management.demo.wallet.wallet import Wallet

BACK, GONE = "http://localhost:8000/connexion/psc/retour/", "http://localhost:8000/connexion/psc/parti/"
ANNE = Holder("899900000011", "ANNE", "DUPONT")
NOBODY = Holder("899900000029", "NADIA", "INCONNUE")
EMPLOYEE = Holder("3750000002/00012", "EMILE", "SALARIE")


@pytest.fixture
def wallet(settings) -> Iterator[Wallet]:
    server = listening()
    base = f"http://127.0.0.1:{server.server_port}"
    wallet = Wallet(base, "mssweb", "un secret & un autre", [BACK, GONE], [ANNE, NOBODY, EMPLOYEE])
    settings.PSC = {
        "issuer": wallet.issuer, "client_id": "mssweb", "method": "client_secret_basic", "secret": wallet.secret, "key": "",
        "key_id": "", "certificate": "", "ca": "", "acr": "eidas1", "ciba": "1",
    }  # fmt: skip
    with served(wallet, server):
        yield wallet


@pytest.fixture
def provider(wallet) -> Provider:
    return Provider(Client(wallet.issuer, "mssweb", secret=wallet.secret))


def asked(answer) -> dict[str, str]:
    """What a browser is sent to the provider with."""
    assert answer.status_code == 302, answer.content.decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def returned(client, told: dict[str, str], question):
    """The browser, back from the provider with its answer."""
    return client.get("/connexion/psc/retour/", {**told, "state": asked(question)["state"]})


def come(client, wallet: Wallet, holder: Holder, *, there: str = "/", fault: Fault = Fault.NONE):
    """All the way: what the page says at the end."""
    question = client.get("/connexion/psc/", {"next": there})
    wallet.fault = fault
    told = {"code": wallet.grant(wallet.prove(holder), asked(question)), "iss": wallet.issuer}
    if fault is Fault.MIX_UP:
        told["iss"] = "https://elsewhere.example"
    if fault is Fault.NO_ISSUER:
        del told["iss"]
    return returned(client, told, question)
