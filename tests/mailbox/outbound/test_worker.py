"""What is unknown is temporary and holds nobody else; the list of now decides; two workers never take one row."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic, sleep

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox import whitelist
from mailbox.models import Blob, Domain, Mailbox, Message, Recipient, Submission
from mailbox.outbound import queue, submit, transport, worker
from mailbox.outbound.transport import Connection, _reply
from mailbox.reply import LOCAL_ERROR, Reply
from mailbox.trust import policy
from mssweb.audit.models import AuditEvent
from tests import peers
from tests.mailbox.outbound.conftest import DR, states
from tests.rival import another_connection

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
CANARY = "apixaban"


def boom(*args: object, **how: object) -> None:
    raise RuntimeError(CANARY)


def due_again() -> None:
    Recipient.objects.update(not_before=timezone.now())


def test_an_error_nobody_foresaw_is_451_delays_and_its_words_are_in_no_log(hospital, send, monkeypatch, caplog):
    monkeypatch.setattr(Connection, "send", boom)
    submission = send(DR)
    worker.send_due(timezone.now())
    row = submission.recipients.get()
    assert (row.state, row.reply_code, row.reply_text) == ("delayed", LOCAL_ERROR.code, LOCAL_ERROR.text)
    assert str(submission.pk) in caplog.text
    assert CANARY not in caplog.text


def test_a_letter_that_does_not_open_delays_and_the_others_leave(hospital, send):
    broken, sound = send(f"a@{peers.HOSPITAL}"), send(f"b@{peers.HOSPITAL}")
    Blob.objects.filter(pk=broken.message.blob_id).update(box=b"\2\1altered")
    worker.send_due(timezone.now())
    assert [*states(broken).values(), *states(sound).values()] == ["delayed", "relayed"]


def test_what_the_peer_said_is_settled_even_when_the_copy_in_sent_does_not_open(hospital, send, dupont):
    other = f"autre@{peers.HOSPITAL}"
    hospital.say[f"RCPT {DR}"] = "550 5.1.1 unknown"
    submission = send(DR, other)
    Message.objects.filter(pk=submission.message_id).update(summary_box=b"\1\1altered")
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "failed", other: "relayed"}
    assert Message.objects.filter(mailbox=dupont, folder__role="inbox").count() == 1


def test_a_neighbour_that_cannot_be_filed_delays_and_the_others_leave(hospital, send, annes_box, monkeypatch):
    here, there = send(annes_box.address), send(DR)
    monkeypatch.setattr(worker.store, "file", boom)
    worker.send_due(timezone.now())
    assert [*states(here).values(), *states(there).values()] == ["delayed", "relayed"]
    monkeypatch.undo()
    due_again()
    worker.send_due(timezone.now())
    assert Message.objects.filter(mailbox=annes_box).count() == 1


def test_a_neighbour_whose_mailbox_is_full_receives_it_once_there_is_room(hospital, send, annes_box):
    Mailbox.objects.filter(pk=annes_box.pk).update(quota_bytes=100)
    submission = send(annes_box.address)
    worker.send_due(timezone.now())
    row = submission.recipients.get()
    assert (row.state, row.reply_code, row.reply_enhanced) == ("delayed", 452, "4.2.2")
    assert not Message.objects.filter(mailbox=annes_box).exists()
    Mailbox.objects.filter(pk=annes_box.pk).update(quota_bytes=10**6)
    due_again()
    worker.send_due(timezone.now())
    assert states(submission) == {annes_box.address: "delivered"}


def test_a_connection_that_failed_in_an_unknown_way_is_not_spoken_to_again(hospital, send, monkeypatch):
    """It may stand in the middle of a transaction: the next letter would be refused for good (503)."""
    monkeypatch.setattr("mailbox.outbound.client.Client.content", boom)
    submission = send(DR)
    worker.send_due(timezone.now())
    monkeypatch.undo()
    other = send(f"autre@{peers.HOSPITAL}")
    worker.send_due(timezone.now())
    assert [*states(submission).values(), *states(other).values()] == ["delayed", "relayed"]


@pytest.mark.parametrize(
    ("code", "said", "reply"),
    [
        (250, b"2.0.0 OK", Reply(250, "2.0.0", "OK")),
        (-1, b"5.1.1 no code", Reply(451, "5.1.1", "no code")),
        (999, b"beyond", Reply(451, "", "beyond")),
        (250, b"2.0.0 OK\0\x1b[2J\xff", Reply(250, "2.0.0", "OK [2J\N{REPLACEMENT CHARACTER}")),
        (550, b"x" * 900, Reply(550, "", "x" * 500)),
    ],
)
def test_what_a_peer_says_is_kept_as_printable_words_under_a_code_of_smtp(code, said, reply):
    assert _reply(code, said) == reply


def test_a_peer_that_accepts_in_strange_words_is_a_known_success(hospital, send):
    hospital.say["DATA"] = "250 2.0.0 OK\0"
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_what_a_peer_accepted_is_settled_once_the_database_is_back(hospital, send, monkeypatch, fault):
    """A known success must not wait for its lease to end: it would leave a second time."""
    monkeypatch.setattr(worker, "_SETTLE_AGAIN_SECONDS", (0.01,) * 3)
    faults, write = [fault("canari"), fault("canari")], worker._write
    monkeypatch.setattr(worker, "_write", lambda *given: raise_it(faults.pop()) if faults else write(*given))
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}
    due_again()
    worker.send_due(timezone.now())
    assert len(hospital.received) == 1


def raise_it(error: Exception) -> None:
    raise error


def test_a_settlement_that_files_a_report_holds_the_mailbox_before_its_recipients(hospital, send, dupont, monkeypatch):
    """Filing takes them in that order: the other way round, a report that arrives meanwhile makes a ring with it."""
    hospital.say["RCPT"] = "550 5.1.1 unknown"
    submission = send(DR)
    held, write = [], worker._write

    def look(*given: object) -> bool:
        with another_connection() as other, pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT id FROM mailbox_mailbox FOR NO KEY UPDATE NOWAIT")
        held.append(True)
        return write(*given)

    monkeypatch.setattr(worker, "_write", look)
    worker.send_due(timezone.now())
    assert (held, states(submission)) == ([True], {DR: "failed"})


def test_a_neighbour_whose_domain_is_closed_receives_nothing(hospital, send, annes_box, domain):
    submission = send(annes_box.address)
    Domain.objects.filter(pk=domain.pk).update(state="closed")
    worker.send_due(timezone.now())
    assert states(submission) == {annes_box.address: "failed"}


@pytest.mark.parametrize("said", [b"421 4.3.2 too busy\r\n", b"250-" + b"x" * 70_000 + b"\r\n", b"250-x\r\n" * 20_000])
def test_a_host_too_busy_to_tell_what_it_offers_or_that_never_ends_is_tried_again(trust, send, settings, said):
    with speaking(said) as port:
        settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{port}"
        submission = send(DR)
        worker.send_due(timezone.now())
    assert states(submission) == {DR: "delayed"}


def test_a_long_answer_is_an_answer(hospital, send):
    hospital.say["DATA"] = "250 2.0.0 " + "x" * 30_000
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}


@contextmanager
def speaking(said: bytes) -> Iterator[int]:
    """A host that greets, then answers everything so."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def serve() -> None:
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    client.sendall(b"220 mx.peer\r\n")
                    while client.recv(1000):
                        client.sendall(said)

        thread.submit(serve)
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_kept_connection_that_drips_is_given_up_quickly(hospital, send, monkeypatch):
    monkeypatch.setattr(transport, "_NOOP_SECONDS", 0.3)
    send(DR)
    worker.send_due(timezone.now())
    [held] = worker._connections.values()
    held.used_at -= 5

    async def drip(self, server, session, envelope, *args):
        for _ in range(100):
            await server.push("250-x")
            await asyncio.sleep(0.1)
        return "250 OK"

    monkeypatch.setattr(type(hospital), "handle_NOOP", drip, raising=False)
    started = monotonic()
    submission = send(DR)
    worker.send_due(timezone.now())
    assert monotonic() - started < 3
    assert states(submission) == {DR: "relayed"}, "over a new connection"


