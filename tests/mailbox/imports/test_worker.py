"""What is brought is filed once, where it was, as it was; whatever is killed, and whatever it is."""

import base64
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from mailbox import blobs, draft_files, drafts, store, unsent
from mailbox.imports import desk, worker
from mailbox.imports import unsent as brought
from mailbox.imports.desk import Named, Refused
from mailbox.imports.values import Mark
from mailbox.models import Blob, Draft, Import, ImportPiece, Mailbox, Membership, Message, Seen, Thread
from mailbox.reply import Temporary
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.depth import variant
from tests.mailbox.imports.test_reading import AT, box, mail, tarred, zipped
from tests.mailbox.quarantine.made import photo
from tests.mailbox.test_store import filing, letter

UNREAD = frozenset({Mark.FLAGGED})


def told(row: Import) -> tuple[str, int, int, int]:
    return row.state, row.filed, row.known, row.refused


def test_an_archive_is_filed_on_its_shelves_with_its_dates_and_marks_and_nothing_of_it_stays_elsewhere(
    bring, dupont, anne
):
    data = zipped({"Sent.mbox": box(mail(1)), "Inbox.mbox": box(mail(2), marks=UNREAD), "Labo 2018.mbox": box(mail(3))})
    row = bring(data)
    assert told(row) == ("done", 3, 0, 0)
    sent, inbox, other = Message.objects.filter(mailbox=dupont).order_by("pk")
    assert [m.folder.role for m in (sent, inbox, other)] == ["sent", "inbox", "archive"]
    assert {m.filed_at for m in (sent, inbox, other)} == {AT} and (sent.direction, inbox.direction) == ("out", "in")
    assert (sent.keywords, inbox.keywords) == (["$imported"], ["$imported", "$flagged"])
    assert not any(m.is_verified or m.receipt for m in (sent, inbox, other))
    assert set(Seen.objects.values_list("message", "seen_at")) == {(inbox.pk, None)} and Seen.objects.count() == 3
    assert not ImportPiece.objects.exists() and Blob.objects.count() == 3
    assert blobs.read(inbox.blob, dupont) == mail(2)
    [event] = AuditEvent.objects.filter(action="import.end")
    assert (event.actor, event.facts) == (anne, {"state": "done", "filed": 3, "known": 0, "refused": 0})


def test_what_is_there_is_not_filed_twice_however_it_came(bring, dupont):
    store.file(dupont, [filing(letter(message_id="here@x"), fingerprint_source=b"smtp")])
    data = box(letter(message_id="here@x"), mail(1), mail(2), mail(2))
    assert told(bring(data)) == ("done", 2, 2, 0)
    assert told(bring(tarred({"Sent.mbox": data, "x.eml": letter(message_id="here@x", body="autre")}))) == (
        "done",
        1,
        4,
        0,
    )
    assert Message.objects.filter(mailbox=dupont).count() == 4


def test_an_old_reply_reopens_no_thread_rings_nobody_and_asks_no_receipt(bring, dupont, monkeypatch):
    [first] = store.file(dupont, [filing(letter(message_id="1@x"))])
    Thread.objects.update(status="done")
    rung = []
    monkeypatch.setattr(notify, "all_changed", rung.append)
    raw = letter("Re: Ordonnance", message_id="2@x", refs=["1@x"])
    asking = raw.replace(
        b"\r\n\r\n", b"\r\nDisposition-Notification-To: <f.lemaire@hopital.mssante.example>\r\n\r\n", 1
    )
    bring(asking)
    reply = Message.objects.exclude(pk=first.pk).get()
    assert reply.thread_id == first.thread_id and Thread.objects.get().status == "done" and reply.receipt == ""
    assert [dict(one) for one in rung if one] == [{dupont.pk: None}], "once, when it is over"


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


OTHER_STEPS = ("desk.sealed_faults", "_known", "_settle", "pieces.drop")


