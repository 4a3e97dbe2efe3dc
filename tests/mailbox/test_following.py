"""What waits for an answer: begun by a sending, ended by a person's answer, by a person's word, or by what is newer."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox import following, store
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Following, Mailbox, Recipient
from mailbox.outbound import submit
from mailbox.outbound.correct import correct
from mailbox.outbound.submit import Refused
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter

DR = "dr.lemaire@hopital.mssante.example"
OTHER = "florence.lemaire@hopital.mssante.example"


@pytest.fixture
def send(dupont, claire, trust):
    def one(*, to=(DR,), thread=None, ago=timedelta(), held=False, author=None, number=1, **more):
        now = timezone.now() - ago
        text = Outgoing(
            from_=Address("", dupont.address), to=tuple(Address("", a) for a in to), subject="INR", text="4,8",
            message_id=f"sent-{number}-{ago.days}@officine.mssante.example", date=now,
        )  # fmt: skip
        return submit.submit(
            mailbox=dupont, author=author or claire, letter=text, recipients=list(to), thread_id=thread,
            not_before=now + timedelta(minutes=held), now=now, **more,
        )  # fmt: skip

    return one


def answer(dupont, sent, *, headers=b"", **how):
    """What the correspondent's software makes of an answer, now."""
    raw = letter("Re: INR", message_id=f"{headers!r}{how}@x", refs=("sent-1-4@officine.mssante.example",))
    [message] = store.file(
        dupont, [replace(filing(raw.replace(b"Subject:", headers + b"Subject:"), **how), filed_at=timezone.now())]
    )
    assert message.thread_id == sent.message.thread_id


def waits(submission) -> bool:
    return Following.objects.get(pk=submission.pk).waits


def test_only_a_person_s_answer_ends_the_waiting(dupont, send):
    sent = send(ago=timedelta(days=4))
    assert waits(sent)
    answer(dupont, sent, headers=b"Auto-Submitted: auto-replied\r\n")
    assert waits(sent), "an absence is no answer"
    answer(dupont, sent, mail_from="")
    assert waits(sent), "a report is no answer"
    answer(dupont, sent)
    row = Following.objects.get(pk=sent.pk)
    assert not row.waits and row.answered_at and row.dropped_at is None
    [elsewhere] = store.file(dupont, [filing(letter("Autre", message_id="z@x"))])
    assert elsewhere.thread_id != row.thread_id


def test_what_leaves_later_in_a_thread_waits_in_the_stead_of_what_left_before(dupont, send):
    first = send(ago=timedelta(days=4))
    second = send(thread=first.message.thread_id, held=True, number=2)
    assert (waits(first), waits(second)) == (False, True)
    assert submit.cancel(second)
    assert waits(first), "the newer one was taken back"
    following.drop(dupont.pk, first.pk, now=timezone.now())
    assert not waits(first)
    third = send(thread=first.message.thread_id, held=True, number=3)
    submit.cancel(third)
    assert not waits(first), "what a person dropped stays dropped"
    assert not waits(send(number=4, waits=False))


def test_taking_up_again_needs_no_answer_meanwhile(dupont, send, annes_box):
    sent = send(ago=timedelta(days=4))
    assert not following.take_up(dupont.pk, sent.pk), "it was not dropped"
    assert not following.drop(annes_box.pk, sent.pk, now=timezone.now()), "of another mailbox"
    assert following.drop(dupont.pk, sent.pk, now=timezone.now())
    assert following.take_up(dupont.pk, sent.pk) and waits(sent)
    following.drop(dupont.pk, sent.pk, now=timezone.now())
    newer = send(thread=sent.message.thread_id, number=2)
    for is_dropped in (False, True):
        assert not following.take_up(dupont.pk, sent.pk), "one waits for a thread, and it is the newest"
        assert following.take_up(dupont.pk, newer.pk) is is_dropped
        following.drop(dupont.pk, newer.pk, now=timezone.now())
    answer(dupont, sent)
    assert not following.take_up(dupont.pk, newer.pk)


