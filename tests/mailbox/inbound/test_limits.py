"""What one peer may ask of the receiver: sessions, time, memory. Whoever passes a limit hears it; the others go on."""

import os
import signal
import socket
import ssl
import struct
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from mailbox.inbound.limits import Limits, limits_of, network_of
from mailbox.management.demo.authority import operator_name
from mailbox.models import Arrival, Mailbox, open_mailbox
from tests import peers
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
DR = f"dr.lemaire@{peers.HOSPITAL}"
MEGABYTE = 1024 * 1024


@pytest.fixture
def roles(dupont) -> None:
    call_command("grant_roles")


def banner(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        return plain.recv(200)


def test_one_address_has_so_many_sessions_and_gets_them_back(trust, roles):
    with peers.smtpd(trust, SMTP_LIMITS="sessions_per_address=3") as port:
        with ExitStack() as held:
            for _ in range(3):
                client = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                assert client.recv(200).startswith(b"220")
            assert banner(port).startswith(b"421 4.7.0")
        wait_for(lambda: banner(port).startswith(b"220"))


def test_all_sessions_together_have_a_limit(trust, roles):
    with peers.smtpd(trust, SMTP_LIMITS="sessions=2") as port, ExitStack() as held:
        for _ in range(2):
            client = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            assert client.recv(200).startswith(b"220")
        assert banner(port).startswith(b"421 4.7.0")


def test_an_ipv6_host_is_counted_with_its_network():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") != network_of("2001:db8:1:3::4")
    assert network_of("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("how", ["reset", "hello then close", "half a record", "no TLS at all"])
def test_a_handshake_given_up_gives_its_session_back(trust, roles, how):
    with peers.smtpd(trust, SMTP_LIMITS="sessions_per_address=4") as port:
        for _ in range(8):
            give_up(port, how)
            sleep(0.02)
        wait_for(lambda: banner(port).startswith(b"220"))


def give_up(port: int, how: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        for said in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
            plain.sendall(said)
            if not plain.recv(2000).startswith((b"220", b"250")):
                return
        match how:
            case "reset":
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "hello then close":
                hello, out = ssl.MemoryBIO(), ssl.MemoryBIO()
                with pytest.raises(ssl.SSLWantReadError):
                    ssl.create_default_context().wrap_bio(hello, out, server_hostname="x").do_handshake()
                plain.sendall(out.read())
                sleep(0.02)
            case "half a record":
                plain.sendall(b"\x16\x03\x01\x02\x00\x01")
            case "no TLS at all":
                plain.sendall(b"hello\r\n" * 10)


def strange(trust) -> peers.Files:
    """A certificate that OpenSSL takes and our reader does not: Latin-1 in its subject, signed by the authority."""
    issued = trust.authority.issue(operator_name("mx.etrange.mssante.example", o="ETRANGE"))
    sound = x509.load_pem_x509_certificate(issued.certificate)
    told = sound.tbs_certificate_bytes.replace(b"\x0c\x07ETRANGE", b"\x14\x07\xc9TRANGE")
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    signature = b"\0" + trust.authority._key.sign(told, ec.ECDSA(hashes.SHA256()))
    whole = told + algorithm + bytes((3, len(signature))) + signature
    der = b"\x30\x82" + len(whole).to_bytes(2) + whole
    certificate, key = trust.folder / "strange.pem", trust.folder / "strange.key"
    certificate.write_text(ssl.DER_cert_to_PEM_cert(der) + trust.authority.chain_pem.decode())
    key.write_bytes(issued.key)
    return peers.Files(str(certificate), str(key))


def test_a_certificate_that_we_cannot_read_is_as_good_as_none(trust, roles):
    """Its session neither hangs nor is kept."""
    files = strange(trust)
    with peers.smtpd(trust, SMTP_LIMITS="sessions_per_address=2") as port:
        for _ in range(3):
            with peers.connect(trust, port, files) as client:
                assert client.mail(DR)[1].startswith(b"5.7.1 Client certificate")
        wait_for(lambda: banner(port).startswith(b"220"))


def test_a_command_sent_a_byte_at_a_time_wins_no_time(trust, roles):
    with (
        peers.smtpd(trust, SMTP_LIMITS="command_seconds=1") as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
    ):
        plain.recv(200)
        said, seconds = drip(plain)
        assert said.startswith(b"421 4.4.2")
        assert seconds < 3


def test_the_time_that_an_answer_takes_is_ours_when_it_was_asked_by_what_was_pipelined_too(trust, roles, dupont):
    """Else a long commit is told as the peer's delay: it sends again what was taken."""
    with (
        peers.smtpd(trust, SMTP_LIMITS="command_seconds=1") as port,
        peers.connect(trust, port, trust.hospital) as client,
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE mailbox_mailbox IN ACCESS EXCLUSIVE MODE")
            client.sock.sendall(b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\n" % (DR.encode(), dupont.address.encode()))
            sleep(1.3)
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]


def test_a_message_has_one_limit_of_time_for_the_whole_of_it(trust, roles, dupont):
    with (
        peers.smtpd(trust, SMTP_LIMITS="command_seconds=60 data_seconds=1") as port,
        peers.connect(trust, port, trust.hospital) as client,
    ):
        client.mail(DR)
        client.rcpt(dupont.address)
        assert client.docmd("data")[0] == 354
        said, seconds = drip(client.sock)
        assert said.startswith(b"421 4.4.2")
        assert seconds < 3
    assert not Arrival.objects.exists()


def test_each_of_the_messages_sent_one_behind_the_other_has_its_own_time(trust, roles, dupont):
    """RFC 2920 §3.1: the next MAIL, RCPT and DATA may travel with the end of a message."""
    head = b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n" % (DR.encode(), dupont.address.encode())
    with (
        peers.smtpd(trust, SMTP_LIMITS="command_seconds=60 data_seconds=2") as port,
        peers.connect(trust, port, trust.hospital) as client,
    ):
        client.sock.sendall(head)
        assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
        for _ in range(3):
            sleep(1)
            client.sock.sendall(letter() + b".\r\n" + head)
            assert [client.getreply()[0] for _ in range(4)] == [250, 250, 250, 354]
        client.sock.sendall(letter() + b".\r\n")
        assert client.getreply()[0] == 250


def test_a_letter_that_is_being_kept_when_the_receiver_stops_hears_its_250_however_it_was_asked_for(
    trust, roles, dupont
):
    """A recipient that is known already is answered at once, and the letter behind it (RFC 3030) is at work meanwhile."""
    raw = letter()
    asked = b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n" % (DR.encode(), dupont.address.encode(), len(raw))
    with peers.receiver(trust) as smtpd, peers.connect(trust, smtpd.port, trust.hospital) as client:
        client.mail(DR)
        client.rcpt(dupont.address)
        client.rset()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE mailbox_arrival IN EXCLUSIVE MODE")
            client.sock.sendall(asked + raw)
            sleep(0.5)
            os.kill(smtpd.pid, signal.SIGTERM)
            sleep(0.5)
        assert [client.getreply()[0] for _ in range(4)] == [250, 250, 250, 421]
    assert Arrival.objects.count() == 1


def drip(sock: socket.socket) -> tuple[bytes, float]:
    """Send a byte now and then until the receiver speaks; what it said, and after how long."""
    start = monotonic()
    sock.settimeout(0.1)
    while monotonic() - start < 8:
        sock.sendall(b"x")
        try:
            return sock.recv(200), monotonic() - start
        except TimeoutError:
            continue
    return b"", monotonic() - start


def test_bytes_in_flight_are_bounded_over_all_sessions(trust, roles, dupont):
    with (
        peers.smtpd(trust, SMTP_LIMITS="bytes_in_flight=1000000") as port,
        peers.connect(trust, port, trust.hospital) as reading,
        peers.connect(trust, port, trust.hospital) as other,
    ):
        reading.mail(DR)
        reading.rcpt(dupont.address)
        assert reading.docmd("data")[0] == 354
        reading.sock.sendall(b"x" * 1_500_000)
        wait_for(lambda: refused(other))
        assert other.mail(DR)[0] == 452
        reading.sock.sendall(b"\r\n.\r\n")
        assert reading.getreply()[0] == 250, "what had begun is taken"
        assert other.sendmail(DR, [dupont.address], letter()) == {}


def refused(client) -> bool:
    return client.mail(DR)[0] == 452 or client.rset()[0] != 250


def wait_for(what, seconds: float = 10) -> None:
    deadline = monotonic() + seconds
    while not what():
        assert monotonic() < deadline
        sleep(0.05)


@pytest.fixture
def neighbours(tenant, domain, roles) -> list[Mailbox]:
    return [
        open_mailbox(
            tenant=tenant, domain=domain, address=f"b{n}@{domain.name}", kind="ORG", display_name="x", state="active"
        )
        for n in range(10)
    ]


def test_a_large_message_to_many_is_taken_whole_in_bounded_memory(trust, neighbours):
    raw = letter(body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * (12 * MEGABYTE // 72))
    with peers.receiver(trust) as smtpd, peers.connect(trust, smtpd.port, trust.hospital) as client:
        client.sock.settimeout(60)
        assert client.sendmail(DR, [box.address for box in neighbours], raw) == {}
        status = Path(f"/proc/{smtpd.pid}/status").read_text()
    assert Arrival.objects.count() == len(neighbours)
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    assert peak < 300, f"{peak} MB"


def test_more_copies_of_a_message_than_fit_are_left_for_another_transaction(trust, neighbours):
    with peers.smtpd(trust) as port, peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR, [f"size={30 * MEGABYTE}"])
        said = [client.rcpt(box.address)[0] for box in neighbours]
    assert said == [250] * 8 + [452] * 2


def test_the_copies_of_a_message_are_counted_by_its_true_size_too(trust, neighbours):
    with peers.smtpd(trust) as port, peers.connect(trust, port, trust.hospital) as client:
        client.sock.settimeout(60)
        client.mail(DR)
        assert {client.rcpt(box.address)[0] for box in neighbours} == {250}, "its size was not told"
        assert client.docmd("data")[0] == 354
        client.sock.sendall(letter() + (b"y" * 70 + b"\r\n") * (30 * MEGABYTE // 72) + b".\r\n")
        assert client.getreply()[1].startswith(b"4.5.3")
        assert client.sendmail(DR, [box.address for box in neighbours], letter()) == {}, "the session goes on"
    assert Arrival.objects.count() == len(neighbours)


def test_limits_are_set_by_name_and_a_wrong_one_is_told(settings):
    assert limits_of("sessions=7 data_seconds=5", max_message=9) == Limits(sessions=7, data_seconds=5, max_message=9)
    settings.SMTP_LIMITS, settings.MASTER_KEYS = "sesions=7", ""
    with pytest.raises(CommandError, match="sesions=7"):
        call_command("smtpd")
