"""Who asked for a report of delivery gets one, once, with the filing; who did not, or said never, gets none (ECO.2.3.1)."""

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.inbound import drain as module
from mailbox.inbound.drain import drain
from mailbox.mime.parse import parse
from mailbox.mime.report import parse_report
from mailbox.models import Arrival, Message, Submission
from mailbox.outbound.addresses import full_address
from tests.mailbox.inbound.test_drain import DR, arrive
from tests.mailbox.test_sealed import PATIENT, held
from tests.mailbox.test_store import letter

ASKED = {"notify": "SUCCESS,FAILURE", "envid": "QQ 314159", "orcpt": "rfc822;Pharmacie@old.example", "ret": "FULL"}


def owed(dupont) -> tuple[Submission, bytes]:
    submission = Submission.objects.get()
    return submission, blobs.read(submission.blob, dupont)


def test_success_is_reported_to_the_sender_with_what_it_gave_and_the_header_alone(dupont):
    arrive(dupont, letter(body="apixaban"), **ASKED)
    drain(timezone.now())
    submission, raw = owed(dupont)
    row = submission.recipients.get()
    assert (submission.mail_from, submission.message, row.address, row.state) == ("", None, DR, "queued")
    [status] = parse_report(raw, parse(raw)).recipients
    assert (status.action, status.status, status.envid) == ("delivered", "2.1.5", "QQ 314159")
    for field in (f"Final-Recipient: rfc822; {dupont.address}", "Original-Recipient: rfc822;Pharmacie@old.example"):
        assert f"\r\n{field}\r\n".encode() in raw
    assert b"Subject: Ordonnance" in raw and b"apixaban" not in raw, "RET=FULL is for what fails (RFC 3461 4.3)"


@pytest.mark.parametrize(
    ("mail_from", "asked"),
    [
        (DR, {}), (DR, {"notify": "FAILURE,DELAY"}), (DR, {"notify": "NEVER"}), (DR, {"notify": "NEVER,SUCCESS"}),
        ("", {"notify": "SUCCESS"}), ('"a b"@x@y', {"notify": "SUCCESS"}),
    ],
)  # fmt: skip
def test_nothing_is_reported_that_was_not_asked_nor_to_who_cannot_be_told(dupont, mail_from, asked):
    arrive(dupont, letter(), mail_from=mail_from, **asked)
    assert drain(timezone.now()) == 1
    assert Message.objects.count() == 1 and not Submission.objects.exists()


def test_a_subject_that_no_header_of_ours_may_hold_keeps_nobody_from_being_told(dupont):
    arrive(dupont, letter(subject="Ordonnance\u2028de Paul"), **ASKED)
    drain(timezone.now())
    assert parse(owed(dupont)[1]).subject == "Remis : Ordonnance de Paul"


def test_what_is_sent_again_is_reported_once_and_a_killed_worker_has_reported_nothing(dupont, monkeypatch):
    arrive(dupont, letter(), **ASKED)

    def killed(*_, **__):
        raise SystemExit

    monkeypatch.setattr(module.traces, "file", killed)  # the last step: the arrival is dropped
    with pytest.raises(SystemExit):
        module._file(*_claimed())
    monkeypatch.undo()
    assert not Submission.objects.exists() and not Message.objects.exists()
    arrive(dupont, letter(), **ASKED)
    assert drain(timezone.now()) == 2
    assert (Message.objects.count(), Submission.objects.count()) == (1, 1)


def _claimed():
    claimed, _ = module._claim(timezone.now())
    from mailbox.models import Mailbox

    Arrival.objects.update(due_at=timezone.now())
    return claimed, {row.pk: row for row in Mailbox.objects.select_related("key")}


def test_a_patient_who_asks_is_told_at_the_exact_address_which_no_table_holds(dupont):
    arrive(dupont, letter(sender=PATIENT), mail_from=PATIENT, **ASKED)
    drain(timezone.now())
    submission, raw = owed(dupont)
    assert full_address(submission.recipients.get(), dupont) == PATIENT
    assert f"To: {PATIENT}".encode() in raw
    assert held(PATIENT.partition("@")[0]) == []