def test_trying_one_recipient_again_leaves_the_others_their_time(hospital, send):
    """Else those that wait would start their two days again with it."""
    hospital.say["RCPT"] = "451 4.0.0 later"
    submission = send(DR, other := f"autre@{peers.HOSPITAL}")
    worker.send_due(timezone.now())
    Submission.objects.update(submitted_at=(begun := timezone.now() - timedelta(hours=60)))
    Recipient.objects.filter(address=DR).update(state="failed")
    assert submit.try_again(submission.recipients.get(address=DR))
    Recipient.objects.update(not_before=timezone.now(), attempts=7)
    worker.send_due(timezone.now())
    waits = {row.address: row.not_before - timezone.now() for row in submission.recipients.all()}
    assert waits[DR] > timedelta(hours=7), "the ladder of the one that was tried again starts there"
    assert waits[other] < timedelta(minutes=2), "this one's eighth hour was long ago"
    assert Submission.objects.get().submitted_at == begun


def test_an_act_that_came_too_late_is_not_told(hospital, send):
    stale = send(DR).recipients.get()
    worker.send_due(timezone.now())
    assert not submit.cancel_recipient(stale)
    assert not AuditEvent.objects.filter(action="recipient.cancel").exists()


def test_nothing_leaves_by_a_list_that_is_too_old(hospital, send, settings):
    submission = send(DR)
    settings.WHITE_LIST_MAX_AGE_DAYS = -1
    worker.send_due(timezone.now())
    row = submission.recipients.get()
    assert (row.state, row.reply_text) == ("delayed", policy.OUR_LIST_UNAVAILABLE.text)
    assert hospital.received == [] and hospital.connections == 0, "nobody is even called"


