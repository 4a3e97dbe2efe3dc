"""Ingestion: each arrival is filed once whatever happens; what cannot be dissected is still shown."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError
from django.utils import timezone

from mailbox import blobs, store
from mailbox.inbound import drain as module
from mailbox.inbound.drain import drain
from mailbox.inbound.envelope import Envelope, pack, unpack
from mailbox.mime.parse import parse
from mailbox.models import Arrival, Blob, Message
from mailbox.summary import open_summary
from mssweb import crypto
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import letter
from tests.rival import another_connection

DR = "f.lemaire@hopital.mssante.example"


def arrive(mailbox, raw: bytes, *, mail_from: str = DR, attempts: int = 0, peer=()) -> Arrival:
    now = timezone.now()
    row = Arrival(mailbox=mailbox, arrived_at=now, due_at=now, size=len(raw), attempts=attempts)
    envelope = Envelope(mail_from, mailbox.address, "mx.peer", sha256(raw).hexdigest(), peer=peer)
    row.box = crypto.seal_to(bytes(mailbox.public_key), pack(envelope, raw), f"arrival:{mailbox.pk}:{row.pk}")
    row.save(force_insert=True)
    return row


def test_envelope_and_bytes_travel_together():
    envelope = Envelope("é@x", "y@z", "mx", "00", smtputf8=True, peer=(("CN", "mx.x"), ("O", "x")))
    assert unpack(pack(envelope, b"\x00raw")) == (envelope, b"\x00raw")


def test_an_arrival_becomes_a_message_and_is_dropped(dupont):
    arrive(dupont, letter(body="apixaban"))
    assert drain(timezone.now()) == 1
    assert not Arrival.objects.exists()
    message = Message.objects.get()
    assert (message.is_verified, message.folder.role) == (True, "inbox")
    assert blobs.read(message.blob, dupont) == letter(body="apixaban")
    assert drain(timezone.now()) == 0


@pytest.mark.parametrize(
    ("sender", "mail_from", "verified"),
    [
        ("Dr <f.lemaire@hopital.mssante.example>", DR, True),
        ("Dr <f.lemaire@HOPITAL.mssante.example>", DR, True),
        ("Dr <autre@clinique.mssante.example>", DR, False),
        ("a@hopital.mssante.example, b@hopital.mssante.example", DR, False),
        ("Dr <f.lemaire@hopital.mssante.example>", "", False),
        ("Dr Lemaire", "", False),
    ],
)
def test_a_name_is_verified_only_when_header_and_envelope_are_of_one_domain(dupont, sender, mail_from, verified):
    arrive(dupont, letter(sender=sender), mail_from=mail_from)
    drain(timezone.now())
    assert Message.objects.get().is_verified is verified


def test_what_a_peer_sends_again_after_a_lost_250_is_filed_once_and_traced(dupont):
    for _ in range(2):
        arrive(dupont, letter())
    drain(timezone.now())
    arrive(dupont, letter())
    drain(timezone.now())
    assert Message.objects.count() == Blob.objects.count() == 1
    assert AuditEvent.objects.filter(action="message.duplicate").count() == 2


def test_one_that_cannot_be_opened_does_not_stop_the_others_and_stays(dupont):
    arrive(dupont, letter(message_id="1@x"))
    broken = arrive(dupont, letter(message_id="2@x"))
    Arrival.objects.filter(pk=broken.pk).update(box=b"\x03altered")
    assert drain(timezone.now()) == 1
    assert list(Arrival.objects.values_list("pk", "attempts")) == [(broken.pk, 1)]
    assert Arrival.objects.get().due_at > timezone.now(), "leased: tried again later"


def test_one_that_nobody_foresaw_holds_no_other_and_its_words_are_in_no_log(dupont, monkeypatch, caplog):
    def choke(raw: bytes):
        if b"canari" in raw:
            raise RuntimeError("canari")
        return parse(raw)

    monkeypatch.setattr(module, "parse", choke)
    poison = arrive(dupont, letter(message_id="1@x", body="canari"))
    arrive(dupont, letter(message_id="2@x"))
    assert drain(timezone.now()) == 1
    assert list(Arrival.objects.values_list("pk", flat=True)) == [poison.pk]
    assert str(poison.pk) in caplog.text
    assert "canari" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_arrival_that_another_worker_is_taking_is_passed_over_and_not_waited_for(dupont):
    arrive(dupont, letter())
    with another_connection() as other:
        other.execute("SELECT id FROM mailbox_arrival FOR UPDATE")
        assert drain(timezone.now()) == 0
    assert drain(timezone.now()) == 1


def test_a_failure_of_the_database_keeps_every_arrival(dupont, monkeypatch):
    arrive(dupont, letter())
    monkeypatch.setattr(store, "file_all", lambda _: (_ for _ in ()).throw(DatabaseError("away")))
    assert drain(timezone.now()) == 0
    monkeypatch.undo()
    assert Arrival.objects.get().attempts == 1
    assert drain(timezone.now() + timedelta(minutes=3)) == 1
    assert Message.objects.count() == 1


def test_after_three_attempts_a_message_is_filed_undissected_with_a_warning(dupont, monkeypatch):
    monkeypatch.setattr(module, "parse", lambda raw: 1 / 0)
    arrive(dupont, letter(body="poison"), attempts=3)
    assert drain(timezone.now()) == 1
    message = Message.objects.get()
    assert message.warnings == ["undissected"]
    assert open_summary(message, dupont.keys).text is None
    assert blobs.read(message.blob, dupont) == letter(body="poison")


@pytest.mark.parametrize("step", ["_thread_up", "_number", "_insert"])
def test_a_worker_killed_at_any_step_of_filing_leaves_nothing_half_done(dupont, monkeypatch, step):
    arrive(dupont, letter())
    monkeypatch.setattr(store, step, lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        drain(timezone.now())
    monkeypatch.undo()
    assert not Message.objects.exists()
    assert not Blob.objects.exists()
    assert drain(timezone.now()) == 0, "leased"
    assert drain(timezone.now() + timedelta(minutes=3)) == 1
    assert Message.objects.count() == 1


def test_large_letters_are_claimed_alone_and_small_ones_together(dupont, monkeypatch):
    """Forty letters of the largest size are never in a worker's memory at once."""
    monkeypatch.setattr(module, "_BATCH_BYTES", 2_000)
    batches, settle = [], module._settle
    monkeypatch.setattr(module, "_settle", lambda batch: batches.append([a.size for a in batch]) or settle(batch))
    large, small = letter(message_id="1@x", body="x" * 3_000), letter(message_id="2@x")
    for raw in (small, large, large.replace(b"1@x", b"3@x"), small.replace(b"2@x", b"4@x")):
        arrive(dupont, raw)
    assert drain(timezone.now()) == 4
    assert batches == [[len(small)], [len(large)], [len(large)], [len(small)]]
