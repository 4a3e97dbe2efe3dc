"""Sending over a real socket and real mutual TLS to a peer that answers what the test tells it to."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox.models import Message, Recipient, Submission
from mailbox.outbound import submit, worker
from mailbox.outbound.submit import Refused
from mailbox.summary import open_summary
from mssweb.audit.models import AuditEvent
from tests import peers
from tests.mailbox.inbound.test_limits import strange
from tests.mailbox.outbound.conftest import DR, Hospital, listening, states

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


def test_a_message_travels_over_mutual_tls_and_is_settled_relayed(trust, hospital, send, dupont, claire):
    submission = send(DR, f"autre@{peers.HOSPITAL}")
    assert worker.send_due(timezone.now()) == 2
    assert states(submission) == {DR: "relayed", f"autre@{peers.HOSPITAL}": "relayed"}
    [(mail_from, rcpts, content)] = hospital.received
    assert (mail_from, sorted(rcpts)) == (dupont.address, sorted([DR, f"autre@{peers.HOSPITAL}"]))
    assert b"Subject: Ordonnance" in content
    message = submission.message
    assert (message.folder.role, message.author) == ("sent", claire)
    assert worker.send_due(timezone.now()) == 0, "a known success is never sent again"
    event = AuditEvent.objects.get(action="message.submit")
    assert (event.actor, event.mailbox_id, event.facts["recipients"]) == (claire, dupont.pk, 2)


def test_a_connection_is_kept_from_message_to_message(hospital, send):
    for number in range(3):
        send(DR, subject=f"numéro {number}")
    worker.send_due(timezone.now())
    assert len(hospital.received) == 3
    assert hospital.connections == 2, "EHLO before and after STARTTLS, once"


def test_a_refusal_fails_and_its_sender_is_told_in_french_in_the_same_thread(hospital, send, dupont):
    hospital.say["DATA"] = "550 5.1.1 no such user"
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "failed"}
    report = Message.objects.get(mailbox=dupont, folder__role="inbox")
    told = open_summary(report, dupont.keys)
    assert report.thread_id == submission.message.thread_id
    assert told.subject == "Non remis : Ordonnance"
    assert "n’a pas pu être remis" in told.snippet


def test_one_recipient_fails_and_the_others_leave(hospital, send):
    hospital.say[f"RCPT {DR}"] = "550 5.1.1 unknown"
    submission = send(DR, f"autre@{peers.HOSPITAL}")
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "failed", f"autre@{peers.HOSPITAL}": "relayed"}


@pytest.mark.parametrize(
    ("verb", "answer"), [("RCPT", "451 4.3.0 later"), ("DATA", "452 4.2.2 full"), ("DATA", "drop")]
)
def test_what_may_work_later_is_delayed_then_leaves(hospital, send, settings, verb, answer):
    settings.RETRY_SCALE = 0.0001
    hospital.say[verb] = answer
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "delayed"}
    hospital.say.clear()
    Recipient.objects.update(not_before=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}
    assert len(hospital.received) == 1


def test_a_delay_of_four_hours_is_told_once(hospital, send, dupont):
    hospital.say["DATA"] = "451 4.3.0 later"
    send(DR)
    for _ in range(3):
        Submission.objects.update(submitted_at=timezone.now() - timedelta(hours=5))
        Recipient.objects.update(not_before=timezone.now())
        worker.send_due(timezone.now())
    reports = Message.objects.filter(mailbox=dupont, folder__role="inbox")
    assert [open_summary(m, dupont.keys).subject for m in reports] == ["Retardé : Ordonnance"]


def test_a_neighbour_receives_exactly_once_through_the_same_machine(trust, send, dupont, annes_box):
    submission = send(annes_box.address, text="entre nous")
    worker.send_due(timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {annes_box.address: "delivered"}
    [message] = Message.objects.filter(mailbox=annes_box)
    assert open_summary(message, annes_box.keys).snippet == "entre nous"


@pytest.mark.parametrize(
    "address",
    [
        "x@ailleurs.example",
        "personne@officine.mssante.example",
        "pas une adresse",
        "a@b@c",
        "x@hopital.mssante.example\r\nBcc: y",
    ],
)
def test_who_cannot_be_written_to_is_refused_in_the_form_and_nothing_is_stored(trust, send, address):
    with pytest.raises(Refused) as told:
        send(DR, address)
    assert list(told.value.reasons) == [address.lower()] or list(told.value.reasons) == [address]
    assert not Message.objects.exists()
    assert not Submission.objects.exists()


def test_the_undo_window_holds_and_cancel_takes_everything_back(hospital, send):
    submission = send(DR, wait=timedelta(seconds=10))
    assert worker.send_due(timezone.now()) == 0
    assert submit.cancel(submission)
    assert not Message.objects.exists()
    assert not Recipient.objects.exists()
    later = send(DR, wait=timedelta(seconds=10))
    assert worker.send_due(timezone.now() + timedelta(seconds=11)) == 1
    assert not submit.cancel(later), "it has left"


def test_a_failed_recipient_can_be_tried_again_by_a_person(hospital, send):
    hospital.say["DATA"] = "550 5.7.1 no"
    submission = send(DR)
    worker.send_due(timezone.now())
    hospital.say.clear()
    assert submit.try_again(submission.recipients.get())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}
    assert not submit.try_again(submission.recipients.get())


def test_a_worker_killed_before_settling_leaves_its_claim_to_the_next_once_the_lease_is_over(
    hospital, send, monkeypatch
):
    submission = send(DR)
    monkeypatch.setattr(worker, "_try", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        worker.send_due(timezone.now())
    monkeypatch.undo()
    assert states(submission) == {DR: "sending"}
    assert worker.send_due(timezone.now()) == 0, "the lease is respected"
    assert worker.send_due(timezone.now() + worker._LEASE) == 1
    assert states(submission) == {DR: "relayed"}
    assert len(hospital.received) == 1


def test_a_claim_whose_lease_was_lost_settles_nothing(hospital, send):
    submission = send(DR)
    row = submission.recipients.get()
    Recipient.objects.update(state="sending", lease=uuid7())
    worker._settle([row], [worker.DELIVERED_HERE], submission, b"\r\n\r\n", uuid7())
    assert states(submission) == {DR: "sending"}


def test_a_patients_address_is_masked_and_sealed_and_still_reached(trust, send, settings, dupont):
    from mailbox import whitelist
    from mailbox.management.demo.authority import ListedDomain
    from mailbox.outbound.addresses import full_address

    patient = "279035121518989@patient.mssante.fr"
    rows = [*trust.rows(), ListedDomain("patient.mssante.fr", trust.issued["mx." + peers.HOSPITAL].dn)]
    whitelist.load(trust.document(rows=rows), now=timezone.now())
    whitelist.forget()
    row = send(patient).recipients.get()
    assert row.address == "•••@patient.mssante.fr"
    assert b"279035121518989" not in bytes(row.address_box)
    assert full_address(row, dupont) == patient


def test_a_host_whose_certificate_we_cannot_read_is_tried_again_and_its_refusal_is_ours_to_tell(trust, send, settings):
    with listening(trust, hospital := Hospital(), strange(trust), settings):
        submission = send(DR)
        worker.send_due(timezone.now())
    row = submission.recipients.get()
    assert (row.state, row.reply_code, row.reply_enhanced) == ("delayed", 451, "4.7.5")
    assert not hospital.received
