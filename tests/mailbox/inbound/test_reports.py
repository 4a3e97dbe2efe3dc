"""Reports that come in: who brings one decides what it may say."""

import pytest
from django.utils import timezone

from mailbox import store, whitelist
from mailbox.inbound.drain import drain
from mailbox.management.demo.authority import ListedDomain
from mailbox.mime.address import mask
from mailbox.mime.parse import parse
from mailbox.mime.report import FailedRecipient, failure_report
from mailbox.mime.values import Address
from mailbox.models import Message, Recipient, Submission
from mailbox.outbound.addresses import sealed_address
from mailbox.outbound.failure import explain
from mailbox.outbound.hearing import hear
from mailbox.reply import Reply
from mssweb.authorities import parse_dn
from tests.mailbox.inbound.test_drain import DR, arrive
from tests.mailbox.mime.letters import message
from tests.mailbox.test_store import filing, letter
from tests.peers import HOSPITAL, OURS

PATIENT = "255069900000145@patient.mssante.fr"
MESSAGE_ID = "envoi-1@officine.mssante.example"


@pytest.fixture
def sent(dupont, trust) -> Recipient:
    """A letter that the hospital has answered 250."""
    [copy] = store.file(dupont, [filing(letter(message_id=MESSAGE_ID), folder_role="sent", direction="out")])
    now = timezone.now()
    submission = Submission.objects.create(
        mailbox=dupont, message=copy, mail_from=dupont.address, submitted_at=now, size=1
    )
    return Recipient.objects.create(
        mailbox=dupont, submission=submission, address=DR, domain=HOSPITAL, state="relayed", not_before=now
    )


def told(row: Recipient, *, envid: str, recipient: str = DR, action: str = "failed") -> bytes:
    now = timezone.now()
    return failure_report(
        report_from=Address("", f"postmaster@{HOSPITAL}"), to=Address("", row.mailbox.address), subject="Échec",
        original_headers=f"Message-ID: <{MESSAGE_ID}>\r\n".encode(), kind="failed", text="Échec.", mta="mx.hopital",
        failed=[FailedRecipient(recipient, Reply(550, "5.1.1", "gone"), envid)], arrived_at=now, now=now,
        message_id="r@hopital.mssante.example",
    ).replace(b"\r\nAction: failed\r\n", f"\r\nAction: {action}\r\n".encode())  # fmt: skip


def receipt(said: str = "displayed") -> bytes:
    body = f"Final-Recipient: rfc822; {DR}\r\nOriginal-Message-ID: <{MESSAGE_ID}>\r\nDisposition: manual-action; {said}\r\n"
    parts = f"--b\r\n\r\nLu.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n{body}--b--\r\n"
    return message(parts.encode(), Content_Type='multipart/report; report-type=disposition-notification; boundary="b"')


def brought_by(trust, cn: str, dupont, raw: bytes) -> None:
    arrive(dupont, raw, mail_from="", peer=parse_dn(trust.issued[cn].dn))
    assert drain(timezone.now()) == 1


def test_the_operator_that_received_reports_by_message_id(dupont, sent, trust):
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid="none"))
    sent.refresh_from_db()
    assert (sent.state, sent.reply_code, sent.reply_enhanced) == ("failed", 550, "5.1.1")


def test_who_gives_our_envid_back_was_told_it(dupont, sent, trust):
    brought_by(trust, f"mx.{OURS}", dupont, told(sent, envid=str(sent.pk)))
    sent.refresh_from_db()
    assert sent.state == "failed"


@pytest.mark.parametrize("cn", [f"mx.{OURS}", "mx.perime.mssante.example"])
def test_another_operator_reports_nothing_on_what_the_hospital_received(dupont, sent, trust, cn):
    """The Message-ID is known to every recipient: it proves nothing."""
    brought_by(trust, cn, dupont, told(sent, envid="none"))
    brought_by(trust, cn, dupont, receipt())
    sent.refresh_from_db()
    assert (sent.state, sent.read_at) == ("relayed", None)


def test_a_receipt_of_the_reader_s_operator_is_a_fact(dupont, sent, trust):
    brought_by(trust, f"mx.{HOSPITAL}", dupont, receipt())
    sent.refresh_from_db()
    assert sent.read_at is not None


@pytest.mark.parametrize("action", ["relayed", "expanded", "delayed"])
def test_what_is_no_last_word_is_told_beside_the_state_and_taken_back_by_it(dupont, sent, trust, action):
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid=str(sent.pk), action=action))
    sent.refresh_from_db()
    assert (sent.state, sent.reported) == ("relayed", action)
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid=str(sent.pk), action="delivered"))
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid=str(sent.pk), action=action) + b"again")
    sent.refresh_from_db()
    assert (sent.state, sent.reported) == ("delivered", "delivered")


