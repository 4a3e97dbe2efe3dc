"""A flood is counted, memory is bounded, and what could not be written waits."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from mailbox.inbound.tracing import refusals, reply_of
from mailbox.reply import Reply
from mailbox.traces import reasons
from mailbox.traces.refusals import MOST_ALIKE, MOST_WAITING, Refusals
from mailbox.traces.values import COLUMNS, Met, Trace, columns

LINE = Trace(at=datetime(2026, 11, 27, tzinfo=UTC), way="in", stage="rcpt", reason="unknown-recipient", code=550)


def line(reason: str = "unknown-recipient", **facts) -> Trace:
    return replace(LINE, reason=reason, **facts)


def test_of_many_refusals_alike_the_first_are_lines_and_the_others_one_line_that_counts_them():
    waiting = Refusals()
    for second in range(1000):
        waiting.add(line(rcpt_to=f"x{second}@a.example"), "192.0.2.1", second / 100)
    waiting.add(line("handshake"), "192.0.2.1", 10)
    waiting.add(line(), "192.0.2.2", 10)
    assert len(waiting.take(20)) == MOST_ALIKE + 2, "another reason and another peer are lines of their own"
    assert waiting.take(59) == []
    [counted] = waiting.take(60)
    assert (counted.repeats, counted.rcpt_to) == (1000 - MOST_ALIKE, "")
    waiting.add(line(), "192.0.2.1", 61)
    assert len(waiting.take(61)) == 1, "a new minute"


def test_memory_is_bounded_and_what_finds_no_place_is_counted():
    waiting = Refusals()
    for n in range(2 * MOST_WAITING):
        waiting.add(line(), f"192.0.2.{n}", 0)
    assert (len(waiting.take(0, 10_000)), waiting.lost) == (MOST_WAITING, MOST_WAITING)


def test_what_could_not_be_written_comes_first_the_next_time_and_the_end_of_a_process_loses_no_count():
    waiting = Refusals()
    for _ in range(MOST_ALIKE + 5):
        waiting.add(line(), "192.0.2.1", 0)
    taken = waiting.take(0, 3)
    waiting.give_back(taken)
    assert waiting.take(0, 3) == taken
    waiting.close()
    assert [one.repeats for one in waiting.take(0)] == [1] * (MOST_ALIKE - 3) + [5]


def test_a_line_is_masked_cut_and_of_one_line_whatever_a_peer_wrote():
    patient = "279035121518989@patient.mssante.fr"
    told = line(mail_from=patient, rcpt_to=patient.upper(), text=f"5.1.1 <{patient}>\r\n\0" + "x" * 900, dn="é" * 900)
    given = dict(zip(COLUMNS, columns([told]), strict=True))
    assert given["mail_from"] == given["rcpt_to"] == ["•••@patient.mssante.fr"]
    [text] = given["text"]
    assert "279035" not in text and "\0" not in text and "\n" not in text and len(text) == 200
    assert len(given["dn"][0]) == 500


def test_a_refusal_is_traced_for_each_recipient_and_an_answer_that_is_none_is_not():
    assert reply_of(b"250 2.0.0 OK\r\n") is None
    reply = reply_of(b"552 5.3.4 Message too big for system\r\n")
    assert reply == Reply(552, "5.3.4", "Message too big for system")
    met = Met(address="192.0.2.1", serial="ab", tls="TLSv1.3 X", edition_id=uuid4())
    told = refusals(
        reply, met, about=("data", "dr@a.example", ["x@b.example", "y@b.example"]), size=9, seconds=0.5, now=LINE.at
    )
    assert [(one.domain, one.rcpt_to, one.reason, one.stage) for one in told] == [
        ("a.example", "x@b.example", "too-big", "data"),
        ("a.example", "y@b.example", "too-big", "data"),
    ]
    [decided] = refusals(
        reply, replace(met, reason="dn-not-listed"), about=("", "", []), size=0, seconds=None, now=LINE.at
    )
    assert (decided.reason, decided.stage, decided.size) == ("dn-not-listed", "conn", None)


def test_every_reason_of_ours_has_words():
    assert {reasons.said(code) for code in reasons._OURS.values()} & set(reasons._OURS.values()) == set()
    assert reasons.said("revoked-key_compromise") == "certificat révoqué" and reasons.said("x-y") == "x-y"
