"""Codes as values: drawn fairly, bound to their challenge, judged by the clock and the count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_otp import otp
from mssweb import crypto

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
KEY = crypto.Key(b"k" * 32)
HERE, THERE = (otp.digest(KEY, "challenge", code) for code in ("123456", "654321"))


def life(*, left: timedelta = otp.LIFE, tries: int = 1, is_used: bool = False) -> otp.Life:
    return otp.Life(expires_at=NOW + left, tries=tries, is_used=is_used)


def test_a_code_has_six_digits_even_when_it_begins_with_zeros():
    assert otp.draw(lambda n: 0) == "000000"
    assert otp.draw(lambda n: 42) == "000042"
    assert otp.draw(lambda n: n - 1) == "999999"
    assert len({otp.draw() for _ in range(50)}) > 45


def test_the_same_digits_in_another_challenge_are_another_digest():
    assert otp.digest(KEY, "a", "123456") == otp.digest(KEY, "a", "123456")
    assert otp.digest(KEY, "a", "123456") != otp.digest(KEY, "b", "123456")
    assert otp.digest(KEY, "a", "123456") != otp.digest(crypto.Key(b"x" * 32), "a", "123456")


@pytest.mark.parametrize(
    ("known", "digest", "outcome"),
    [
        (life(), HERE, otp.Outcome.OK),
        (life(), THERE, otp.Outcome.WRONG),
        (life(tries=otp.MAX_TRIES), HERE, otp.Outcome.OK),
        (life(tries=otp.MAX_TRIES), THERE, otp.Outcome.EXHAUSTED),
        (life(tries=otp.MAX_TRIES + 1), HERE, otp.Outcome.EXHAUSTED),
        (life(left=timedelta(microseconds=1)), HERE, otp.Outcome.OK),
        (life(left=timedelta()), HERE, otp.Outcome.EXPIRED),
        (life(is_used=True), HERE, otp.Outcome.USED),
    ],
)
def test_a_code_serves_once_in_time_and_within_five_tries(known, digest, outcome):
    assert otp.judge(known, given=digest, expected=HERE, now=NOW) is outcome


@given(st.text(), st.integers(0, 10), st.integers(-600, 600), st.booleans())
def test_nothing_but_the_right_digits_ever_passes(typed, tries, seconds, is_used):
    known = life(left=timedelta(seconds=seconds), tries=tries, is_used=is_used)
    outcome = otp.judge(known, given=otp.digest(KEY, "challenge", otp.cleaned(typed)), expected=HERE, now=NOW)
    may_pass = otp.cleaned(typed) == "123456" and seconds > 0 and tries <= otp.MAX_TRIES and not is_used
    assert (outcome is otp.Outcome.OK) == may_pass


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "Code : 123456.", "123\u202f456"])
def test_spaces_and_words_around_the_digits_do_no_harm(typed):
    assert otp.cleaned(typed) == "123456"


def test_digits_of_other_alphabets_are_no_digits_and_length_is_bounded():
    assert otp.cleaned("１２３٤٥٦") == ""
    assert len(otp.cleaned("9" * 10_000)) == 2 * otp.DIGITS
