"""The receiver over a real socket and real mutual TLS: conversations read aloud (trust-space §4.2–4.3)."""

import asyncio
import smtplib
import socket
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from mailbox import whitelist
from mailbox.certificate import OwnCertificate
from mailbox.inbound.drain import drain
from mailbox.inbound.server import tls_context
from mailbox.management.commands import smtpd
from mailbox.models import Arrival, Domain, Mailbox, Message
from mailbox.summary import open_summary
from tests import peers
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
DR = f"dr.lemaire@{peers.HOSPITAL}"


@pytest.fixture
def port(trust, dupont, annes_box):
    call_command("grant_roles")
    with peers.smtpd(trust) as port:
        yield port


def said(act, *args):
    """The reply to a command that is refused."""
    code, text = act(*args)
    return code, text.decode().split(" ", 1)[0]


def test_a_listed_operator_delivers_and_each_recipient_has_the_letter_filed_and_readable(
    trust, port, dupont, annes_box
):
    with peers.connect(trust, port, trust.hospital) as client:
        assert {"size", "8bitmime", "smtputf8", "pipelining", "enhancedstatuscodes"} <= client.esmtp_features.keys()
        assert client.sendmail(DR, [dupont.address, annes_box.address.upper()], letter(body="apixaban 5 mg")) == {}
    assert Arrival.objects.count() == 2
    assert not any(b"apixaban" in bytes(a.box) for a in Arrival.objects.all())
    assert drain(timezone.now()) == 2
    assert not Arrival.objects.exists()
    message = Message.objects.get(mailbox=dupont)
    assert open_summary(message, dupont.keys).snippet == "apixaban 5 mg"
    assert message.is_verified, "header From, envelope and certificate are of one domain"


def test_each_refusal_is_made_where_it_can_be_made(trust, port, dupont):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo()
        assert said(client.mail, DR) == (530, "5.7.0"), "before STARTTLS"
    with peers.connect(trust, port, trust.unlisted) as client:
        assert said(client.mail, DR) == (550, "5.7.1"), "a certificate of another name"
        assert said(client.mail, "") == (550, "5.7.1"), "no listed operator, no report"
    with peers.connect(trust, port, trust.hospital) as client:
        assert said(client.mail, "x@ailleurs.example") == (550, "5.7.1"), "a domain that is not listed"
        assert client.mail("")[0] == 250, "a listed operator may send reports"
        assert said(client.rcpt, "personne@officine.mssante.example") == (550, "5.1.1")
        assert said(client.rcpt, "pas une adresse") == (553, "5.1.3")
        assert client.rcpt(dupont.address)[0] == 250
    assert not Arrival.objects.exists()


def test_size_is_announced_and_enforced_before_and_after_the_fact(trust, dupont):
    call_command("grant_roles")
    with peers.smtpd(trust, MAX_MESSAGE_BYTES=20_000) as port, peers.connect(trust, port, trust.hospital) as client:
        assert said(client.mail, DR, ["size=20001"]) == (552, "5.3.4")
        client.mail(DR)
        client.rcpt(dupont.address)
        assert said(client.data, letter(body="x" * 30000)) == (552, "5.3.4")
        assert client.sendmail(DR, [dupont.address], letter()) == {}, "the session goes on"


def test_what_does_not_fit_is_refused_for_now_or_for_good(trust, port, dupont, annes_box, domain):
    Domain.objects.filter(pk=domain.pk).update(max_message_bytes=20_000)
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=15_000, used_bytes=10_000)
    with peers.connect(trust, port, trust.hospital) as client:
        for size, reply in ((20_001, (552, "5.3.4")), (16_000, (552, "5.2.2")), (6_000, (452, "4.2.2"))):
            client.mail(DR, [f"size={size}"])
            assert said(client.rcpt, dupont.address) == reply, size
            client.rset()
        client.mail(DR, ["size=5000"])
        assert client.rcpt(dupont.address)[0] == 250
        client.rset()
        client.mail(DR)
        assert client.rcpt(annes_box.address)[0] == 250
        assert said(client.data, letter(body="x" * 25_000)) == (552, "5.3.4"), "a size that was not told"
    assert not Arrival.objects.exists()


def test_a_renewed_certificate_is_taken_up_and_a_broken_one_leaves_none(trust, settings, tmp_path):
    files = {"TLS_CERTIFICATE": tmp_path / "mx.pem", "TLS_KEY": tmp_path / "mx.key"}
    for name, path in files.items():
        path.write_bytes(Path(getattr(settings, name)).read_bytes())
        setattr(settings, name, str(path))
    ours = OwnCertificate(tls_context)
    first = ours.look()
    assert ours.look() is first
    files["TLS_CERTIFICATE"].write_text("rien")
    for _ in range(2):
        with pytest.raises(OSError, match="SSL"):
            ours.look()
    files["TLS_CERTIFICATE"].write_bytes(Path(trust.unlisted.certificate).read_bytes())
    files["TLS_KEY"].write_bytes(Path(trust.unlisted.key).read_bytes())
    assert ours.look() is not first
    files["TLS_KEY"].unlink()
    with pytest.raises(FileNotFoundError):
        ours.look()


