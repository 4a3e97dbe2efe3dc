"""Days of the country have 23, 24 or 25 hours; labels are few, sorted and of safe words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mailbox.indicators import days


@pytest.mark.parametrize(
    ("day", "hours", "first"),
    [
        (date(2026, 3, 29), 23, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 10, 25), 25, datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 11, 27), 24, datetime(2026, 11, 26, 23, tzinfo=UTC)),
    ],
)
def test_a_day_begins_and_ends_at_midnight_in_paris(day, hours, first):
    start, end = days.bounds(day)
    assert start == first and end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)
    assert days.bounds(day + timedelta(days=1))[0] == end, "no instant is of two days, none of none"


def test_months_and_the_day_of_an_instant():
    assert days.day_of(datetime(2026, 11, 27, 23, 30, tzinfo=UTC)) == date(2026, 11, 28)
    assert [len(days.days_of(date(2028, m, 5))) for m in (2, 4, 12)] == [29, 30, 31]
    assert days.month_before(date(2027, 1, 3)) == date(2026, 12, 1)


def test_labels_are_sorted_read_back_and_none_is_made_up():
    told = days.labels({"way": "in", "cause": "a,b=c;d\n", "kind": "", "domain": None})
    assert told == "cause=abcd,way=in" and days.read(told) == {"cause": "abcd", "way": "in"}
    with pytest.raises(ValueError, match="no such label: patient"):
        days.labels({"patient": "x"})