@pytest.mark.parametrize("step", ["store.file", "_hold", "_clear", *map(variant, OTHER_STEPS)])
def test_killed_at_any_step_it_goes_on_and_files_everything_once(send, dupont, monkeypatch, step):
    monkeypatch.setattr(worker, "_LOT", 2)
    row = send(zipped({"a.mbox": box(*map(mail, range(3))), "b.mbox": box(*map(mail, range(3, 6)))}))
    where, _, name = step.rpartition(".")
    place = getattr(worker, where) if where else worker
    real, calls = getattr(place, name), []

    def die(*given, **how):
        answer = real(*given, **how)
        calls.append(1)
        if len(calls) == (2 if name in {"file", "_settle", "_hold"} else 1):
            raise Killed
        return answer

    monkeypatch.setattr(place, name, die)
    with pytest.raises(Killed):
        worker.import_due(timezone.now())
    monkeypatch.setattr(place, name, real)
    if name not in {"_clear", "drop"}:
        assert not worker.import_due(timezone.now()), "leased"
    while worker.import_due(timezone.now() + timedelta(minutes=6)):
        pass
    row.refresh_from_db()
    assert told(row) == ("done", 6, 0, 0) and not ImportPiece.objects.exists()
    assert Message.objects.filter(mailbox=dupont).count() == 6 == Blob.objects.count()


def test_cancelled_it_keeps_what_was_filed_and_drops_the_rest(send, dupont, monkeypatch):
    monkeypatch.setattr(worker, "_LOT", 1)
    monkeypatch.setattr(worker, "_TURN_SECONDS", 0)
    row = send(box(*map(mail, range(3))))
    assert worker.import_due(timezone.now()) and desk.cancel(dupont, row.pk, now=timezone.now())
    assert worker.import_due(timezone.now()) and not worker.import_due(timezone.now())
    row.refresh_from_db()
    assert told(row) == ("cancelled", 1, 0, 0) and not ImportPiece.objects.exists()
    assert not desk.cancel(dupont, row.pk, now=timezone.now()), "it is over"


def test_cancelled_while_a_lot_is_read_nothing_of_the_lot_is_filed(send, dupont, monkeypatch):
    row, real = send(box(*map(mail, range(3)))), worker.parse

    def cancelled(raw: bytes):
        desk.cancel(dupont, row.pk, now=timezone.now())
        return real(raw)

    monkeypatch.setattr(worker, "parse", cancelled)
    assert worker.import_due(timezone.now())
    assert not Message.objects.exists() and Import.objects.get().state == "cancelled"


def test_without_room_it_waits_and_goes_on_when_there_is_some(send, bring, dupont, manager):
    row = send(box(*map(mail, range(3))))
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=100)
    worker.import_due(timezone.now())
    row.refresh_from_db()
    assert told(row) == ("full", 0, 0, 0)
    for _ in range(worker._LOST + 1):  # tried again and again while there is no room
        assert desk.resume(dupont, row.pk, now=timezone.now())
        worker.import_due(timezone.now())
    row.refresh_from_db()
    assert (told(row), row.attempts) == (("full", 0, 0, 0), 0), "a full mailbox is no failure of the import"
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=10**6)
    assert desk.resume(dupont, row.pk, now=timezone.now())
    worker.import_due(timezone.now())
    row.refresh_from_db()
    assert told(row) == ("done", 3, 0, 0)
    manager.mailbox.refresh_from_db()
    with pytest.raises(Refused, match="assez de place"):
        desk.begin(manager, [Named("x", 10**7)], now=timezone.now())


def test_a_turn_lasts_as_long_as_it_took_to_come_back_to_its_place(send, monkeypatch):
    row, clock = send(zipped({"all.mbox": box(*map(mail, range(3)))})), iter((0.0, 60.0, 70.0, 110.0, 121.0))
    monkeypatch.setattr(worker, "_LOT", 1)
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(clock, 121.0))
    worker.import_due(timezone.now())
    row.refresh_from_db()
    assert row.filed == 3


