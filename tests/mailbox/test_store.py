"""Filing: threads, duplicates, counters, shelves. What is filed is there once, in its thread, unread for each."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox import blobs, marks, shelves, store
from mailbox.models import Blob, FolderThread, Mailbox, Membership, Message, SearchEntry, Seen, Thread
from mailbox.summary import open_summary
from tests.rival import another_connection

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


def letter(
    subject="Ordonnance",
    *,
    message_id="a@x",
    refs=(),
    sender="Dr Lemaire <f.lemaire@hopital.mssante.example>",
    body="Bonjour",
):
    references = f"References: {' '.join(f'<{r}>' for r in refs)}\r\n" if refs else ""
    return (
        f"From: {sender}\r\nTo: pharmacie-dupont-paris@officine.mssante.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <{message_id}>\r\n{references}Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\n{body}\r\n"
    ).encode()


def filing(raw: bytes, minutes: int = 0, **fields):
    fields = {"folder_role": "inbox", "direction": "in", "mail_from": "f.lemaire@hopital.mssante.example", **fields}
    return store.Filing(raw=raw, filed_at=NOW + timedelta(minutes=minutes), **fields)


def test_a_letter_is_filed_sealed_and_opens_for_its_mailbox(dupont):
    [message] = store.file(dupont, [filing(letter(body="apixaban 5 mg"))])
    message.refresh_from_db()
    told = open_summary(message, dupont.keys)
    assert (told.subject, told.author.display_name, told.snippet) == ("Ordonnance", "Dr Lemaire", "apixaban 5 mg")
    assert blobs.read(message.blob, dupont) == letter(body="apixaban 5 mg")
    assert b"apixaban" not in bytes(message.summary_box) + bytes(message.blob.box)
    assert (message.uid, message.modseq, message.folder.role, message.thread.message_count) == (1, 1, "inbox", 1)


def test_a_reply_joins_its_thread_by_its_references_in_either_order(dupont):
    first, reply = store.file(
        dupont, [filing(letter(message_id="1@x")), filing(letter("Re: Ordonnance", message_id="2@x", refs=["1@x"]), 1)]
    )
    late_child, late_parent = (
        store.file(dupont, [filing(raw, minutes)])[0]
        for minutes, raw in enumerate(
            [letter("Re: INR", message_id="4@x", refs=["3@x"]), letter("INR", message_id="3@x")]
        )
    )
    assert first.thread_id == reply.thread_id != late_child.thread_id == late_parent.thread_id
    row = FolderThread.objects.get(thread_id=first.thread_id)
    assert (row.newest_id, row.message_count, row.last_at) == (reply.pk, 2, reply.filed_at)


def test_a_reply_without_references_joins_by_subject_only_with_the_same_people_and_no_doubt(dupont):
    [first] = store.file(dupont, [filing(letter("Renouvellement VIAL", message_id="1@x"))])
    stranger = "Dr Autre <autre@clinique.mssante.example>"
    other, fresh, reply = store.file(
        dupont,
        [
            filing(letter("Renouvellement VIAL", message_id="2@x", sender=stranger), 1),
            filing(letter("Renouvellement", message_id="3@x"), 2),
            filing(letter("RE : Renouvellement", message_id="4@x"), 3),
        ],
    )
    assert len({first.thread_id, other.thread_id, fresh.thread_id}) == 3
    assert reply.thread_id == fresh.thread_id
    [late] = store.file(dupont, [filing(letter("Re: Renouvellement", message_id="5@x"), 31 * 24 * 60 * 2)])
    assert late.thread_id != fresh.thread_id


def test_a_reply_by_subject_alone_does_not_join_the_thread_of_another_correspondent(dupont):
    """Each letter has the mailbox itself among its people: that says nothing."""
    [first] = store.file(dupont, [filing(letter("Posologie méthotrexate", message_id="1@x"))])
    other = "Dr Autre <autre@clinique.mssante.example>"
    [reply] = store.file(dupont, [filing(letter("Re: Posologie méthotrexate", message_id="2@x", sender=other), 1)])
    assert reply.thread_id != first.thread_id


def test_a_reply_by_subject_alone_is_filed_beside_a_damaged_message(dupont):
    [first] = store.file(dupont, [filing(letter("Renouvellement", message_id="1@x"))])
    Message.objects.filter(pk=first.pk).update(summary_box=b"\1\1altered")
    [reply] = store.file(dupont, [filing(letter("Re: Renouvellement", message_id="2@x"), 1)])
    assert reply.thread_id != first.thread_id


@pytest.mark.django_db(transaction=True)
def test_what_arrives_waits_for_no_filing_and_makes_no_ring_with_it(dupont):
    with another_connection() as other:
        other.execute("SELECT id FROM mailbox_mailbox FOR KEY SHARE")  # of the foreign key of an arrival being inserted
        [message] = store.file(dupont, [filing(letter())])
    assert message


def test_two_threads_of_one_subject_are_an_ambiguity_and_a_new_thread(dupont):
    one, two = store.file(dupont, [filing(letter(message_id="1@x")), filing(letter(message_id="2@x"), 1)])
    [reply] = store.file(dupont, [filing(letter("Re: Ordonnance", message_id="3@x"), 2)])
    assert len({one.thread_id, two.thread_id, reply.thread_id}) == 3


def test_what_a_peer_sends_again_is_filed_once_per_mailbox(dupont, annes_box):
    source = sha256(b"DATA").digest()
    first, twice = store.file(dupont, [filing(letter(), fingerprint_source=source)] * 2)
    [again] = store.file(dupont, [filing(letter(), fingerprint_source=source)])
    [elsewhere] = store.file(annes_box, [filing(letter(), fingerprint_source=source)])
    assert first and elsewhere and twice is None and again is None
    assert Message.objects.filter(mailbox=dupont).count() == Blob.objects.filter(mailbox=dupont).count() == 1
    assert [entry.message_id for entry in SearchEntry.objects.filter(mailbox=dupont)] == [first.pk], "and found once"


def test_what_takes_longest_is_written_before_the_mailbox_is_locked(dupont):
    with CaptureQueriesContext(connection) as said:
        store.file(dupont, [filing(letter())])
    steps = [query["sql"] for query in said]
    [index] = [n for n, sql in enumerate(steps) if "INTO mailbox_searchentry" in sql]
    [lock] = [n for n, sql in enumerate(steps) if "FOR NO KEY UPDATE" in sql]
    assert index < lock, "another worker that meets us in this mailbox waits for what follows the lock"


def unread(membership) -> int:
    """What the rail tells this member of the inbox."""
    [box] = shelves.boxes(shelves.counted(Membership.objects.filter(pk=membership.pk).select_related("mailbox")))
    return box.inbox.count


def test_each_member_has_an_own_unread_mark_and_sent_mail_has_none(dupont, anne, claire):
    store.file(dupont, [filing(letter()), filing(letter(message_id="b@x"), folder_role="sent", direction="out")])
    assert Seen.objects.filter(seen_at__isnull=True).count() == 3
    membership = dupont.memberships.get(user=claire)
    thread = FolderThread.objects.get(folder__role="inbox").thread
    marks.mark_seen(membership=membership, thread_ids=[thread.pk], now=NOW)
    assert [unread(m) for m in dupont.memberships.exclude(user=claire)] == [1, 1]
    assert unread(membership) == 0
    marks.mark_unseen(membership=membership, thread_ids=[thread.pk], folders=[dupont.folders.get(role="inbox").pk])
    assert unread(membership) == 1


def test_moving_keeps_uids_ascending_and_undo_puts_back_just_what_moved(dupont):
    messages = store.file(dupont, [filing(letter(message_id=f"{i}@x", refs=["0@x"]), i) for i in range(3)])
    inbox, archive = (dupont.folders.get(role=role) for role in ("inbox", "archive"))
    thread_id = messages[0].thread_id
    told = store.move_threads(mailbox=dupont, thread_ids=[thread_id], from_folders=[inbox.pk], to_folder=archive)
    moved = told.threads
    assert set(told.folders.values()) == {inbox.pk}
    assert sorted(moved) == sorted(m.pk for m in messages)
    assert list(Message.objects.filter(folder=archive).order_by("filed_at").values_list("uid", flat=True)) == [1, 2, 3]
    assert [row.folder_id for row in FolderThread.objects.all()] == [archive.pk]
    assert store.move_messages(dupont, moved, inbox) == 3
    assert list(Message.objects.filter(folder=inbox).order_by("uid").values_list("uid", flat=True)) == [4, 5, 6]
    assert Mailbox.objects.get(pk=dupont.pk).modseq == 5


def test_removing_a_message_removes_its_bytes_its_thread_and_its_weight(dupont):
    [message] = store.file(dupont, [filing(letter())])
    assert Mailbox.objects.get(pk=dupont.pk).used_bytes == message.size
    store.remove(dupont, [message.pk])
    assert not (
        Message.objects.exists() or Blob.objects.exists() or Thread.objects.exists() or FolderThread.objects.exists()
    )
    assert Mailbox.objects.get(pk=dupont.pk).used_bytes == 0


def test_a_failure_in_the_middle_files_nothing(dupont, monkeypatch):
    monkeypatch.setattr(store.store_rows, "insert_unread", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.file(dupont, [filing(letter())])
    assert not (Message.objects.exists() or Blob.objects.exists() or Thread.objects.exists())


def test_filing_costs_nine_statements_for_one_letter_or_for_fifty(dupont, annes_box, django_assert_max_num_queries):
    with django_assert_max_num_queries(11):  # BEGIN and COMMIT counted
        store.file(dupont, [filing(letter())])
    pairs = [(box, filing(letter(message_id=f"{i}@x"), i)) for i in range(25) for box in (dupont, annes_box)]
    with django_assert_max_num_queries(11):
        store.file_all(pairs)


def test_what_came_and_what_left_is_told_by_facts_without_words(dupont):
    """ECO.2.4.1, ECO.2.4.2, ECO.2.4.3: presence, flag, software; and whether a receipt is asked for (ECO.3.1.6)."""
    fields = b"X-MSS-NIL: DEV935997\r\nX-MSS-CODECDA: 34112-3\r\nX-MSS-INS: O\r\n"
    asks = b"Disposition-Notification-To: f.lemaire@hopital.mssante.example\r\n"
    raw = letter(message_id="1@x").replace(b"Subject:", fields + asks + b"Subject:")
    came, left, null = store.file(
        dupont, [filing(raw), filing(raw, folder_role="sent", direction="out"), filing(raw, mail_from="")]
    )
    assert (came.nil, came.has_codecda, came.ins_flag, came.receipt) == ("DEV935997", True, "O", "asked")
    assert (left.nil, left.has_codecda, left.ins_flag, left.receipt) == ("DEV935997", True, "O", "")
    assert (null.nil, null.receipt) == ("DEV935997", "")


def test_a_row_of_a_message_is_written_as_it_was_made(dupont):
    """Every column, and words of arrays whatever is in them: the statement is ours."""
    words = ("$flagged", 'a "quoted" \\ one', "{,}")
    [message] = store.file(dupont, [filing(letter(), keywords=words, warnings=("truncated",), is_verified=True)])
    kept = Message.objects.get(pk=message.pk)
    made = {field.attname: getattr(message, field.attname) for field in Message._meta.concrete_fields}
    assert {name: getattr(kept, name) for name in made} == {**made, "summary_box": kept.summary_box}
    assert (kept.keywords, bytes(kept.summary_box)) == (list(words), bytes(message.summary_box))
    message.size += 1
    message.save()  # it is known to be there
    assert Message.objects.get(pk=message.pk).size == kept.size + 1
