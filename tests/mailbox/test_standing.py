"""Where threads stand: since when they wait, for whom, and the copies that lists read, whatever the order of filing."""

import random
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from mailbox import standing, store, store_rows
from mailbox.models import FolderThread, Patient, Thread, ThreadEvent, ThreadPatient
from tests.depth import variant
from tests.mailbox.test_store import NOW, filing, letter

OUT = {"folder_role": "sent", "direction": "out"}
PATIENT = "Jean <279035121518989@patient.mssante.fr>"


def told(thread_id) -> list[tuple]:
    thread = Thread.objects.get(pk=thread_id)
    rank = {"open": 0, "waiting": 1, "done": 2}[thread.status]
    rows = FolderThread.objects.filter(thread=thread).order_by("folder__position")
    copies = {(r.rank, r.assigned_to_id, r.waits_since) for r in rows}
    assert copies == {(rank, thread.assigned_to_id, thread.waits_since)}, "each list row says what the thread is"
    return [thread.status, thread.waits_since and round((thread.waits_since - NOW).total_seconds() / 60)]


def reckoned(mailbox, thread_id) -> list[tuple]:
    with connection.cursor() as cursor:
        store_rows.rebuild(cursor, mailbox.pk, [thread_id])
    return told(thread_id)


def test_a_thread_waits_since_its_oldest_letter_that_nobody_answered(dupont):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    store.file(dupont, [filing(letter("Re: Ordonnance", message_id="2@x", refs=["1@x"]), 1)])
    assert told(first.thread_id) == ["open", 0]
    store.file(dupont, [filing(letter("Re: Ordonnance", message_id="3@x", refs=["2@x"]), 2, **OUT)])
    assert told(first.thread_id) == ["waiting", None]
    store.file(dupont, [filing(letter("Re: Ordonnance", message_id="4@x", refs=["3@x"]), 3)])
    assert told(first.thread_id) == ["open", 3]
    event = ThreadEvent.objects.get()
    assert (event.verb, event.word, event.actor) == ("reopened", "waiting", None)


def test_an_exchange_that_its_author_ends_is_done_unless_that_was_taken_back_and_a_letter_reopens_it(dupont):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    last = letter("Re: O", message_id="2@x", refs=["1@x"]).replace(b"Date:", b"X-MSS-MES: FIN\r\nDate:")
    [undone] = store.file(dupont, [filing(last, 1, **OUT)])
    assert told(first.thread_id) == ["done", None]
    store.remove(dupont, [undone.pk])
    assert told(first.thread_id) == ["open", 0]
    store.file(dupont, [filing(last, 1, **OUT)])
    assert told(first.thread_id) == ["done", None]
    store.file(dupont, [filing(letter("Re: O", message_id="3@x", refs=["1@x"]), 2)])
    assert told(first.thread_id) == ["open", 2]


def test_a_letter_that_came_before_done_was_said_and_was_filed_after_is_not_forgotten(dupont):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    Thread.objects.filter(pk=first.thread_id).update(
        status="done", done_at=NOW + timedelta(minutes=9), waits_since=None
    )
    store.file(dupont, [filing(letter("Re: O", message_id="3@x", refs=["1@x"]), 8)])
    assert told(first.thread_id) == reckoned(dupont, first.thread_id) == ["open", 8]


def test_a_machine_waits_for_no_answer_its_receipt_or_its_absence_reopens_nothing(dupont):
    receipt = (
        letter(message_id="r@x", refs=["1@x"]).replace(
            b"Date:",
            b"MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b; report-type=disposition-notification\r\nDate:",
        )
        + b"--b\r\n\r\nLu\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x; displayed\r\n--b--\r\n"
    )
    [sent] = store.file(dupont, [filing(letter(message_id="1@x"), **OUT)])
    store.file(dupont, [filing(receipt, 1, mail_from="")])
    assert told(sent.thread_id) == ["waiting", None]
    absent = letter("Absent", message_id="a@x", refs=["1@x"]).replace(
        b"Date:", b"Auto-Submitted: auto-replied; x\r\nDate:"
    )
    for n, mail_from in enumerate(("", "dr@x.example")):
        store.file(dupont, [filing(absent.replace(b"a@x", b"a%d@x" % n), 1, mail_from=mail_from)])
        assert told(sent.thread_id) == reckoned(dupont, sent.thread_id) == ["waiting", None], (
            "an absence asks for nothing"
        )
    [first] = store.file(dupont, [filing(absent.replace(b"1@x", b"0@x"), 1)])
    assert told(first.thread_id) == ["open", None], "alone it is there to be read"
    failed = receipt.replace(b"disposition-notification", b"delivery-status")
    failed = failed.replace(b"<r@x>", b"<e@x>").replace(b"MIME-V", b"Auto-Submitted: auto-replied\r\nMIME-V")
    store.file(dupont, [filing(failed, 2, mail_from="")])
    assert told(sent.thread_id)[0] == "open", "a failure does, though Postfix says auto-replied"
    Thread.objects.filter(pk=sent.thread_id).update(status="waiting")
    store.file(dupont, [filing(letter("Non remis", message_id="f@x", refs=["1@x"]), 2, mail_from="")])
    assert told(sent.thread_id) == reckoned(dupont, sent.thread_id) == ["open", None]