def test_a_domain_that_leaves_the_list_receives_nothing_more_even_over_a_kept_connection(trust, hospital, send):
    send(DR)
    worker.send_due(timezone.now())
    submission = send(DR)
    left = [row for row in trust.rows() if row.name != peers.HOSPITAL]
    whitelist.load(trust.document(rows=left), now=timezone.now())
    whitelist.forget()
    worker.send_due(timezone.now())
    assert len(hospital.received) == 1
    assert states(submission) == {DR: "failed"}
    assert submission.recipients.get().reply_text == policy.PEER_NOT_LISTED.text


def test_a_row_that_another_worker_is_taking_is_passed_over_and_not_waited_for(hospital, send):
    send(DR)
    with another_connection() as other:
        other.execute("SELECT id FROM mailbox_recipient FOR UPDATE")
        assert worker.send_due(timezone.now()) == 0
    assert worker.send_due(timezone.now()) == 1


@pytest.mark.parametrize("secured", [False, True])
def test_a_host_that_drips_is_cut_and_its_letter_waits(hospital, send, trust, settings, monkeypatch, secured):
    """Each byte is within the timeout of a read: only a limit for the whole ends it."""
    monkeypatch.setattr(transport, "_WHOLE_SECONDS", 0.5)

    async def drip(self, server, session, envelope, *args):
        for _ in range(100):
            await server.push(f"250-{'x' * 5}")
            await asyncio.sleep(0.1)
        return "250 2.0.0 OK"

    with dripping_banner() as port:
        if not secured:
            settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{port}"
        monkeypatch.setattr(type(hospital), "handle_MAIL", drip, raising=False)
        submission, started = send(DR), monotonic()
        worker.send_due(timezone.now())
    assert monotonic() - started < 3
    assert states(submission) == {DR: "delayed"}


@contextmanager
def dripping_banner() -> Iterator[int]:
    """A host whose greeting never ends."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def serve() -> None:
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    for _ in range(100):
                        client.send(b"2")
                        sleep(0.05)

        thread.submit(serve)
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_what_a_slow_host_left_no_time_for_is_given_back_untried(hospital, send, monkeypatch):
    """Else its lease would end while it is being sent, and another worker would send it too."""
    monkeypatch.setattr(worker, "_START_SECONDS", -1.0)
    submissions = [send(f"{name}@{peers.HOSPITAL}") for name in "abc"]
    seen, real = [], queue.give_back
    monkeypatch.setattr(queue, "give_back", lambda group, *given: seen.append(len(group)) or real(group, *given))
    assert worker.send_due(timezone.now()) == 3
    assert seen == [1, 1, 1], "two were given back, then one"
    assert [*Recipient.objects.values_list("state", "attempts")] == [("relayed", 1)] * 3
    assert len(hospital.received) == len(submissions)


def test_a_worker_that_stood_still_until_its_lease_ends_sends_nothing(hospital, send, monkeypatch):
    """Another one has the row by then: both would send it."""
    submission, real = send(DR), worker.blobs.read
    monkeypatch.setattr(worker, "_LEASE", timedelta(minutes=4, seconds=0.2))
    monkeypatch.setattr(worker.blobs, "read", lambda *given: (sleep(0.3), real(*given))[1])
    worker.send_due(timezone.now())
    assert (states(submission), hospital.received) == ({DR: "delayed"}, [])
    monkeypatch.undo()
    due_again()
    worker.send_due(timezone.now())
    assert (states(submission), len(hospital.received)) == ({DR: "relayed"}, 1)


def test_a_submission_destroyed_after_its_claim_holds_no_other(hospital, send, monkeypatch):
    gone, sound = send(f"a@{peers.HOSPITAL}"), send(f"b@{peers.HOSPITAL}")
    real = worker._transactions
    monkeypatch.setattr(
        worker, "_transactions", lambda claimed: (Submission.objects.filter(pk=gone.pk).delete(), real(claimed))[1]
    )
    worker.send_due(timezone.now())
    assert states(sound) == {f"b@{peers.HOSPITAL}": "relayed"}
    assert [to for _, [to], _ in hospital.received] == [f"b@{peers.HOSPITAL}"]


def test_letters_of_a_turn_are_looked_up_together_and_their_bytes_one_by_one(hospital, send):
    for _ in range(5):
        send(DR)
    with CaptureQueriesContext(connection) as said:
        worker.send_due(timezone.now())
    assert len(hospital.received) == 5
    steps = [query["sql"] for query in said]
    assert sum('FROM "mailbox_submission"' in sql for sql in steps) == 1
    assert sum("FROM mailbox_blob" in sql for sql in steps) == 5, "one letter in memory at a time"