def test_a_store_that_is_away_for_long_ends_no_import(send, monkeypatch):
    row, read = send(box(mail(1))), blobs.read_range

    def away(*given):
        raise Temporary

    monkeypatch.setattr(blobs, "read_range", away)
    for hours in range(10):
        worker.import_due(timezone.now() + timedelta(hours=hours))
    monkeypatch.setattr(blobs, "read_range", read)
    worker.import_due(timezone.now() + timedelta(hours=11))
    row.refresh_from_db()
    assert told(row) == ("done", 1, 0, 0)


def test_what_cannot_be_filed_is_refused_alone_and_told_by_its_name_never_its_words(bring, dupont, monkeypatch):
    real = store.file

    def fussy(mailbox, filings):
        if any(b"canari" in one.raw for one in filings):
            raise IntegrityError
        return real(mailbox, filings)

    monkeypatch.setattr(store, "file", fussy)
    row = bring(
        zipped(
            {
                "a.eml": mail(1),
                "b.eml": mail(2, b"canari"),
                "photo.jpg": b"\xff\xd8",
                "c.eml": mail(3),
            }
        )
    )
    assert told(row) == ("done", 2, 0, 2)
    assert [(one.name, one.number, one.fault) for one in desk.faults(dupont, row)] == [
        ("b.eml", 2, "unfiled"), ("photo.jpg", 3, "not_mail"),
    ]  # fmt: skip
    assert b"photo" not in bytes(row.faults_box) + bytes(row.box)


def test_a_draft_becomes_one_of_who_brings_it_once_and_one_of_our_export_is_known(
    bring, dupont, annes_box, anne, manager, monkeypatch
):
    raw = (
        b"To: Dr L <dr@hopital.mssante.example>\r\nBcc: x@y.example\r\nSubject: INR\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>4,8 <b>hier</b></p>"
        b"<script>x</script>\r\n--b\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; filename=bilan.pdf\r\n\r\n%PDF\r\n--b\r\n"
        b"Content-Type: image/jpeg; name=plaie.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(photo()) + b"--b--\r\n"
    )  # fmt: skip
    files = {"Maildir/.Drafts/cur/1.a:2,S": raw, "Maildir/cur/2.b:2,DS": mail(2), "Maildir/cur/3.c:2,S": mail(3)}
    files["Maildir/cur/4.d:2,DS"] = b"Received: from x\r\n" + mail(4)  # says so of itself, and came
    row = bring(zipped(files))
    assert told(row) == ("done", 4, 0, 0) and Message.objects.count() == 2
    draft = Draft.objects.filter(author=anne, files__isnull=False).distinct().get()
    text = drafts.open_text(draft, dupont)
    assert (text.to, text.bcc, text.subject) == ('"Dr L" <dr@hopital.mssante.example>', "x@y.example", "INR")
    assert text.html == "<p>4,8 <b>hier</b></p>" and text.text == "4,8 hier"
    carried = {one.name: one.data for one in draft_files.outgoing(draft, dupont)}
    assert carried["bilan.pdf"] == b"%PDF" and carried["plaie.jpg"].startswith(b"\xff\xd8")
    assert b"Proprietaire" not in carried["plaie.jpg"], "a photo says no more where it was taken, and by whom"
    [ours, theirs] = [one.raw for one in unsent.letters(dupont)]
    assert told(bring(zipped({**files, "Brouillons/1.eml": ours, "Brouillons/2.eml": theirs}))) == ("done", 0, 6, 0)
    elsewhere = Draft.objects.create(mailbox=annes_box, author=anne, box=b"x", updated_at=timezone.now())
    again = b"Message-ID: <%s@%s>\r\n" % (str(elsewhere.pk).encode(), dupont.address.partition("@")[2].encode())
    assert told(bring(zipped({"Drafts/e.eml": again + mail(8)}))) == ("done", 1, 0, 0), (
        "another mailbox's is not this one"
    )
    monkeypatch.setattr(brought, "MOST", 3)
    assert told(bring(zipped({"Drafts/d.eml": mail(9)}))) == ("done", 0, 0, 1)
    assert Draft.objects.filter(mailbox=dupont).count() == 3


