"""Receipts and integration errors: with consent, once, to who may have them, told to the audit (ECO.3.1.6)."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from mailbox import blobs, receipts, store
from mailbox.mime import mdn
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.parse import parse
from mailbox.mime.report import parse_report
from mailbox.mime.values import Address
from mailbox.models import Mailbox, Membership, Message, Submission
from mailbox.outbound.submit import Refused
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import NOW, filing

DR = "f.lemaire@hopital.mssante.example"


@pytest.fixture
def received(dupont, trust):
    """One message with a document, which asks for a receipt at these addresses."""

    def one(*receipt_to: str, mail_from: str = DR, subject: str = "XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE") -> Message:
        files = [OutgoingFile("IHE_XDM.zip", "application/zip", b"PK"), OutgoingFile("cr.pdf", "application/pdf", b"%")]
        raw = compose(
            Outgoing(
                from_=Address("Dr Lemaire", DR), to=(Address("", dupont.address),), text="Bonjour", date=NOW,
                subject=subject, message_id=f"{len(receipt_to)}-{mail_from}", files=tuple(files),
                receipt_to=tuple(Address("", a) for a in receipt_to),
            )
        )  # fmt: skip
        [message] = store.file(dupont, [filing(raw, mail_from=mail_from)])
        return Message.objects.select_related("blob").get(pk=message.pk)

    return one


def sent(dupont) -> bytes:
    return blobs.read(Submission.objects.get().blob, dupont)


def events(action: str) -> list[tuple]:
    return list(AuditEvent.objects.filter(action=action).values_list("actor__login", "facts"))


def test_a_receipt_leaves_once_for_the_mailbox_and_is_told(received, dupont, claire, anne):
    message = received(DR)
    given = {"mailbox": dupont, "message": message, "now": timezone.now(), "request": None}
    assert receipts.answer(by=claire, **given) and not receipts.answer(by=anne, **given)
    assert not receipts.decline(mailbox=dupont, message=message, by=anne, request=None)
    submission, raw = Submission.objects.get(), sent(dupont)
    assert (submission.mail_from, [r.address for r in submission.recipients.all()]) == ("", [DR])
    found = parse_report(raw, parse(raw))
    assert (found.disposition, found.reader, found.is_automatic) == ("displayed", dupont.address, False)
    assert b"PAT-TROIS" in raw and b"IHE_XDM" not in raw, "the header alone goes back"
    assert events("receipt.send") == [(claire.login, {"by_rule": False})]


def test_who_declines_declines_for_all_and_the_sender_is_told_nothing(received, dupont, claire, anne):
    message = received(DR)
    assert receipts.decline(mailbox=dupont, message=message, by=claire, request=None)
    assert not receipts.answer(mailbox=dupont, message=message, by=anne, now=timezone.now(), request=None)
    assert not Submission.objects.exists() and events("receipt.decline") == [(claire.login, {})]


def test_no_receipt_leaves_the_trust_space(received, dupont, claire):
    message = received("dr.lemaire@ailleurs.example")
    with pytest.raises(Refused):
        receipts.answer(mailbox=dupont, message=message, by=claire, now=timezone.now(), request=None)
    message.refresh_from_db()
    assert message.receipt == "asked" and not Submission.objects.exists()


@pytest.mark.parametrize(
    ("rule", "login", "receipt_to", "mail_from", "state"),
    [
        ("always", "claire", [DR], DR, "sent"),
        ("always", "hugo", [DR], DR, "asked"),  # may not send
        ("always", "claire", ["autre@hopital.mssante.example"], DR, "asked"),  # not the Return-Path
        ("always", "claire", [DR, "autre@hopital.mssante.example"], DR, "asked"),
        ("always", "claire", [DR], "", ""),  # a null sender asks for nothing
        ("ask", "claire", [DR], DR, "asked"),
        ("never", "claire", [DR], DR, "asked"),
    ],
)
def test_the_rule_answers_the_sender_alone_and_only_for_who_may_send(
    received, dupont, rule, login, receipt_to, mail_from, state
):
    Mailbox.objects.update(receipts=rule)
    message, member = received(*receipt_to, mail_from=mail_from), Membership.objects.get(user__login__startswith=login)
    request = RequestFactory().get("/")
    request.user = member.user
    for _ in range(2):
        receipts.answer_by_rule(member, [message], now=timezone.now(), request=request)
    message.refresh_from_db()
    assert (message.receipt, Submission.objects.count()) == (state, int(state == "sent"))
    if state == "sent":
        assert b"manual-action/MDN-sent-automatically; displayed" in sent(dupont)


@pytest.mark.parametrize("by_software", [True, False])
def test_an_integration_error_that_was_asked_for_is_a_receipt_with_its_documents(received, dupont, claire, by_software):
    given = {"mailbox": dupont, "message": received(DR), "code": "902", "now": timezone.now()}
    by = None if by_software else claire
    assert receipts.report_integration(by=by, **given) and not receipts.report_integration(by=by, **given)
    raw = sent(dupont)
    parsed = parse(raw)
    found = parse_report(raw, parsed)
    assert parsed.subject.startswith("[KO Intégration système !][902] XDM/1.0/DDM+CR")
    assert (found.disposition, mdn.error_code(found.error), found.is_automatic) == ("processed", "902", by_software)
    assert {"IHE_XDM.zip", "cr.pdf"} <= {part.filename for part in parsed.attachments}
    assert events("integration.report") == [(by.login if by else None, {"code": "902"})]


def test_without_a_receipt_asked_for_an_error_is_a_message_of_the_mailbox_and_a_success_is_nothing(received, dupont):
    given = {"mailbox": dupont, "message": received(), "by": None, "now": timezone.now()}
    assert not receipts.report_integration(code="", **given)
    assert receipts.report_integration(code="906", **given)
    submission = Submission.objects.get()
    assert (submission.mail_from, submission.message.folder.role) == (dupont.address, "sent")
    raw = blobs.read(submission.message.blob, dupont)
    assert parse_report(raw, parse(raw)) is None and mdn.error_of_subject(parse(raw).subject) == "906"
    with pytest.raises(ValueError, match="business code"):
        receipts.report_integration(code="907", **given)


def test_software_that_integrated_a_document_says_so_to_who_asked(received, dupont):
    assert receipts.report_integration(mailbox=dupont, message=received(DR), code="", by=None, now=timezone.now())
    assert b"automatic-action/MDN-sent-automatically; processed\r\n" in sent(dupont)


def test_an_error_about_an_error_or_a_report_is_told_to_nobody(received, dupont, claire):
    """Else the software of two operators would answer each other for ever."""
    told = mdn.error_subject("902", "XDM/1.0/DDM+CR")
    for message in (received(mail_from=""), received(DR, subject=told), received(subject=told)):
        for by in (None, claire):
            given = {"mailbox": dupont, "message": message, "by": by, "now": timezone.now()}
            assert not receipts.report_integration(code="906", **given)
            assert not receipts.report_integration(code="", **given)
    assert not Submission.objects.exists()


def test_software_gives_a_receipt_to_the_sender_alone_and_a_person_to_whom_it_asks(received, dupont, claire):
    """Documents would else go, unasked, wherever a sender points (RFC 8098 §2.1)."""
    other = "autre@hopital.mssante.example"
    given = {"mailbox": dupont, "message": received(other), "now": timezone.now()}
    assert not receipts.report_integration(code="", by=None, **given)
    assert receipts.report_integration(code="902", by=None, **given)
    assert [row.address for row in Submission.objects.get().recipients.all()] == [DR]
    assert receipts.report_integration(code="", by=claire, **(given | {"message": received(other, DR)}))
    assert {row.address for row in Submission.objects.get(mail_from="").recipients.all()} == {other, DR}


def test_an_address_that_smtp_does_not_carry_is_refused_and_the_longest_is_not(received, dupont, claire):
    """RFC 5321 §4.5.3.1.3: whoever asks for a receipt wrote it."""
    longest = f"@{DR.partition('@')[2]}".rjust(254, "a")
    given = {"mailbox": dupont, "by": claire, "now": timezone.now(), "request": None}
    assert receipts.answer(message=received(longest), **given)
    with pytest.raises(Refused):
        receipts.answer(message=received(f"a{longest}"), **given)
