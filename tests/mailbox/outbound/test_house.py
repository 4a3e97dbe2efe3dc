"""Mail of the house: a null reverse-path, the same queue, no copy in «Envoyés», bytes that go, and nobody told of it."""

from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import timezone

from mailbox import access
from mailbox.mime import mdn
from mailbox.mime.values import Address
from mailbox.models import Blob, Membership, Message, Recipient, Submission
from mailbox.outbound import house, worker
from mailbox.summary import open_summary
from tests import peers
from tests.mailbox.outbound.conftest import DR, states
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


def test_it_leaves_under_a_null_reverse_path_and_is_never_reported_on(hospital, dupont):
    other = f"autre@{peers.HOSPITAL}"
    hospital.say[f"RCPT {other}"] = "550 5.1.1 unknown"
    submission = house.send(dupont, letter(), [DR, other], now=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed", other: "failed"}
    assert [(mail_from, to) for mail_from, to, _ in hospital.received] == [("<>", [DR])]
    assert not Message.objects.exists(), "no copy, no report of a report"
    submission.refresh_from_db()
    assert submission.blob is None and not Blob.objects.exists(), "settled: its bytes are gone"


def test_its_bytes_stay_as_long_as_it_may_leave_again(hospital, dupont):
    hospital.say["DATA"] = "451 4.3.0 later"
    submission = house.send(dupont, letter(), [DR], now=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "delayed"} and Blob.objects.count() == 1
    hospital.say.clear()
    Recipient.objects.update(not_before=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"} and not Blob.objects.exists()


def test_a_neighbour_has_it_filed_once_and_a_person_reaches_nothing_of_it(trust, dupont, annes_box, anne):
    submission = house.send(dupont, letter(), [annes_box.address], now=timezone.now())
    membership = Membership.objects.get(mailbox=dupont, user=anne)
    for reach, pk in (
        (access.access_submission, submission.pk), (access.access_recipient, submission.recipients.get().pk),
        (access.access_submission, uuid4()),
    ):  # fmt: skip
        with pytest.raises(Http404):
            reach(membership, pk)
    worker.send_due(timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {annes_box.address: "delivered"}
    [message] = Message.objects.all()
    assert (message.mailbox_id, open_summary(message, annes_box.keys).mail_from) == (annes_box.pk, "")


def reports(mailbox) -> list[str]:
    rows = Message.objects.filter(mailbox=mailbox, folder__role="inbox").order_by("filed_at")
    return [open_summary(row, mailbox.keys).subject for row in rows]


def test_who_asks_for_a_report_is_told_here_and_where_a_host_offers_none(hospital, send, dupont, annes_box):
    submission = send(DR, annes_box.address, notify_success=True)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed", annes_box.address: "delivered"}
    assert sorted(reports(dupont)) == ["Remis : Ordonnance", "Transmis : Ordonnance"]
    assert reports(annes_box) == ["Ordonnance"]
    assert {m.thread_id for m in Message.objects.filter(mailbox=dupont)} == {submission.message.thread_id}
    send(DR, annes_box.address, subject="Sans accusé")
    worker.send_due(timezone.now())
    assert len(reports(dupont)) == 2
    assert Submission.objects.count() == 2


def test_a_host_that_reports_is_asked_and_we_say_nothing_in_its_stead(reporting, send, dupont):
    send(DR, notify_success=True)
    submission = send(DR, f"autre@{peers.HOSPITAL}")
    house.send(dupont, letter(), [DR], now=timezone.now())
    worker.send_due(timezone.now())
    asked, plain, ours = reporting.wishes
    assert asked[0].startswith("RET=HDRS ENVID=") and asked[1:] == [f"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{DR}"]
    assert all("SUCCESS" not in options for options in plain[1:]) and len(plain) == 3
    first = {str(pk) for pk in submission.recipients.values_list("pk", flat=True)}
    assert plain[0].partition("ENVID=")[2] in first, "told to this peer alone"
    assert ours == ["", ""] and reports(dupont) == []


def test_a_receipt_between_neighbours_is_heard_as_one_from_afar(trust, send, dupont, annes_box, anne):
    """Of the mailbox that was written to alone: another operator's reader is not theirs to speak for."""
    submission = send(annes_box.address, DR)
    submission.recipients.filter(address=DR).update(state="relayed", not_before=timezone.now())
    worker.send_due(timezone.now())
    rows = {row.address: row for row in submission.recipients.all()}
    for reader in (annes_box.address, DR):
        raw = mdn.compose_receipt(
            mdn.Receipt(
                from_=Address("", reader), to=(dupont.address,), subject="Lu : Ordonnance", text="Lu.", software="x",
                mode="manual-action/MDN-sent-manually", original=b"Subject: Ordonnance\r\n\r\n", now=timezone.now(),
                original_id=open_summary(submission.copy, dupont.keys).message_id, message_id=f"{reader}@x.example",
            )
        )  # fmt: skip
        house.send(annes_box, raw, [dupont.address], now=timezone.now())
    worker.send_due(timezone.now())
    for row in rows.values():
        row.refresh_from_db()
    assert rows[annes_box.address].read_at and not rows[DR].read_at
    assert len(reports(dupont)) == 2, "and filed, both"
