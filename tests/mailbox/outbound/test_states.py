"""The life of a recipient, as a table and as properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.models import Recipient
from mailbox.outbound.states import DUE, LADDER, TRANSITIONS, State, after_reply, can, is_delay_told
from mailbox.reply import Reply

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
codes = st.integers(200, 599)


def step(
    code: int,
    *,
    attempts: int = 1,
    is_local: bool = False,
    submitted_at: datetime = NOW,
    scale: float = 1,
    jitter: float = 0,
):
    return after_reply(
        Reply(code, "", ""),
        is_local=is_local,
        attempts=attempts,
        submitted_at=submitted_at,
        now=NOW,
        scale=scale,
        jitter=jitter,
    )


def test_the_table_knows_every_state_of_the_row():
    assert {s.value for s in TRANSITIONS} == {s.value for s in Recipient.State}
    assert {"held", "queued", "sending", "delayed"} == {s.value for s in DUE}


@pytest.mark.parametrize(
    ("code", "is_local", "expected"),
    [
        (250, False, "relayed"),
        (250, True, "delivered"),
        (550, False, "failed"),
        (554, True, "failed"),
        (451, False, "delayed"),
        (350, False, "delayed"),
    ],
)
def test_a_reply_leads_to_its_state(code, is_local, expected):
    assert step(code, is_local=is_local).state == expected


def test_cancelling_is_possible_only_before_it_left():
    assert {s for s in State if can(s, State.CANCELLED)} == {State.HELD, State.QUEUED, State.DELAYED}
    assert not any(TRANSITIONS[s] for s in (State.DELIVERED, State.CANCELLED))


@given(codes, st.integers(1, 20), st.floats(0, 0.999))
def test_every_reply_leads_where_sending_may_go_and_only_a_delay_is_due_again(code, attempts, jitter):
    result = step(code, attempts=attempts, jitter=jitter)
    assert can(State.SENDING, result.state)
    assert (result.not_before is not None) == (result.state is State.DELAYED)
    if result.not_before:
        assert result.not_before > NOW


@given(st.floats(0, 0.999))
def test_the_ladder_ends_after_two_days_and_rises(jitter):
    waits = [step(451, attempts=n, jitter=jitter).not_before for n in range(1, len(LADDER))]
    assert waits == sorted(waits)
    assert waits[-1] - NOW <= timedelta(hours=48) * 1.1
    assert step(451, attempts=len(LADDER)).state is State.FAILED


def test_a_scale_shortens_the_ladder():
    assert step(451, attempts=2, scale=0.001).not_before - NOW < timedelta(seconds=1)


def test_the_sender_is_told_of_a_delay_after_four_hours():
    assert not is_delay_told(submitted_at=NOW - timedelta(hours=3, minutes=59), now=NOW, scale=1)
    assert is_delay_told(submitted_at=NOW - timedelta(hours=4), now=NOW, scale=1)