def test_a_corrected_address_gets_the_same_letter_and_the_refusal_stays_told(dupont, send):
    sent = send(to=(DR, "ok@hopital.mssante.example"), ago=timedelta(days=4))
    row, fine = sent.recipients.order_by("pk")
    with pytest.raises(Refused):
        correct(row, OTHER, mailbox=dupont)
    assert sent.recipients.count() == 2, "it had not failed"
    Recipient.objects.filter(pk=row.pk).update(state="failed", reply_code=550, reply_enhanced="5.1.1")
    for typed in ("nobody", "x@gmail.example", DR, "OK@hopital.mssante.example"):
        with pytest.raises(Refused):
            correct(row, typed, mailbox=dupont)
    new = correct(row, f" {OTHER.upper()} ", mailbox=dupont)
    row.refresh_from_db()
    assert (row.state, row.replaced_by, row.reply_code) == ("failed", new.pk, 550)
    new.refresh_from_db()
    assert (new.address, new.state, new.submission_id) == (OTHER, "queued", sent.pk)
    assert new.retried_at is not None, "its ladder begins now"
    assert AuditEvent.objects.filter(action="recipient.correct", subject_id=str(row.pk)).count() == 1
    assert not submit.try_again(row), "nothing leaves any more for the wrong one"
    with pytest.raises(Refused):
        correct(row, "third@hopital.mssante.example", mailbox=dupont)
    fine.refresh_from_db()
    assert fine.state == "queued"


def test_acts_on_recipients_hold_the_mailbox_first_and_meet_it_as_it_is_now(dupont, send):
    """Destroying and suspending take them in that order: what they did meanwhile is met, and answered."""
    sent = send()
    row = sent.recipients.get()
    Recipient.objects.filter(pk=row.pk).update(state="failed")
    row.refresh_from_db()
    acts = (
        lambda: submit.try_again(row), lambda: correct(row, OTHER, mailbox=dupont), lambda: submit.cancel_recipient(row),
        lambda: submit.postpone(sent, at=timezone.now()),
    )  # fmt: skip
    Mailbox.objects.filter(pk=dupont.pk).update(state="suspended")
    for act in acts[:2]:
        with CaptureQueriesContext(connection) as said:
            assert _done(act) is False, "a mailbox that is suspended sends nothing more"
        locks = [query["sql"] for query in said if " FOR " in query["sql"]]
        assert "FROM mailbox_mailbox m" in locks[0], locks
    Mailbox.objects.filter(pk=dupont.pk).update(state="active")
    store.remove(dupont, [sent.copy.pk])
    assert [_done(act) for act in acts] == [False] * 4, "it was destroyed meanwhile"


def _done(act) -> bool:
    try:
        return bool(act())
    except Refused:
        return False


def test_what_leaves_is_refused_by_a_mailbox_that_was_closed_or_filled_since(dupont, send):
    for column, value in (("state", "suspended"), ("used_bytes", dupont.quota_bytes)):
        Mailbox.objects.filter(pk=dupont.pk).update(**{column: value})  # `dupont` was read before
        with pytest.raises(Refused):
            send()
        Mailbox.objects.filter(pk=dupont.pk).update(state="active", used_bytes=0)
    assert not Recipient.objects.exists() and not Following.objects.exists()


def test_an_instance_that_sent_before_is_told_what_it_waits_for(dupont, send):
    fill = import_module("mailbox.migrations.0009_following").FILL
    first, other = send(ago=timedelta(days=4)), send(ago=timedelta(days=100), number=2)
    newer, answered = send(thread=first.message.thread_id, ago=timedelta(days=2), number=3), send(number=4)
    store.file(dupont, [replace(filing(letter(), thread_id=answered.message.thread_id), filed_at=timezone.now())])
    Following.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(fill)
        cursor.execute(fill)
    assert {row.pk: row.waits for row in Following.objects.all()} == {
        first.pk: False, newer.pk: True, other.pk: False, answered.pk: False,
    }  # fmt: skip
    assert Following.objects.get(pk=answered.pk).answered_at
