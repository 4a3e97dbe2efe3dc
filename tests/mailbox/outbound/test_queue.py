"""Domains have their turn, each a few workers at most; one that does not answer is left alone and its senders are told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from mailbox.models import Blob, Message, Peer, Recipient, Submission
from mailbox.outbound import peers as left_alone
from mailbox.outbound import queue, states, transport, worker
from mailbox.outbound.transport import UNREACHABLE
from mailbox.reply import Reply
from mailbox.summary import open_summary
from tests import peers
from tests.mailbox.outbound.conftest import DR, Hospital, listening
from tests.mailbox.outbound.conftest import states as states_of

LEASE = timedelta(minutes=15)
BUSY, QUIET = "a-occupe.mssante.example", "z-calme.mssante.example"
NOW = timezone.now()


def wait_for(submission: Submission, domain: str, count: int, *, is_local: bool = False) -> None:
    """Rows that are due, as `submit` writes them."""
    Recipient.objects.bulk_create(
        Recipient(mailbox_id=submission.mailbox_id, submission=submission, address=f"x{n}@{domain}", domain=domain,
                  is_local=is_local, state="queued", not_before=NOW)
        for n in range(count)
    )  # fmt: skip


def turns(count: int) -> list[str]:
    """The domains of the next turns, each of a worker of its own that is not done yet."""
    taken = [queue.Round().next(NOW, LEASE) for _ in range(count)]
    return [turn.domain if turn else "" for turn in taken]


@pytest.fixture
def submission(trust, send) -> Submission:
    queue.Round._after = ""
    left = send(DR)
    Recipient.objects.all().delete()
    return left


def test_thousands_of_messages_for_one_domain_keep_another_waiting_for_one_turn(submission):
    wait_for(submission, BUSY, 3 * queue.BATCH)
    wait_for(submission, QUIET, 1)
    assert turns(4) == [BUSY, QUIET, BUSY, BUSY]
    assert turns(1) == [""], "all is taken"


def test_a_domain_is_sent_to_by_so_many_at_once_whatever_the_process_and_our_own_by_all(submission, settings):
    settings.OUTBOUND_PER_DOMAIN = 2
    wait_for(submission, BUSY, 4 * queue.BATCH)
    wait_for(submission, QUIET, 1)
    assert turns(4) == [BUSY, QUIET, BUSY, ""]
    Recipient.objects.filter(lease=Recipient.objects.filter(state="sending", domain=BUSY)[0].lease).update(
        state="relayed"
    )
    assert turns(2) == [BUSY, ""], "one has ended, another takes its place"
    assert Recipient.objects.filter(domain=BUSY, state="sending").values("lease").distinct().count() == 2
    later = NOW + LEASE + timedelta(seconds=1)
    assert {queue.Round().next(later, LEASE).domain for _ in range(2)} == {BUSY, QUIET}, (
        "a lease that is over holds no place"
    )
    wait_for(submission, peers.OURS, 4 * queue.BATCH, is_local=True)
    assert turns(4) == [peers.OURS] * 4


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_the_same_instant_are_no_more_than_allowed(submission, settings):
    settings.OUTBOUND_PER_DOMAIN = 1
    wait_for(submission, BUSY, 4 * queue.BATCH)
    together = threading.Barrier(4)

    def claim(_: int) -> bool:
        together.wait()
        try:
            return queue._claimed(BUSY, False, NOW, LEASE) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(4))) == 1


def test_a_domain_left_alone_is_not_claimed_then_by_one_message_then_by_all_once_it_answers(submission):
    wait_for(submission, BUSY, 30)
    left_alone.went_away(BUSY, UNREACHABLE, now=NOW, was_probe=False)
    assert turns(1) == [""]
    assert not Recipient.objects.exclude(attempts=0).exists()
    Peer.objects.update(not_before=NOW)
    probe = queue.Round().next(NOW, LEASE)
    assert (probe.is_probe, len(probe.rows)) == (True, 1)
    assert turns(1) == [""], "one at a time"
    left_alone.answered(BUSY)
    assert len(queue.Round().next(NOW, LEASE).rows) == queue.BATCH


def test_failures_in_a_row_are_counted_by_who_tries_again_and_waits_grow(db):
    for _ in range(3):
        left_alone.went_away(BUSY, UNREACHABLE, now=NOW, was_probe=False)
    assert Peer.objects.get().failures == 1, "three workers found out at once"
    for _ in range(5):
        left_alone.went_away(BUSY, UNREACHABLE, now=NOW, was_probe=True)
    row = Peer.objects.get()
    assert (row.failures, row.since, row.reply_enhanced) == (6, NOW, "4.4.1")
    assert timedelta(minutes=12) <= row.not_before - NOW <= timedelta(minutes=15)
    waits = [states.peer_wait(failures=n, scale=1, jitter=0) for n in (1, 2, 3, 4, 5, 6, 99)]
    assert waits == [timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 15, 15)]
    assert states.peer_wait(failures=1, scale=0.5, jitter=0.5) == timedelta(seconds=27)


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
def test_a_host_that_is_down_charges_one_message_and_all_leave_once_it_is_up(trust, send, settings):
    queue.Round._after = ""
    settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{peers.free_port()}"
    sent = [send(f"{name}@{peers.HOSPITAL}") for name in "abc"]
    assert worker.send_due(timezone.now()) == 1
    assert worker.send_due(timezone.now()) == 0
    assert sorted(Recipient.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    with listening(trust, handler := Hospital(), trust.hospital, settings):
        Peer.objects.update(not_before=timezone.now())
        Recipient.objects.update(not_before=timezone.now())
        assert worker.send_due(timezone.now()) == 3
    assert len(handler.received) == len(sent)
    assert not Peer.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
def test_what_waits_for_a_host_that_is_down_is_told_at_four_hours_and_fails_at_48(trust, send, settings, dupont):
    queue.Round._after = ""
    settings.ROUTES = f"{peers.HOSPITAL}=127.0.0.1:{peers.free_port()}"
    young, waiting, old = (send(f"{name}@{peers.HOSPITAL}") for name in "abc")
    for submission, hours in ((waiting, 5), (old, 48)):
        Submission.objects.filter(pk=submission.pk).update(submitted_at=timezone.now() - timedelta(hours=hours))
    worker.send_due(timezone.now())
    for _ in range(2):
        Peer.objects.update(not_before=timezone.now())
        Recipient.objects.exclude(state="failed").update(not_before=timezone.now())
        Recipient.objects.filter(submission=young).update(not_before=timezone.now() - timedelta(hours=1))  # it asks
        worker.send_due(timezone.now())
    assert [*states_of(young).values(), *states_of(waiting).values(), *states_of(old).values()] == [
        "delayed", "delayed", "failed",
    ]  # fmt: skip
    told = [open_summary(m, dupont.keys).subject for m in Message.objects.filter(mailbox=dupont, folder__role="inbox")]
    assert sorted(told) == ["Non remis : Ordonnance", "Retardé : Ordonnance"], "each once"
    assert submission_attempts(old) <= 1, "it was not tried for that"


def submission_attempts(submission: Submission) -> int:
    return submission.recipients.get().attempts


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
@pytest.mark.parametrize(
    ("verb", "said", "is_away"),
    [("RCPT", "451 4.3.0 later", False), ("DATA", "550 5.7.1 no", False), ("DATA", "421 4.3.2 closing", True)],
)
def test_what_a_host_says_of_one_message_is_no_sign_of_its_being_away_and_421_is(hospital, send, verb, said, is_away):
    hospital.say[verb] = said
    send(DR)
    worker.send_due(timezone.now())
    assert Peer.objects.filter(domain=peers.HOSPITAL, reply_code=421).exists() is is_away
    assert Peer.objects.exists() is is_away


def test_what_is_begun_at_the_last_moment_of_a_lease_is_settled_within_it():
    """A host that drips until it is cut, then a database that is away as long as is borne: else it is sent twice."""
    connecting = transport._OTHER_HOST_SECONDS + transport._WHOLE_SECONDS
    assert timedelta(seconds=connecting) < worker._LEASE - worker._LEFT, (
        "and a turn that begins gets to its first letter"
    )
    assert timedelta(seconds=transport._WHOLE_SECONDS + sum(worker._SETTLE_AGAIN_SECONDS)) < worker._LEFT


def test_a_row_given_back_keeps_its_attempts_and_says_why_it_waits(submission):
    wait_for(submission, BUSY, 1)
    turn = queue.Round().next(NOW, LEASE)
    queue.give_back(turn.rows, UUID(int=1), Reply(451, "4.4.1", "away"))
    assert Recipient.objects.get().state == "sending", "the lease is not theirs"
    queue.give_back(turn.rows, turn.lease, Reply(451, "4.4.1", "away"))
    row = Recipient.objects.get()
    assert (row.state, row.attempts, row.lease, row.reply_text) == ("delayed", 0, None, "away")


@pytest.mark.soak
def test_a_claim_reads_ranges_of_indexes_at_fifty_thousand_due_rows(submission, settings):
    """And no row of a domain that is left alone. Measured: 0.1 and 0.5 ms; 3.4 ms past 400 domains left alone."""
    Recipient.objects.bulk_create(
        Recipient(
            mailbox_id=submission.mailbox_id, submission=submission, address="x", state="queued",
            domain=f"d{n % 2000}" if n % 5 == 0 else "gros.example", not_before=NOW - timedelta(milliseconds=n),
        )
        for n in range(1, 50_001)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mailbox_recipient")
        lease = UUID(int=7)
        for sql, given in (
            (queue._NEXT, ["", NOW, [], NOW, NOW, 4]),
            (queue._CLAIM, [lease, NOW + LEASE, "gros.example", NOW, "gros.example", NOW, 4, 20]),
        ):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", given)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on mailbox_recipient" not in plan and "Sort" not in plan, plan
        cursor.execute("INSERT INTO mailbox_peer SELECT domain, now(), 1, now() + interval '1 hour', 451, '', ''"
                       " FROM mailbox_recipient WHERE domain <> 'd0' GROUP BY domain")  # fmt: skip
        cursor.execute("ANALYZE mailbox_peer")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {queue._NEXT}", ["d0", NOW, [], NOW, NOW, 4])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Seq Scan on mailbox_recipient" not in plan, plan


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
def test_our_own_receiver_that_is_down_keeps_no_neighbour_waiting(submission, send, settings, annes_box):
    """Only a probe is sent to it by SMTP; letters among our mailboxes go another way."""
    settings.SMTP_PORT = peers.free_port()
    wait_for(submission, peers.OURS, 1)
    together = send(annes_box.address)
    worker.send_due(timezone.now())
    assert submission.recipients.get().reply_enhanced == UNREACHABLE.enhanced and not Peer.objects.exists()
    after = send(annes_box.address)
    worker.send_due(timezone.now())
    assert {*states_of(together).values(), *states_of(after).values()} == {"delivered"}


def test_a_try_that_nobody_can_make_leaves_its_turn_to_the_next(submission, settings):
    """All due rows of the domain are held by others: whoever comes next may ask, not in a quarter of an hour."""
    wait_for(submission, BUSY, 1)
    left_alone.went_away(BUSY, UNREACHABLE, now=NOW, was_probe=False)
    Peer.objects.update(not_before=NOW)
    rows = Recipient.objects.filter(domain=BUSY)
    rows.update(not_before=NOW + LEASE)
    assert queue._claimed(BUSY, True, NOW, LEASE) is None
    rows.update(not_before=NOW)
    assert queue.Round().next(NOW, LEASE).is_probe


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
@pytest.mark.parametrize("is_ours", [True, False])
def test_what_keeps_us_from_asking_a_domain_is_no_answer_of_it_and_an_answer_is(hospital, submission, send, is_ours):
    queue.Round._after = ""
    odd = send(DR)
    if is_ours:
        Blob.objects.filter(pk=odd.copy.blob_id).update(box=b"broken")
    left_alone.went_away(peers.HOSPITAL, UNREACHABLE, now=NOW, was_probe=False)
    Peer.objects.update(not_before=NOW, failures=4)
    worker.send_due(timezone.now())
    assert list(Peer.objects.values_list("failures", flat=True)) == [4] * is_ours
