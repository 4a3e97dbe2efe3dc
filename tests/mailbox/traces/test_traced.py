"""What became of a message, and who was refused and why: written by who may, in the transaction of what it tells."""

import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox.inbound import drain as draining
from mailbox.inbound.drain import drain
from mailbox.models import Arrival, Edition, Message, Recipient, Transaction
from mailbox.outbound import worker
from tests import peers
from tests.mailbox.outbound.conftest import DR, hospital, send  # noqa: F401  (fixtures)
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


def test_who_was_refused_and_why_and_what_became_of_what_came(trust, dupont):
    """By smtpd's own role; at its end it leaves nothing unwritten."""
    call_command("grant_roles")
    with peers.smtpd(trust, MAX_MESSAGE_BYTES=20_000) as port:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            for sender in ("dr@sans-tls.example", "279035121518989@patient.mssante.fr", "pas une adresse"):
                assert client.mail(sender)[0] == 530
        for files in (trust.expired, trust.unlisted):
            with suppress(ssl.SSLError, smtplib.SMTPException, ConnectionError):
                peers.connect(trust, port, files).mail(DR)
        with peers.connect(trust, port, trust.hospital) as client:
            client.mail("x@ailleurs.example")
            client.mail(DR, ["SIZE=90000"])
            client.mail(DR, ["SIZE=300", "RET=HDRS"])
            client.rcpt("personne@officine.mssante.example")
            client.rcpt(dupont.address)
            queued = client.data(letter())[1].decode().split()[-1]
            client.mail(DR)
            client.rcpt(dupont.address)
            client.data(b"x" * 30_000)
    refused = Transaction.objects.order_by("id").values_list("stage", "reason", "code", "domain", "rcpt_to")
    assert list(refused) == [
        ("mail", "no-tls", 530, "sans-tls.example", ""),
        ("mail", "no-tls", 530, "patient.mssante.fr", ""),
        ("mail", "no-tls", 530, "", ""),
        ("tls", "handshake", 454, "", ""),
        ("mail", "dn-not-listed", 550, peers.HOSPITAL, ""),
        ("mail", "domain-not-listed", 550, "ailleurs.example", ""),
        ("mail", "too-big", 552, peers.HOSPITAL, ""),
        ("rcpt", "unknown-recipient", 550, peers.HOSPITAL, "personne@officine.mssante.example"),
        ("data", "too-big", 552, peers.HOSPITAL, dupont.address),
    ]
    clear = (
        Transaction.objects.filter(reason="no-tls")
        .order_by("id")
        .values_list("mail_from", "peer_address", "tls", "serial")
    )
    assert list(clear)[:2] == [
        ("dr@sans-tls.example", "127.0.0.1", "", ""), ("•••@patient.mssante.fr", "127.0.0.1", "", "")
    ]  # fmt: skip
    assert "certificate has expired" in Transaction.objects.get(stage="tls").text
    drain(timezone.now())
    told = Transaction.objects.get(code=250)
    assert (str(told.queue_id), told.message_id) == (queued, Message.objects.get().pk)
    assert (told.mail_from, told.rcpt_to, told.mailbox_id) == (DR, dupont.address, dupont.pk)
    assert told.serial and "CN=mx." in told.dn and told.tls.startswith("TLSv1.3") and told.crl == "1"
    assert told.edition_id == Edition.objects.get(is_current=True).pk
    assert (told.reason, told.extensions, told.delay >= 0, told.seconds > 0) == ("listed", 3, True, True)


def test_an_attempt_is_traced_with_its_settlement_whatever_its_end(hospital, send, dupont):  # noqa: F811
    hospital.say["RCPT"] = "451 4.3.0 later"
    act = send(DR)
    worker.send_due(timezone.now())
    hospital.say.clear()
    Recipient.objects.update(not_before=timezone.now())
    worker.send_due(timezone.now())
    row = Recipient.objects.get()
    told = Transaction.objects.filter(queue_id=row.pk).order_by("id")
    assert [(one.code, one.reason, one.text, one.delay is None) for one in told] == [
        (451, "peer", "later", True),
        (250, "listed", "", False),
    ]
    for one in told:
        assert (one.peer_address, one.domain, one.message_id) == ("127.0.0.1", peers.HOSPITAL, act.message_id)
        assert (
            one.serial
            and "CN=mx.hopital" in one.dn
            and one.tls.startswith("TLSv1")
            and one.edition_id
            and one.crl == "1"
        )


def test_a_host_that_is_away_and_a_neighbour_are_traced_too(trust, settings, send, dupont, annes_box):  # noqa: F811
    settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:9"
    send(DR, annes_box.address)
    worker.send_due(timezone.now())
    told = Transaction.objects.order_by("domain").values_list("domain", "reason", "code", "stage", "peer_address")
    assert list(told) == [
        (peers.HOSPITAL, "unreachable", 451, "conn", "127.0.0.1"),
        (peers.OURS, "local", 250, "data", None),
    ]


def test_an_arrival_that_another_worker_filed_leaves_no_second_trace(dupont):
    now = timezone.now()
    row = Arrival.objects.create(mailbox=dupont, arrived_at=now - timedelta(seconds=3), due_at=now, size=1, box=b"")
    filed = (row.pk, "a.example", dupont.address, "", None, 3.0, None, None, 0)
    draining.traces.file([filed])
    draining.traces.file([filed])
    assert Transaction.objects.get().reason == "null-sender"
    assert not Arrival.objects.exists()
