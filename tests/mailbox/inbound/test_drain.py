"""Ingestion: each arrival is filed once whatever happens; what cannot be dissected is still shown."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from mailbox import blobs, senders, store
from mailbox.inbound import drain as module
from mailbox.inbound.drain import drain
from mailbox.inbound.envelope import Envelope, pack, unpack
from mailbox.mime.parse import parse
from mailbox.models import Arrival, Blob, Message
from mailbox.reply import Temporary
from mailbox.summary import open_summary
from mssweb import crypto
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import letter
from tests.rival import another_connection

DR = "f.lemaire@hopital.mssante.example"


def arrive(mailbox, raw: bytes, *, mail_from: str = DR, attempts: int = 0, peer=(), **asked) -> Arrival:
    now = timezone.now()
    row = Arrival(mailbox=mailbox, arrived_at=now, due_at=now, size=len(raw), attempts=attempts)
    envelope = Envelope(mail_from, mailbox.address, "mx.peer", sha256(raw).hexdigest(), peer=peer, **asked)
    row.box = crypto.seal_to(bytes(mailbox.public_key), pack(envelope, raw), f"arrival:{mailbox.pk}:{row.pk}")
    row.save(force_insert=True)
    return row


def test_envelope_and_bytes_travel_together():
    envelope = Envelope("é@x", "y@z", "mx", "00", smtputf8=True, peer=(("CN", "mx.x"), ("O", "x")))
    assert unpack(pack(envelope, b"\x00raw")) == (envelope, b"\x00raw")
    asked = replace(envelope, notify="SUCCESS,DELAY", orcpt="rfc822;y@z", envid="a b", ret="FULL")
    assert unpack(pack(asked, b"raw")) == (asked, b"raw")


def test_an_envelope_that_was_sealed_before_reports_could_be_asked_for_still_opens():
    told = {"mail_from": "a@x", "rcpt_to": "y@z", "helo": "mx", "data_sha256": "00", "smtputf8": False, "peer": []}
    head = json.dumps(told).encode()
    assert unpack(len(head).to_bytes(4) + head + b"raw") == (Envelope("a@x", "y@z", "mx", "00"), b"raw")


def test_an_arrival_becomes_a_message_and_is_dropped(dupont):
    arrive(dupont, letter(body="apixaban"))
    assert drain(timezone.now()) == 1
    assert not Arrival.objects.exists()
    message = Message.objects.get()
    assert (message.is_verified, message.folder.role) == (True, "inbox")
    assert blobs.read(message.blob, dupont) == letter(body="apixaban")
    assert drain(timezone.now()) == 0


def test_a_blocked_sender_of_ordinary_mail_is_filed_among_the_undesired_and_one_of_the_trust_space_never(
    dupont, claire, trust
):
    here = dupont.memberships.select_related("user").get(user=claire)
    promo = "Promo <promo@vendeur.example>"
    senders.block(here, "promo@vendeur.example", now=timezone.now())
    with pytest.raises(senders.Trusted):
        senders.block(here, DR, now=timezone.now())
    arrive(dupont, letter("a", message_id="1@x", sender=promo), mail_from="bounce@vendeur.example")
    arrive(dupont, letter("b", message_id="2@x", sender="X <x@vendeur.example>"), mail_from="promo@vendeur.example")
    arrive(dupont, letter("c", message_id="3@x"))
    assert drain(timezone.now()) == 3
    roles = Message.objects.order_by("filed_at").values_list("folder__role", flat=True)
    assert list(roles) == ["spam", "spam", "inbox"]


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


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, Temporary])
def test_a_database_or_a_store_that_is_away_is_no_fault_of_the_letters(dupont, monkeypatch, fault):
    for name in "ab":
        arrive(dupont, letter(message_id=f"{name}@x"))
    monkeypatch.setattr(store, "file_all", lambda _: (_ for _ in ()).throw(fault()))
    for outage in range(5):
        assert drain(timezone.now() + timedelta(minutes=3 * outage)) == 0
    assert [*Arrival.objects.values_list("attempts", flat=True)] == [0, 0]
    assert Arrival.objects.filter(due_at__gt=timezone.now()).count() == 2, "not at once"
    monkeypatch.undo()
    assert drain(timezone.now() + timedelta(minutes=30)) == 2
    assert not any(Message.objects.values_list("warnings", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_database_that_takes_a_moment_to_come_back_charges_nobody(dupont, monkeypatch, count):
    """What was being filed failed, and so does giving it back, until the database is there again."""
    for name in range(count):
        arrive(dupont, letter(message_id=f"{name}@x"))
    file_all = store.file_all
    down, update = [OperationalError(), InterfaceError()], QuerySet.update
    monkeypatch.setattr(module, "_GIVE_BACK_AGAIN_SECONDS", (0.001,) * 3)
    monkeypatch.setattr(store, "file_all", lambda _: raise_it(OperationalError()))
    monkeypatch.setattr(QuerySet, "update", lambda *a, **given: raise_it(down.pop()) if down else update(*a, **given))
    now = timezone.now()
    assert drain(now) == 0
    assert down == []
    assert [*Arrival.objects.values_list("attempts", flat=True)] == [0] * count
    monkeypatch.setattr(store, "file_all", file_all)
    assert drain(now + timedelta(seconds=15)) == count, "soon: no letter is suspected"


@pytest.mark.django_db(transaction=True)
def test_one_that_brings_the_database_down_each_time_holds_the_others_two_minutes_at_most(dupont, monkeypatch):
    """Filing it fails, and giving back what waited fails once, as when the engine starts again."""
    arrivals, file_all, update = (
        [arrive(dupont, letter(message_id=f"{n}@x")) for n in range(6)],
        store.file_all,
        QuerySet.update,
    )
    down: list[Exception] = []
    monkeypatch.setattr(module, "_GIVE_BACK_AGAIN_SECONDS", (0.001,) * 3)
    monkeypatch.setattr(QuerySet, "update", lambda *a, **given: raise_it(down.pop()) if down else update(*a, **given))

    def crash(pairs):
        if any(b"<0@x>" in filing.raw for _, filing in pairs) or down:
            down[:] = [OperationalError()]
            raise OperationalError
        return file_all(pairs)

    monkeypatch.setattr(store, "file_all", crash)
    Arrival.objects.update(arrived_at=timezone.now() - timedelta(minutes=3))
    start = timezone.now()
    assert sum(drain(start + timedelta(seconds=seconds)) for seconds in (0, 15, 30, 45, 60)) >= 3
    assert Arrival.objects.filter(pk=arrivals[0].pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_come_back_leaves_its_letters_charged_once_to_their_lease(dupont, monkeypatch):
    arrive(dupont, letter())
    now, update = timezone.now(), QuerySet.update
    monkeypatch.setattr(module, "_GIVE_BACK_AGAIN_SECONDS", (0.001,) * 3)
    monkeypatch.setattr(store, "file_all", lambda _: raise_it(OperationalError()))
    monkeypatch.setattr(QuerySet, "update", lambda *_, **__: raise_it(OperationalError()))
    with pytest.raises(OperationalError):
        drain(now)
    monkeypatch.setattr(QuerySet, "update", update)
    assert Arrival.objects.get().attempts == 1
    assert Arrival.objects.get().due_at > now + timedelta(minutes=1)


def raise_it(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("fault", [OperationalError, Temporary])
@pytest.mark.parametrize("place", range(3))
def test_one_that_always_finds_the_database_away_holds_no_other(dupont, monkeypatch, fault, place):
    arrivals, file_all = [arrive(dupont, letter(message_id=f"{n}@x")) for n in range(5)], store.file_all

    def refuse(pairs):
        return (
            raise_it(fault()) if any(f"<{place}@x>".encode() in filing.raw for _, filing in pairs) else file_all(pairs)
        )

    monkeypatch.setattr(store, "file_all", refuse)
    assert drain(timezone.now()) == 4
    assert list(Arrival.objects.values_list("pk", "attempts")) == [(arrivals[place].pk, 1)], "claimed alone from now on"
    arrive(dupont, letter(message_id="9@x"))
    assert drain(timezone.now() + timedelta(minutes=3)) == 1


def test_a_store_that_goes_away_between_letters_charges_none_of_those_that_it_keeps_waiting(dupont, monkeypatch):
    for n in range(8):
        arrive(dupont, letter(message_id=f"{n}@x"))
    tried, file_all = [], store.file_all

    def refuse(pairs):
        tried.append(len(pairs))
        return file_all(pairs) if len(tried) in {2, 3} else raise_it(Temporary())

    monkeypatch.setattr(store, "file_all", refuse)
    assert drain(timezone.now()) == 2
    assert tried == [8, 1, 1, 1, 1, 1], "three in a row are not the doing of a letter"
    assert [*Arrival.objects.values_list("attempts", flat=True)] == [0] * 6


def test_several_that_always_find_the_database_away_hold_no_other_either(dupont, monkeypatch):
    for n in range(8):
        arrive(dupont, letter(message_id=f"{n}@x"))
    file_all = store.file_all

    def refuse(pairs):
        bad = any(f"<{n}@x>".encode() in filing.raw for n in range(5) for _, filing in pairs)
        return raise_it(OperationalError()) if bad else file_all(pairs)

    monkeypatch.setattr(store, "file_all", refuse)
    start = timezone.now()
    assert sum(drain(start + timedelta(seconds=seconds)) for seconds in (0, 15, 30, 45, 60)) == 3
    assert Arrival.objects.count() == 5


def test_workers_killed_again_and_again_leave_no_innocent_letter_undissected(dupont):
    """Whoever was killed was filing one letter: only that one is charged, once each was claimed alone."""
    arrivals = [arrive(dupont, letter(message_id=f"{n}@x")) for n in range(4)]
    now = timezone.now()
    claimed = [module._claim(now + timedelta(minutes=3 * killed))[0] for killed in range(4)]
    assert [len(rows) for rows in claimed] == [4, 1, 1, 1]
    assert drain(now + timedelta(minutes=30)) == len(arrivals)
    assert not any(Message.objects.values_list("warnings", flat=True))


def test_the_leases_of_a_long_drain_start_when_they_are_given(dupont, monkeypatch):
    monkeypatch.setattr(module, "_BATCH", 1)
    for name in "ab":
        arrive(dupont, letter(message_id=f"{name}@x"))
    claims, claim = [], module._claim
    monkeypatch.setattr(module, "_claim", lambda now: claims.append(now) or claim(now))
    drain(timezone.now() - timedelta(microseconds=1))
    assert claims == sorted(set(claims))
    assert timezone.now() - claims[-1] < timedelta(seconds=5)


def test_one_that_never_opens_is_told_once_and_tried_ever_more_seldom(dupont):
    stuck = arrive(dupont, letter(message_id="1@x"), attempts=3)
    Arrival.objects.filter(pk=stuck.pk).update(box=b"\x03altered")
    now = timezone.now()
    for _ in range(2):
        Arrival.objects.update(due_at=now)
        drain(now)
    assert AuditEvent.objects.filter(action="arrival.stuck", result="error").count() == 1
    assert Arrival.objects.get().due_at > now + timedelta(minutes=6)
    Arrival.objects.update(due_at=now, attempts=32_767)
    arrive(dupont, letter(message_id="2@x"))
    assert drain(timezone.now()) == 1, "the column is full, the others are filed"


def test_the_copy_of_another_sender_does_not_stand_in_for_the_true_letter(dupont):
    """A recipient of a letter has its bytes: sent from elsewhere first, they must not hide it."""
    arrive(dupont, letter(), mail_from="autre@clinique.mssante.example")
    drain(timezone.now())
    arrive(dupont, letter())
    drain(timezone.now())
    assert [*Message.objects.order_by("filed_at").values_list("is_verified", flat=True)] == [False, True]


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