def test_of_several_that_travelled_together_the_address_says_which(dupont, sent, trust):
    other = f"autre@{HOSPITAL}"
    row = Recipient.objects.create(
        mailbox=dupont, submission=sent.submission, address=other, domain=HOSPITAL, state="relayed",
        not_before=timezone.now(),
    )  # fmt: skip
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid=str(sent.pk), recipient=other))
    brought_by(trust, f"mx.{HOSPITAL}", dupont, told(sent, envid=str(sent.pk), recipient=f"alias@{HOSPITAL}"))
    for one, state in ((row, "failed"), (sent, "relayed")):
        one.refresh_from_db()
        assert one.state == state


def test_a_report_on_more_recipients_than_a_letter_has_is_read_no_further(dupont, sent, django_assert_max_num_queries):
    """The mailbox is held meanwhile, and whoever writes the report chooses its length."""
    blocks = [f"Final-Recipient: rfc822; x{n}@{HOSPITAL}\r\nAction: failed\r\nStatus: 5.1.1\r\n" for n in range(900)]
    status = "\r\n".join([f"Original-Envelope-Id: {sent.pk}\r\n", *blocks])
    raw = message(status.encode(), Content_Type="message/delivery-status")
    with django_assert_max_num_queries(300):
        hear(dupont, raw, parse(raw), lambda domain: True)


@pytest.mark.parametrize(
    ("said", "disposition", "code"),
    [
        ("deleted", "deleted", ""), ("dispatched", "dispatched", ""), ("processed", "processed", ""),
        ("processed/Error: 904^INS", "processed", "904"), ("processed/error", "processed", ""),
        ("processed/Error: Mme Vial", "processed", "?"), ("invented", "", ""),
    ],
)  # fmt: skip
def test_what_else_a_receipt_says_is_kept_by_its_code_alone(dupont, sent, trust, said, disposition, code):
    brought_by(trust, f"mx.{HOSPITAL}", dupont, receipt(said))
    sent.refresh_from_db()
    assert (sent.disposition, sent.error_code, sent.read_at) == (disposition, code, None)


@pytest.mark.parametrize(("cn", "code"), [(f"mx.{HOSPITAL}", "902"), ("mx.perime.mssante.example", "")])
def test_an_error_told_by_a_subject_is_believed_of_the_operator_that_received(dupont, sent, trust, cn, code):
    """From another mailbox of theirs: it is the only one we wrote to there."""
    raw = letter(
        "[KO =?utf-8?q?Int=C3=A9gration_syst=C3=A8me_!?=][902] XDM/1.0/DDM+CR", sender=f"integration@{HOSPITAL}",
        refs=[MESSAGE_ID],
    )  # fmt: skip
    brought_by(trust, cn, dupont, raw)
    sent.refresh_from_db()
    assert (sent.error_code, sent.state) == (code, "relayed")


@pytest.mark.parametrize("listed", [True, False])
def test_mon_espace_sante_returns_what_we_sent_to_a_patient_and_nobody_else_does(dupont, sent, trust, listed):
    """Without a report: its subject, our Message-ID, its operator (reference client 7)."""
    operator = f"mx.{HOSPITAL}"
    if listed:
        rows = [*trust.rows(), ListedDomain("patient.mssante.fr", trust.issued[operator].dn)]
        whitelist.load(trust.document(rows=rows), now=timezone.now())
        whitelist.forget()
    sent.address, sent.address_box, sent.domain = mask(PATIENT), sealed_address(dupont, sent.pk, PATIENT), PATIENT[16:]
    sent.save()
    raw = letter("Message non =?utf-8?q?distribu=C3=A9?=", refs=[MESSAGE_ID], body="La messagerie est fermee.")
    raw = raw.replace(b"fermee", "fermée".encode())
    brought_by(trust, operator, dupont, raw)
    sent.refresh_from_db()
    reply = Reply(sent.reply_code or 250, sent.reply_enhanced, sent.reply_text)
    assert (sent.state, "fermée" in explain(reply)) == (("failed", True) if listed else ("relayed", False))


def test_a_report_on_a_patient_finds_its_row_by_the_opened_address(dupont, sent, trust):
    operator = f"mx.{HOSPITAL}"
    rows = [*trust.rows(), ListedDomain("patient.mssante.fr", trust.issued[operator].dn)]
    whitelist.load(trust.document(rows=rows), now=timezone.now())
    whitelist.forget()
    sent.address, sent.address_box, sent.domain = (
        mask(PATIENT),
        sealed_address(dupont, sent.pk, PATIENT),
        "patient.mssante.fr",
    )
    sent.save()
    brought_by(trust, operator, dupont, told(sent, envid="none", recipient="1" + PATIENT[1:]))
    sent.refresh_from_db()
    assert sent.state == "relayed", "another patient"
    brought_by(trust, operator, dupont, told(sent, envid="none", recipient=PATIENT))
    sent.refresh_from_db()
    assert sent.state == "failed"


def test_half_a_character_in_an_address_breaks_no_filing(dupont, sent, trust):
    raw = told(sent, envid="none").replace(f"rfc822; {DR}".encode(), rb"utf-8; a\x{D800}@hopital.mssante.example")
    brought_by(trust, f"mx.{HOSPITAL}", dupont, raw)
    assert not Message.objects.filter(warnings__contains=["undissected"]).exists()
