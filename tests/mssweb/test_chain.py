"""The chain as values: every field counts, no two rows have one form, and a difference is named for what it is."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssweb import crypto
from mssweb.audit import chain
from mssweb.audit.chain import Kind

KEY = chain.chain_key(crypto.Key(b"k" * 32))
AT = datetime(2026, 11, 26, 9, 41, 7, 123456, tzinfo=UTC)
EVENT = (
    UUID(int=1), AT, UUID(int=2), "web", "message.open", UUID(int=3), "message", "x", "192.0.2.7", "ok",
    b"of facts",
)  # fmt: skip
OTHERS = (
    UUID(int=9), AT + timedelta(microseconds=1), None, "worker", "message.opens", None, "messag", "ex", None, "refused",
    b"of others",
)  # fmt: skip
PLAIN = st.none() | st.booleans() | st.text() | st.integers() | st.binary() | st.uuids() | st.dates()


def test_the_mark_of_an_event_is_this_one_for_ever():
    """A vector: a release that would give another one would call every journal broken."""
    assert chain.mark(KEY, EVENT).hex() == "962e27b57248df5732ade918c25815b4"
    assert (
        chain.seal(KEY, "link", (1, chain.GENESIS, AT, True)).hex()
        == "ee1d4af5803b34410b2e0d835c325195c7f25f175017b7918892b976c755fc3d"
    )


@pytest.mark.parametrize("field", range(len(EVENT)), ids=chain.EVENT_FIELDS)
def test_each_field_of_an_event_counts(field):
    changed = (*EVENT[:field], OTHERS[field], *EVENT[field + 1 :])
    assert chain.mark(KEY, changed) != chain.mark(KEY, EVENT)


def test_an_hour_is_the_same_in_any_zone():
    elsewhere = datetime.fromisoformat("2026-11-26T10:41:07.123456+01:00")
    assert chain.mark(KEY, (EVENT[0], elsewhere, *EVENT[2:])) == chain.mark(KEY, EVENT)


@given(st.lists(PLAIN, max_size=4), st.lists(PLAIN, max_size=4))
def test_two_rows_never_have_one_form(left, right):
    same = [type(v) for v in left] == [type(v) for v in right] and left == right
    assert (chain.packed("link", left) == chain.packed("link", right)) == same
    assert chain.packed("link", left) != chain.packed("day", left)


def test_what_has_no_form_is_refused():
    with pytest.raises(KeyError, match="float"):
        chain.packed("link", [1.5])
    assert chain.packed("day", [date(2026, 11, 26)]) != chain.packed("day", ["2026-11-26"])


def test_another_key_gives_other_marks_and_the_root_itself_is_not_the_key():
    assert chain.mark(chain.chain_key(crypto.Key(b"l" * 32)), EVENT) != chain.mark(KEY, EVENT)
    assert chain.mark(crypto.Key(b"k" * 32), EVENT) != chain.mark(KEY, EVENT)


def test_a_difference_is_named_for_what_it_is():
    ids = [UUID(int=n) for n in range(1, 6)]
    own = {event: bytes([event.int]) * chain.MARK_BYTES for event in ids}
    other = b"x" * chain.MARK_BYTES
    sealed = b"".join(own[event] for event in ids[:4])
    pairs = [(event, own[event]) for event in ids]
    assert chain.compare(sealed, pairs[:4]) is None
    changed = [*pairs[:2], (ids[2], other), pairs[3]]
    assert chain.compare(sealed, changed) == chain.Difference(Kind.CHANGED, 3, ids[2], other)
    assert chain.compare(sealed, pairs[:5]) == chain.Difference(Kind.INSERTED, 5, ids[4], own[ids[4]])
    assert chain.compare(sealed, [*pairs[:1], *pairs[2:4]]) == chain.Difference(Kind.REMOVED, 2)
    swapped = [pairs[0], pairs[2], pairs[1], pairs[3]]
    assert chain.compare(sealed, swapped) == chain.Difference(Kind.REORDERED, 2, ids[2], own[ids[2]])
    assert chain.compare(sealed, []) == chain.Difference(Kind.REMOVED, 1)
    doubled = [*pairs[:4], pairs[3]]
    assert chain.compare(sealed, doubled) == chain.Difference(Kind.REORDERED, 5, ids[3], own[ids[3]])


@given(
    st.lists(st.binary(min_size=16, max_size=16), max_size=6), st.lists(st.binary(min_size=16, max_size=16), max_size=6)
)
def test_no_difference_is_passed_over(was, now):
    found = [(UUID(int=n), own) for n, own in enumerate(now)]
    assert (chain.compare(b"".join(was), found) is None) == (was == now)
