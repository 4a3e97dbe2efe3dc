"""What a host offers decides the form in which a message leaves; what has none fails with a reason in French."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.models import Message, PeerLimit, Submission, Transaction
from mailbox.outbound import failure, sizes, submit, worker
from mailbox.outbound.client import Client
from mailbox.outbound.transport import CANNOT_CONVERT, NO_UTF8, TOO_BIG
from mailbox.summary import open_summary
from tests import peers
from tests.mailbox.mime.test_transit import leaf, mixed
from tests.mailbox.outbound.conftest import DR, states

EIGHT = b"From: x@officine.mssante.example\r\n" + leaf("Apixaban matin et soir, à jeun.\r\n".encode())
SIGNED = b"From: x@officine.mssante.example\r\n" + mixed(leaf("é".encode()), leaf(b"x", "x/y", "7bit"), kind="signed")


@pytest.fixture
def leave(send, monkeypatch):
    """Send these bytes, whatever the copy in Sent holds."""

    def act(raw: bytes, *to: str) -> Submission:
        monkeypatch.setattr(blobs, "read", lambda *_: raw)
        submission = send(*(to or (DR,)))
        worker.send_due(timezone.now())
        return submission

    return act


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_eight_bits_pass_as_they_are_and_seven_where_the_host_takes_no_more(hospital, leave):
    leave(EIGHT)
    assert hospital.asked[-1].endswith("BODY=8BITMIME")
    assert hospital.received[-1][2].endswith(EIGHT)
    worker._connections.popitem()[1].connection.close()
    hospital.lacks = ["8BITMIME"]
    leave(EIGHT)
    assert "BODY" not in hospital.asked[-1]
    assert hospital.received[-1][2].isascii() and b"=C3=A0 jeun" in hospital.received[-1][2]
    assert f"SIZE={len(hospital.received[-1][2])}" in hospital.asked[-1], "of what travels, not of what is kept"


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_a_signed_message_is_not_changed_but_fails_and_its_sender_is_told_why_in_french(hospital, leave, dupont):
    hospital.lacks = ["8BITMIME"]
    submission = leave(SIGNED)
    row = submission.recipients.get()
    assert (row.state, row.reply_code, row.reply_enhanced) == ("failed", 550, "5.6.3")
    assert hospital.received == [] and "signé ou chiffré" in failure.explain(CANNOT_CONVERT)
    assert Transaction.objects.get(queue_id=row.pk).reason == "unfit", "it is we who refuse, not the peer"
    told = open_summary(Message.objects.get(mailbox=dupont, folder__role="inbox"), dupont.keys)
    assert told.subject == "Non remis : Ordonnance"


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_an_international_address_fails_alone_where_the_host_takes_none(hospital, send):
    hospital.lacks = ["SMTPUTF8"]
    submission = send(DR, "zoé@hopital.mssante.example")
    worker.send_due(timezone.now())
    assert set(states(submission).values()) == {"failed"}, "its header names it"
    assert submission.recipients.first().reply_enhanced == NO_UTF8.enhanced


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_in_copy_to_nobody_s_knowledge_an_international_address_holds_back_none_of_the_others(hospital, leave):
    hospital.lacks = ["SMTPUTF8"]
    submission = leave(EIGHT, DR, zoe := "zoé@hopital.mssante.example")
    assert states(submission) == {DR: "relayed", zoe: "failed"}
    assert [rcpt for _, rcpt, _ in hospital.received] == [[DR]]


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_a_message_larger_than_the_host_says_is_not_begun_and_the_next_is_refused_where_it_is_written(
    hospital, leave, send, dupont, monkeypatch
):
    monkeypatch.setattr(sizes, "_ALWAYS_TAKEN", 0)
    hospital.lacks, hospital.offers = ["SIZE"], ["SIZE 100"]
    submission = leave(EIGHT)
    assert (submission.recipients.get().reply_enhanced, hospital.asked) == (TOO_BIG.enhanced, [])
    with pytest.raises(submit.Refused) as refused:
        send(DR)
    assert f"Le serveur de {peers.HOSPITAL} refuse au-delà de" in refused.value.reasons[DR]
    said = ("0", "1", "-5", "9" * 20, "9" * 5_000, "", "beaucoup", "\u0661")
    assert [sizes.told(one) for one in said] == [0, 1, 0, 2**62, 0, 0, 0, 0], "a hostile host costs nobody a letter"
    PeerLimit.objects.update(told_at=timezone.now() - sizes.BELIEVED)
    assert not sizes.refusals([DR], 10**9, now=timezone.now()), "what is old binds nobody"


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("say", "end"),
    [
        ({}, ["relayed", "relayed"]),
        ({f"RCPT {DR}": "550 5.1.1 unknown"}, ["failed", "relayed"]),
        ({"RCPT": "451 4.2.1 later"}, ["delayed", "delayed"]),
        ({"MAIL": "451 4.3.0 later"}, ["delayed", "delayed"]),
    ],
)
def test_a_host_that_takes_commands_together_gets_them_so_and_answers_the_same(hospital, send, say, end, monkeypatch):
    writes: list[bytes] = []
    real = Client.send

    def send_seen(self: Client, data: bytes | str) -> None:
        writes.append(data.encode() if isinstance(data, str) else data)
        real(self, data)

    monkeypatch.setattr(Client, "send", send_seen)
    hospital.offers, hospital.say = ["PIPELINING"], say
    other = f"autre@{peers.HOSPITAL}"
    first, second = send(DR, other), send(other)
    worker.send_due(timezone.now())
    assert [states(first)[DR], states(first)[other]] == end
    together = [w for w in writes if w.startswith(b"MAIL")]
    assert together and all(w.endswith(b"DATA\r\n") and b"\r\nRCPT TO:<" in w for w in together)
    assert states(second)[other] == end[1], "the conversation goes on in step"
    assert len(hospital.received) == (2 if end[1] == "relayed" else 0)


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_what_leaves_has_our_reference_and_no_bcc_and_its_dots(hospital, leave, settings):  # ECO.2.4.3
    settings.X_MSS_NIL = "DEV935997"
    leave(b"From: x@a.example\nBcc: secret@a.example\nX-MSS-MES: FIN\n\n.un point\n.\nsuite\n")
    [(_, _, content)] = hospital.received
    assert (
        b"X-MSS-NIL: DEV935997\r\n" in content
        and b"\r\nMessage-ID: <" not in content[:2]
        and b"Message-ID: <" in content
    )
    assert b"secret" not in content and b"X-MSS-MES: FIN\r\n" in content
    assert content.endswith(b"\r\n\r\n.un point\r\n.\r\nsuite\r\n")


@contextmanager
def saying(*answers: bytes):
    """A host that says these, one a write of ours."""
    near, far = socket.socketpair()
    client = Client()
    client.sock = near

    def serve() -> None:
        with suppress(OSError):
            for answer in answers:
                far.recv(10_000)
                far.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield client
    finally:
        near.close()
        far.close()
        thread.join()


def test_after_421_nothing_more_is_waited_for_and_the_rest_is_answered_by_it():
    with saying(b"250 ok\r\n421 4.3.2 closing\r\n") as client:
        client.esmtp_features, client.does_esmtp = {"pipelining": ""}, True
        assert client.ask(["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RCPT TO:<e@f>", "DATA"]) == [
            (250, b"ok"), *[(421, b"4.3.2 closing")] * 3,
        ]  # fmt: skip


def test_without_pipelining_what_is_refused_is_asked_no_further():
    with saying(b"250 ok\r\n", b"550 no\r\n", b"550 no\r\n") as client:
        assert [code for code, _ in client.ask(["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RCPT TO:<e@f>", "DATA"])] == [
            250,
            550,
            550,
        ]
    with saying(b"451 later\r\n") as client:
        assert [code for code, _ in client.ask(["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"])] == [451]


def test_a_command_is_one_line():
    with pytest.raises(ValueError, match="several lines"):
        Client().ask(["MAIL FROM:<a@b>\r\nRCPT TO:<c@d>", "DATA"])
