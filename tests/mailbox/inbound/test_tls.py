"""What the receiver's TLS takes and refuses, over a real socket (ECO.1.1.1, ECO.1.1.3; trust-space §4.1)."""

import re
import shutil
import ssl
import subprocess
from collections.abc import Callable

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


def spoken(trust, port: int, *options: str, said: str = "QUIT\r\n", shown: bool = True) -> str:
    """What `openssl s_client` tells of a session, with its errors."""
    mine = ["-cert", trust.hospital.certificate, "-key", trust.hospital.key] if shown else []
    done = subprocess.run(
        ["openssl", "s_client", "-starttls", "smtp", "-connect", f"127.0.0.1:{port}", "-CAfile", trust.ca, *mine, *options],
        input=said, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    return done.stdout + done.stderr


def suite(*options: str) -> Callable[[peers.TrustSpace, int], str]:
    """What the two agree on: «TLSv1.2, Cipher is …», "" when they do not."""
    agreed = re.compile(r"^New, (TLSv1\.[23], Cipher is \S+)$", re.MULTILINE)
    return lambda trust, port: (agreed.findall(spoken(trust, port, *options)) or [""])[0]


OLD = ("-cipher", "ALL:@SECLEVEL=0")  # else the client itself would not speak it
TRIED = [
    (("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"), True),
    (("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), True),
    (("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"), True),
    (("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"), False),
    (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), True),
    (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"), True),
    (("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"), True),
    (("-tls1_2", "-cipher", "AES256-GCM-SHA384"), False),  # no forward secrecy
    (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"), False),  # CBC
    (("-tls1_2", "-cipher", "DHE+AESGCM"), False),
    (("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"), False),
    (("-tls1_1", *OLD), False),
    (("-tls1", *OLD), False),
]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl missing: apt-get install openssl")
def test_openssl_is_answered_in_tls_1_2_and_1_3_with_the_listed_suites_and_in_nothing_older(trust, port):
    for options, is_taken in TRIED:
        assert bool(suite(*options)(trust, port)) is is_taken, options
    again = spoken(trust, port, "-tls1_2", said="R\nNOOP\r\n")
    assert "Secure Renegotiation IS supported" in again and "no renegotiation" in again
    assert "Compression: NONE" in spoken(trust, port, "-tls1_2", "-comp")
    letter = f"EHLO mx\r\nMAIL FROM:<dr.lemaire@{peers.HOSPITAL}>\r\nQUIT\r\n"
    assert "550 5.7.1" in spoken(trust, port, "-quiet", said=letter, shown=False), "no certificate"
    assert "250 2.1.0" in spoken(trust, port, "-quiet", said=letter)


def test_calling_others_we_offer_the_same(trust):
    context = transport._client(str(trust.ours.certificate), str(trust.ours.key), str(trust.ca))
    offered = {suite["name"] for suite in context.get_ciphers()}
    assert {name.partition("-")[0] for name in offered} == {"ECDHE", "TLS_AES_256_GCM_SHA384",
                                                            "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"}  # fmt: skip
    assert not any("CBC" in name or name.endswith(("-SHA", "AES256-SHA384", "AES128-SHA256")) for name in offered)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
