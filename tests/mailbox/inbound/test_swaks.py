"""Sessions of swaks, another's client, with our receiver: what its options send that ours would not (left to `make soak`)."""

import shutil
import subprocess

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox import blobs
from mailbox.inbound.drain import drain
from mailbox.models import Arrival, Message
from tests import peers

SWAKS = shutil.which("swaks")
pytestmark = [
    pytest.mark.wire,
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not SWAKS, reason="swaks missing: apt-get install swaks libnet-ssleay-perl"),
]
DR = f"dr.lemaire@{peers.HOSPITAL}"


@pytest.fixture
def say(trust, dupont):
    call_command("grant_roles")
    with peers.smtpd(trust) as port:

        def act(*options: str) -> str:
            """The conversation, as swaks tells it."""
            mine = ["--tls-cert", trust.hospital.certificate, "--tls-key", trust.hospital.key]
            command = [SWAKS, "--server", f"127.0.0.1:{port}", "--from", DR, "--to", dupont.address, "--timeout", "10"]
            done = subprocess.run([*command, *mine, *options], capture_output=True, check=False, timeout=30)
            return (done.stdout + done.stderr).decode("latin-1")

        yield act


def test_versions_of_tls_are_asked_for_one_by_one(say):
    for version, is_taken in (("tlsv1_3", True), ("tlsv1_2", True), ("tlsv1_1", False), ("tlsv1", False)):
        assert ("250 2.6.0 Queued" in say("-tls", "--tls-protocol", version)) is is_taken, version
    assert "530 5.7.0" in say()
    assert Arrival.objects.count() == 2


def test_pipelined_commands_are_answered_in_their_order(say):
    told = say("-tls", "--pipeline")
    assert told.index("250 2.1.0") < told.index("250 2.1.5") < told.index("354") < told.index("250 2.6.0")


@pytest.mark.parametrize("body", [b"\x80\xff\x00 latin \xe9", b"..\\n.\\n..fin", b"x" * 5_000])
def test_odd_bytes_are_kept_as_they_came(say, dupont, tmp_path, body):
    letter = tmp_path / "letter"
    letter.write_bytes(b"From: %s\r\nSubject: octets\r\n\r\n%s\r\n" % (DR.encode(), body))
    assert "250 2.6.0" in say("-tls", "--data", f"@{letter}")
    drain(timezone.now())
    kept = blobs.read(Message.objects.get(mailbox=dupont).blob, dupont)
    assert body.replace(b"\\n", b"\n").split(b"\n")[0] in kept
