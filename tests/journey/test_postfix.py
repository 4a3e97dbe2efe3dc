"""The whole journey with Debian's Postfix as the other operator: a letter comes, is answered, the answer arrives."""

import re
import smtplib
from email import message_from_bytes, policy

import pytest
from django.core.management import call_command
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import blobs
from mailbox.inbound.drain import drain
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Arrival, Message, Submission
from mailbox.outbound import submit, worker
from mailbox.summary import open_summary
from tests import peers
from tests.journey import postfix
from tests.stack import wait_until

pytestmark = [
    pytest.mark.wire,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(postfix.WHY_NOT), reason=postfix.WHY_NOT),
]
DR = f"dr.lemaire@{peers.HOSPITAL}"
LETTER = f"""From: Dr Florence LEMAIRE <{DR}>\r
To: {{to}}\r
Subject: =?utf-8?q?Ordonnance_de_sortie_=E2=80=93_Mme_VIAL?=\r
Message-ID: <sortie@{peers.HOSPITAL}>\r
Date: Mon, 23 Nov 2026 10:00:00 +0100\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
Apixaban 5 mg, un comprimé matin et soir.\r
.un point en tête de ligne\r
"""


@pytest.fixture
def port(trust, dupont):
    call_command("grant_roles")
    with peers.smtpd(trust) as port:
        yield port


@pytest.fixture
def route(settings):
    """Leads the hospital's domain to a port; closes what the worker holds open afterwards."""

    def lead(port: int) -> None:
        settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{port}"

    yield lead
    for held in worker._connections.values():
        held.connection.close()
    worker._connections.clear()


def hand_in(hospital: postfix.Postfix, to: str) -> None:
    """Dr Lemaire gives her letter to her own operator."""
    with smtplib.SMTP("127.0.0.1", hospital.desk, timeout=10) as desk:
        desk.sendmail(DR, [to], LETTER.format(to=to).encode(), mail_options=["BODY=8BITMIME"])


def answer(mailbox, author, to: str, *, thread: Message | None = None, **asked) -> Submission:
    now = timezone.now()
    letter = Outgoing(
        from_=Address("Pharmacie Dupont", mailbox.address), to=(Address("", to),), subject="Re : Ordonnance",
        text="C’est prêt.\n.\nÀ partir de 16 h.", message_id=f"{uuid7()}@{peers.OURS}", date=now,
        in_reply_to=(f"sortie@{peers.HOSPITAL}",) if thread else (),
    )  # fmt: skip
    return submit.submit(
        mailbox=mailbox, author=author, letter=letter, recipients=[to], not_before=now, now=now,
        thread_id=thread.thread_id if thread else None, **asked,
    )  # fmt: skip


def test_a_letter_of_postfix_is_read_and_the_answer_reaches_postfix(trust, port, dupont, claire, route):
    with postfix.running(trust, trust.hospital, their_port=port) as hospital:
        hand_in(hospital, dupont.address)
        wait_until(Arrival.objects.exists, seconds=10, step=0.05)
        assert drain(timezone.now()) == 1
        received = Message.objects.get(mailbox=dupont)
        told = open_summary(received, dupont.keys)
        assert (told.subject, told.author.addr_spec) == ("Ordonnance de sortie – Mme VIAL", DR)
        assert told.snippet.startswith("Apixaban 5 mg, un comprimé matin et soir. .un point en tête")
        assert received.is_verified, "header From, envelope and certificate are of one domain"
        assert blobs.read(received.blob, dupont).endswith(LETTER.format(to=dupont.address).encode())
        assert re.search(r"Verified TLS connection established to 127\.0\.0\.1", hospital.log)
        assert re.search(rf"to=<{dupont.address}>.* dsn=2\.6\.0, status=sent \(250 2\.6\.0 Queued as", hospital.log)

        route(hospital.port)
        submission = answer(dupont, claire, DR, thread=received, notify_success=True)
        assert worker.send_due(timezone.now()) == 1
        assert submission.recipients.get().state == "relayed"
        assert submission.message.thread_id == received.thread_id
        wait_until(hospital.letters, seconds=10, step=0.05)
        raw = blobs.read(submission.message.blob, dupont)
        assert hospital.letters()[0].endswith(raw.replace(b"\r\n", b"\n")), "byte for byte what is kept as sent"
        assert re.search(r"Trusted TLS connection established from .*127\.0\.0\.1", hospital.log), "our certificate"
        wait_until(Arrival.objects.exists, seconds=10, step=0.05)  # ECO.2.3.1: its own report of the delivery
        assert drain(timezone.now()) == 1
        recipient = submission.recipients.get()
        assert (recipient.state, recipient.reported) == ("delivered", "delivered")


@pytest.mark.soak
def test_an_operator_that_is_not_listed_is_refused_and_its_sender_learns_it(trust, port, dupont):
    with postfix.running(trust, trust.unlisted, their_port=port) as hospital:
        hand_in(hospital, dupont.address)
        wait_until(hospital.letters, seconds=10, step=0.05)
        report = message_from_bytes(hospital.letters()[0], policy=policy.default)
        assert report.get_content_type() == "multipart/report"
        assert "550 5.7.1" in report.as_string()
    assert not Arrival.objects.exists()


@pytest.mark.soak
def test_an_unknown_mailbox_is_refused_to_postfix_at_once(trust, port):
    with postfix.running(trust, trust.hospital, their_port=port) as hospital:
        hand_in(hospital, f"personne@{peers.OURS}")
        wait_until(hospital.letters, seconds=10, step=0.05)
        assert b"550 5.1.1" in hospital.letters()[0]


def test_what_postfix_refuses_fails_and_is_reported_in_french(trust, dupont, claire, route):
    with postfix.running(trust, trust.hospital) as hospital:
        route(hospital.port)
        submission = answer(dupont, claire, f"personne@{peers.HOSPITAL}")
        worker.send_due(timezone.now())
    recipient = submission.recipients.get()
    assert (recipient.state, recipient.reply_code, recipient.reply_enhanced) == ("failed", 550, "5.1.1")
    report = Message.objects.get(mailbox=dupont, folder__role="inbox")
    assert open_summary(report, dupont.keys).subject == "Non remis : Re : Ordonnance"


@pytest.mark.soak
def test_a_postfix_with_a_certificate_that_the_list_does_not_give_gets_nothing(trust, dupont, claire, route):
    with postfix.running(trust, trust.unlisted) as hospital:
        route(hospital.port)
        submission = answer(dupont, claire, DR)
        worker.send_due(timezone.now())
        assert submission.recipients.get().state == "failed"
        ended = re.compile("Trusted TLS connection established from.*disconnect from", re.DOTALL)
        wait_until(lambda: ended.search(hospital.log), seconds=10, step=0.05)  # its log is written by another process
        assert not re.search(r"qmgr.*from=<", hospital.log), "nothing was handed over"