def test_what_does_not_fit_is_refused_by_its_true_size_whatever_was_told(trust, port, dupont, annes_box):
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=30_000, used_bytes=20_000)
    with peers.connect(trust, port, trust.hospital) as client:
        for told, size, reply in (([], 20_000, (452, "4.2.2")), (["size=5"], 31_000, (552, "5.2.2"))):
            client.mail(DR, told)
            assert [client.rcpt(box.address)[0] for box in (annes_box, dupont)] == [250, 250]
            assert said(client.data, letter(body="x" * size)) == reply
    assert not Arrival.objects.exists(), "nor by the mailbox that has room: one reply is for all"


@pytest.fixture
def following(trust, settings, tmp_path) -> tuple[SimpleNamespace, OwnCertificate]:
    """What a receiver follows, with files of its own: TLS_CERTIFICATE, TLS_KEY and TRUST_CA may be overwritten."""
    for name in ("TLS_CERTIFICATE", "TLS_KEY", "TRUST_CA"):
        path = tmp_path / name
        path.write_bytes(Path(getattr(settings, name)).read_bytes())
        setattr(settings, name, str(path))
    ours = OwnCertificate(tls_context)
    return SimpleNamespace(tls=ours.look(), current=None), ours


def test_while_certificate_and_key_do_not_fit_the_last_good_ones_serve_and_it_is_told_once(
    trust, following, tmp_path, monkeypatch, caplog
):
    """Under systemd the key is a copy: renewed with its certificate, it comes with the next start only."""
    monkeypatch.setattr(smtpd, "_current", lambda: None)
    receiver, ours = following
    first = receiver.tls
    (tmp_path / "TLS_CERTIFICATE").write_bytes(Path(trust.unlisted.certificate).read_bytes())
    for _ in range(3):
        asyncio.run(smtpd._follow(receiver, ours))
        assert receiver.tls is first
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    (tmp_path / "TLS_KEY").write_bytes(Path(trust.unlisted.key).read_bytes())
    asyncio.run(smtpd._follow(receiver, ours))
    assert receiver.tls is not first


@pytest.mark.parametrize("fault", ["there is none", "there is no certificate in it"])
def test_a_file_of_the_authority_that_is_being_replaced_does_not_end_what_follows_the_list(
    following, trust, tmp_path, caplog, fault
):
    receiver, ours = following
    authority, first = tmp_path / "TRUST_CA", receiver.tls
    sound = authority.read_bytes()
    whitelist.forget()
    whitelist._parsed.cache_clear()
    authority.unlink() if fault == "there is none" else authority.write_text("rien")
    asyncio.run(smtpd._follow(receiver, ours))
    assert (receiver.current, receiver.tls) == (None, first)
    assert "white list not refreshed" in caplog.text
    authority.write_bytes(sound)
    asyncio.run(smtpd._follow(receiver, ours))
    assert receiver.current is not None
    assert receiver.tls is not first


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_a_database_that_is_away_does_not_end_what_follows_the_list(following, monkeypatch, fault):
    receiver, ours = following
    asyncio.run(smtpd._follow(receiver, ours))
    known = receiver.current

    def away() -> None:
        raise fault

    monkeypatch.setattr(whitelist, "current", away)
    asyncio.run(smtpd._follow(receiver, ours))
    assert receiver.current is known is not None


def test_until_a_certificate_can_be_read_tls_is_refused_for_now(trust, dupont, tmp_path):
    call_command("grant_roles")
    key = tmp_path / "mx.key"
    with peers.smtpd(trust, TLS_KEY=str(key)) as port:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            assert said(client.docmd, "STARTTLS") == (454, "4.7.0")
        key.write_bytes(Path(trust.ours.key).read_bytes())
        deadline = monotonic() + 10
        while True:
            with suppress(smtplib.SMTPException), peers.connect(trust, port, trust.hospital) as client:
                assert client.mail(DR)[0] == 250
                break
            assert monotonic() < deadline
            sleep(0.2)


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\x00.\r\n"])
def test_only_crlf_dot_crlf_ends_a_message(trust, port, dupont, end):
    smuggled = b"MAIL FROM:<x@evil.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % dupont.address.encode()
    with peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        client.rcpt(dupont.address)
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.sock.sendall(letter() + b"x" + end + smuggled + b"Subject: deux\r\n\r\nx\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert client.noop()[0] == 250
    assert Arrival.objects.count() == 1


def test_commands_pipelined_before_tls_are_forgotten(trust, port):
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    plain.recv(1000)
    plain.sendall(b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<injected@hopital.mssante.example>\r\n")
    told = b""
    while b"220 2.0.0" not in told:
        told += plain.recv(1000)
    secured = trust.client_context(trust.hospital).wrap_socket(plain)
    secured.sendall(b"NOOP\r\n")
    assert secured.recv(1000) == b"250 2.0.0 OK\r\n"
