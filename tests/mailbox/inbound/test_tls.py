"""What the receiver's TLS takes and refuses, over a real socket (ECO.1.1.1, ECO.1.1.3; trust-space §4.1)."""

import ssl
import warnings

import pytest
from django.core.management import call_command

from mailbox.outbound import transport
from tests import peers

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def port(trust, dupont):
    call_command("grant_roles")
    with peers.smtpd(trust) as port:
        yield port


def spoken(trust, port: int, version: ssl.TLSVersion, suites: str) -> str:
    """The suite that a client of this one version and these suites ends with; "" when it is refused."""
    context = trust.client_context(trust.hospital)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are what is tried
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    try:
        with peers.connect(trust, port, trust.hospital, context=context) as client:
            return client.sock.cipher()[0]
    except (ssl.SSLError, ConnectionError):
        return ""


TRIED = [
    (ssl.TLSVersion.TLSv1_3, "ALL", True),
    (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
    (ssl.TLSVersion.TLSv1_2, "ECDHE+CHACHA20", True),
    (ssl.TLSVersion.TLSv1_2, "AES256-GCM-SHA384", False),  # no forward secrecy
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA384", False),  # CBC
    (ssl.TLSVersion.TLSv1_2, "DHE+AESGCM", False),
    (ssl.TLSVersion.TLSv1_1, "ALL", False),
    (ssl.TLSVersion.TLSv1, "ALL", False),
]


def test_tls_1_2_and_1_3_with_the_listed_suites_and_nothing_older(trust, port):
    for version, suites, is_taken in TRIED:
        assert bool(spoken(trust, port, version, suites)) is is_taken, (version, suites)


def test_calling_others_we_offer_the_same(trust):
    context = transport._client(str(trust.ours.certificate), str(trust.ours.key), str(trust.ca))
    offered = {suite["name"] for suite in context.get_ciphers()}
    assert {name.partition("-")[0] for name in offered} == {"ECDHE", "TLS_AES_256_GCM_SHA384",
                                                            "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"}  # fmt: skip
    assert not any("CBC" in name or name.endswith(("-SHA", "AES256-SHA384", "AES128-SHA256")) for name in offered)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