def test_a_file_that_is_no_mail_is_one_refusal_and_the_next_one_is_read(bring):
    row = bring(b"%PDF-1.7", mail(1), box(mail(2), mail(3)))
    assert told(row) == ("done", 3, 0, 1)


def test_pieces_follow_each_other_and_two_imports_do_not(manager, dupont, monkeypatch):
    now = timezone.now()
    row = desk.begin(manager, [Named("a", 6)], now=now)
    assert desk.take(dupont, row.pk, 0, 0, b"abc") == 3
    assert desk.take(dupont, row.pk, 0, 0, b"abc") == 3, "sent again after a lost answer"
    assert desk.take(dupont, row.pk, 0, 5, b"f") == 3, "a hole"
    assert not desk.start(dupont, row.pk, now=now), "not whole"
    for wrong in ((0, 3, b"defg"), (1, 0, b"a")):
        with pytest.raises(Refused):
            desk.take(dupont, row.pk, *wrong)
    monkeypatch.setattr(desk, "_SPARE", 1)
    with pytest.raises(Refused, match="trop petits"):
        desk.take(dupont, row.pk, 0, 3, b"d")
    with pytest.raises(Refused, match="déjà en cours"):
        desk.begin(manager, [Named("b", 1)], now=now)
    assert worker.forget(now + timedelta(days=8)) == 1
    assert desk.begin(manager, [Named("b", 1)], now=now)


def test_our_export_brought_into_another_mailbox_gives_the_same_messages_shelves_dates_and_marks(
    bring, dupont, annes_box, anne, manager
):
    from mailbox import archive, marks

    at = AT
    reply = letter("Re: Ordonnance", message_id="2@x", refs=["1@x"], sender=f"Dupont <{dupont.address}>")
    rows = store.file(
        dupont,
        [
            filing(letter(message_id="1@x", body="From here\r\n>From there")),
            filing(reply, folder_role="sent", direction="out"),
            filing(letter(message_id="3@x"), folder_role="archive"), filing(letter(message_id="4@x"), folder_role="trash"),
            filing(letter(message_id="5@x", sender=f"Dupont <{dupont.address}>"), folder_role="archive", direction="out"),
        ],
    )  # fmt: skip
    for keyword, row in zip(
        (marks.FLAGGED, marks.ANSWERED, marks.FORWARDED), rows[:1] + rows[:1] + rows[2:3], strict=True
    ):
        marks.set_keyword(mailbox=dupont, message_ids=[row.pk], keyword=keyword, on=True)
    marks.mark_seen(membership=manager, thread_ids=[rows[2].thread_id], now=at)
    data = b"".join(archive.stream(dupont, timezone.now(), reader=manager))
    assert told(bring(data, piece=100_000)) == ("done", 0, 5, 0), "into itself: all of it is there"
    holder = Membership.objects.select_related("mailbox__key").get(mailbox=annes_box, user=anne)
    assert told(bring(data, piece=100_000, member=holder)) == ("done", 5, 0, 0)
    assert like(annes_box, holder) == like(dupont, manager)


def like(mailbox: Mailbox, member: Membership) -> list[object]:
    return sorted(
        (
            blobs.read(m.blob, mailbox), m.folder.role, m.direction, m.filed_at.replace(microsecond=0),
            sorted(set(m.keywords) - {"$imported"}), Seen.objects.filter(message=m, membership=member, seen_at=None).exists(),
            m.thread.message_count,
        )
        for m in Message.objects.filter(mailbox=mailbox).select_related("blob", "folder", "thread")
    )  # fmt: skip
