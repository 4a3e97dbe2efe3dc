"""The life of a listing, as a table and as properties."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from directory.fhir import systems
from mailbox.models import Listing
from mailbox.publication.entry import Carrier, Entry, Incomplete, Unwanted
from mailbox.publication.states import (
    DUE,
    LADDER,
    STANDS,
    TRANSITIONS,
    Publish,
    Standing,
    State,
    Withdraw,
    at_rest,
    next_try,
    plan,
)

NOW = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
ANNE, CLAIRE = (Carrier("Practitioner", systems.RPPS, rpps) for rpps in ("99900000011", "99900000029"))
HERS = Entry(ANNE, "a@officine.mssante.fr", "PER")
how = {"address": HERS.address, "kind": "PER"}


def test_the_table_knows_every_state_of_the_row():
    assert {s.value for s in TRANSITIONS} == {s.value for s in Listing.State}
    assert {"pending", "sending"} == {s.value for s in DUE}
    assert all(State.PENDING in after for after in TRANSITIONS.values())


def test_the_next_step_is_the_difference_between_what_is_wanted_and_what_stands():
    out = Withdraw(ANNE, HERS.address, "PER")
    for wanted, standing, change in (
        (HERS, Standing(), Publish(HERS)),
        (HERS, Standing(ANNE), Publish(HERS)),
        (HERS, Standing(ANNE, STANDS), Publish(HERS, is_known=True)),
        (HERS, Standing(ANNE, HERS.digest), None),
        (HERS, Standing(CLAIRE, HERS.digest), Withdraw(CLAIRE, HERS.address, "PER")),
        (Unwanted("Liste rouge."), Standing(ANNE, HERS.digest), out),
        (Unwanted("Liste rouge."), Standing(ANNE), out),
        (Unwanted("Liste rouge."), Standing(), None),
        (Incomplete(("x",)), Standing(ANNE, HERS.digest), None),
        (Incomplete(("x",)), Standing(), None),
    ):
        assert plan(wanted, standing, **how) == change, (wanted, standing)


@given(
    st.sampled_from([HERS, Unwanted("x")]),
    st.sampled_from([None, ANNE, CLAIRE]),
    st.sampled_from(["", STANDS, HERS.digest]),
)
def test_every_wish_is_met_within_two_steps(wanted, carrier, digest):
    standing = Standing(carrier, digest if carrier else "")
    for _ in range(2):
        change = plan(wanted, standing, **how)
        if isinstance(change, Publish):
            standing = Standing(change.entry.carrier, change.mark)
        elif isinstance(change, Withdraw):
            standing = Standing()
    assert plan(wanted, standing, **how) is None
    assert at_rest(wanted) is (State.ACCEPTED if standing.carrier else State.WITHDRAWN)


@given(st.integers(0, 40), st.floats(0, 0.99), st.none() | st.integers(0, 3600))
def test_each_wait_is_the_ladder_s_or_longer_when_asked_and_never_ends(attempts, jitter, asked):
    wait = None if asked is None else timedelta(seconds=asked)
    due = next_try(attempts=attempts, now=NOW, scale=1, jitter=jitter, wait=wait)
    least = max(LADDER[min(max(attempts, 1), len(LADDER)) - 1], wait or timedelta())
    assert NOW + least <= due <= NOW + least * 1.2 + timedelta(seconds=1)