def test_an_answer_that_was_taken_back_leaves_its_thread_to_be_done(dupont):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    [sent] = store.file(dupont, [filing(letter("Re: O", message_id="2@x", refs=["1@x"]), 1, **OUT)])
    store.remove(dupont, [sent.pk])
    assert told(first.thread_id) == ["open", 0]


def test_an_answer_that_left_and_was_destroyed_since_was_an_answer(dupont):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    [sent] = store.file(dupont, [filing(letter("Re: O", message_id="2@x", refs=["1@x"]), 1, **OUT)])
    store.remove(dupont, [sent.pk], was_sent=True)
    assert told(first.thread_id) == ["waiting", None]


@pytest.mark.parametrize("seed", [3, *map(variant, range(4, 40))])
def test_whatever_the_order_of_filing_it_is_what_the_messages_say(dupont, seed):
    rng = random.Random(seed)
    minutes = list(range(8))
    rng.shuffle(minutes)
    thread_id = None
    while minutes:
        lot = [minutes.pop() for _ in range(min(len(minutes), rng.choice([1, 1, 2])))]
        filings = [
            filing(letter(message_id=f"{n}@x", refs=["root@x"]), n, **(OUT if rng.random() < 0.4 else {})) for n in lot
        ]
        thread_id = store.file(dupont, filings)[0].thread_id
        assert told(thread_id) == reckoned(dupont, thread_id)


def test_a_thread_is_of_a_patient_by_its_correspondent_or_by_who_it_is_about(dupont):
    first, other = store.file(
        dupont, [filing(letter(message_id="1@x", sender=PATIENT)), filing(letter("INR", message_id="2@x"), 1)]
    )
    rows = FolderThread.objects
    assert [rows.get(thread=m.thread_id).has_patient for m in (first, other)] == [True, False]
    patient = Patient.objects.create(mailbox=dupont, box=b"x")
    ThreadPatient.objects.create(mailbox=dupont, thread_id=other.thread_id, patient=patient)
    with connection.cursor() as cursor:
        store_rows.patients_changed(cursor, dupont.pk, [other.thread_id])
    assert rows.get(thread=other.thread_id).has_patient
    store.file(dupont, [filing(letter("Re: INR", message_id="3@x", refs=["2@x"]), 2)])
    assert reckoned(dupont, other.thread_id) and rows.get(thread=other.thread_id).has_patient


def test_a_row_knows_the_bytes_that_its_folder_has(dupont):
    first, second = store.file(
        dupont, [filing(letter(message_id="1@x")), filing(letter(message_id="2@x", refs=["1@x"], body="x" * 999), 1)]
    )
    row = FolderThread.objects.get()
    assert row.size == first.size + second.size
    reckoned(dupont, first.thread_id)
    assert FolderThread.objects.get().size == row.size


def test_nothing_is_said_of_threads_of_another_mailbox(dupont, annes_box):
    [mine] = store.file(annes_box, [filing(letter(message_id="1@x"))])
    Thread.objects.filter(pk=mine.thread_id).update(status="done")
    with connection.cursor() as cursor:
        standing.show(cursor, dupont.pk, [mine.thread_id])
    assert FolderThread.objects.get(thread=mine.thread_id).rank == 0


def test_what_was_filed_before_there_was_a_status_is_told_by_the_migration(dupont):
    """Done after a month without a letter; who waits is counted from the last day on."""
    now = timezone.now()
    minutes = [(now - NOW - timedelta(hours=hours)).total_seconds() // 60 for hours in (1, 50, 24 * 40)]
    fresh, late, old = store.file(dupont, [filing(letter(message_id=f"{n}@x"), m) for n, m in enumerate(minutes)])
    [answered] = store.file(dupont, [filing(letter(message_id="9@x"), minutes[0])])
    store.file(dupont, [filing(letter(message_id="8@x", refs=["9@x"]), minutes[0] + 1, **OUT)])
    before = {row.pk: row.size for row in FolderThread.objects.all()}
    Thread.objects.update(status="open", waits_since=None, answered_at=None)
    FolderThread.objects.update(rank=0, waits_since=None, size=0)
    with connection.cursor() as cursor:
        cursor.execute(import_module("mailbox.migrations.0003_triage").FILL)
    threads = {m.pk: Thread.objects.get(pk=m.thread_id) for m in (fresh, late, old, answered)}
    assert [threads[m.pk].status for m in (fresh, late, old, answered)] == ["open", "open", "done", "open"]
    assert [threads[m.pk].waits_since for m in (fresh, late, old, answered)] == [fresh.filed_at, None, None, None]
    assert FolderThread.objects.get(thread=old.thread_id).rank == 2
    assert {row.pk: row.size for row in FolderThread.objects.all()} == before
