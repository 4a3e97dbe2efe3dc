"""When old messages go: the first of a month that can still be announced thirty days before."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailbox.keeping import periods

PARIS = ZoneInfo("Europe/Paris")


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ((2026, 11, 27, 9), (2027, 1, 1)), ((2026, 11, 1), (2026, 12, 1)), ((2026, 11, 1, 0, 1), (2027, 1, 1)),
        ((2027, 1, 30), (2027, 3, 1)),
    ],
)  # fmt: skip
def test_a_batch_goes_on_the_first_of_a_month_thirty_days_ahead_at_least(now, goes):
    assert periods.next_batch(at(*now)) == at(*goes)


def test_what_is_older_than_the_period_on_that_day_goes():
    assert periods.cutoff(at(2027, 1, 1), 12) == at(2026, 1, 1)
    assert periods.cutoff(at(2027, 3, 1), 3) == at(2026, 12, 1)
    assert periods.cutoff(at(2027, 3, 31, 8), 1) == at(2027, 2, 1)


def test_it_is_announced_twice_then_done_and_each_step_says_when_the_next_one_is():
    goes, told, seen = at(2027, 3, 1), None, []
    now = at(2027, 1, 1)
    while now <= goes:
        due = periods.step(goes, told, now)
        if due is not None:
            seen.append(((goes - now).days, due))
            told = due
        if due == 0:
            break
        following = periods.next_look(goes, told)
        assert periods.step(goes, told, following - timedelta(seconds=1)) is None
        now = following
    assert seen == [(30, 30), (7, 7), (0, 0)]
    assert periods.step(goes, None, goes) == 30, "never announced, never destroyed"
