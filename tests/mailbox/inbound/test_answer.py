"""250 is a promise: said after the commit, never instead of it; what is unknown is 451 and tells a peer nothing."""

import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from mailbox import whitelist
from mailbox.inbound.accept import Peer, received
from mailbox.models import Arrival
from mailbox.reply import LOCAL_ERROR
from mailbox.trust.whitelist import WhiteListError
from tests import peers
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
DR = f"dr.lemaire@{peers.HOSPITAL}"
TOLD = (LOCAL_ERROR.code, f"{LOCAL_ERROR.enhanced} {LOCAL_ERROR.text}".encode())


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def port(trust, dupont) -> Iterator[int]:
    call_command("grant_roles")
    with peers.smtpd(trust) as port:
        yield port


@pytest.fixture
def broken_commit() -> Iterator[None]:
    """The insert succeeds and its commit does not, for a reason with a canary in it."""
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE 'canari /srv/secret'; END $$ LANGUAGE plpgsql",
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON mailbox_arrival DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    yield
    execute("DROP TRIGGER refuse ON mailbox_arrival", "DROP FUNCTION refuse()")


@pytest.fixture
def no_recipients() -> Iterator[None]:
    """The database refuses what nobody foresaw."""
    yield execute("REVOKE SELECT (public_key) ON mailbox_mailbox FROM mssweb_smtpd")
    call_command("grant_roles")


def test_a_commit_that_fails_is_answered_451_and_tells_the_peer_nothing(trust, port, dupont, broken_commit):
    with peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        client.rcpt(dupont.address)
        assert client.data(letter()) == TOLD
        assert client.noop()[0] == 250, "the session goes on"
    assert not Arrival.objects.exists()


def test_250_waits_for_the_row(trust, port, dupont):
    with peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        client.rcpt(dupont.address)
        client.putcmd("data")
        assert client.getreply()[0] == 354
        with transaction.atomic():
            execute("LOCK TABLE mailbox_arrival IN SHARE MODE")
            client.sock.sendall(letter() + b".\r\n")
            client.sock.settimeout(0.5)
            with pytest.raises((TimeoutError, socket.timeout)):
                client.sock.recv(1)
        client.sock.settimeout(10)
        assert client.sock.recv(100).startswith(b"250 2.6.0 Queued as ")
        assert Arrival.objects.count() == 1


def test_what_is_unknown_is_451_and_tells_the_peer_nothing(trust, port, dupont, no_recipients):
    with peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        assert client.rcpt(dupont.address) == TOLD
        assert client.noop()[0] == 250, "the session goes on"


def test_the_log_of_the_receiver_says_domains_and_ids_and_nothing_else(trust, dupont):
    call_command("grant_roles")
    with peers.receiver(trust) as smtpd, peers.connect(trust, smtpd.port, trust.hospital) as client:
        client.sendmail(DR, [dupont.address], letter("sujetcanari", body="corpscanari"))
    told = smtpd.log.read_text()
    assert "mail from=hopital.mssante.example" in told
    assert "accepted id=" in told
    for word in ("dr.lemaire", dupont.address.partition("@")[0], "sujetcanari", "corpscanari"):
        assert word not in told


def test_the_receiver_refuses_to_start_with_the_master_key():
    with pytest.raises(CommandError, match="must not hold the master key"):
        call_command("smtpd", host="256.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_a_white_list_that_does_not_verify_ends_the_receiver_in_one_line(monkeypatch, settings, trust):
    def forged() -> None:
        raise WhiteListError("signer-chain", "autre autorité")

    settings.MASTER_KEYS = ""
    monkeypatch.setattr(whitelist, "current", forged)
    with pytest.raises(CommandError, match=r"white list in force does not verify \(signer-chain\): autre autorité"):
        call_command("smtpd", host="127.0.0.1", port=peers.free_port())


@pytest.mark.parametrize(("address", "shown"), [("192.0.2.1", b"[192.0.2.1]"), ("2001:db8::1", b"[IPv6:2001:db8::1]")])
def test_our_trace_line_says_whence_as_the_standard_writes_it(address, shown):
    peer = Peer(address, "", (), "", "TLSv1.3 X", None)
    line = received(uuid4(), peer, "mx.peer.example", "mx.example", smtputf8=False, now=timezone.now())
    assert line.startswith(b"Received: from mx.peer.example (" + shown + b")\r\n\tby mx.example with ESMTPS")
