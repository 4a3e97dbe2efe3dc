"""When a person is left alone, on their pharmacy's clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mailbox.quiet import is_quiet

NIGHT, LUNCH, ALL_DAY = (time(20), time(8)), (time(12), time(14)), (time(0), time(0))
FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "hours", "days", "expected"),
    [
        (time(13), None, [], False),
        (time(11, 59), LUNCH, [], False),
        (time(12), LUNCH, [], True),
        (time(14), LUNCH, [], False),
        (time(13), LUNCH, [5], True),
        (time(13), LUNCH, [1, 2, 3, 4], False),
        (time(23), NIGHT, [], True),
        (time(7, 59), NIGHT, [], True),
        (time(8), NIGHT, [], False),
        (time(23), NIGHT, [4], False),
        (time(2), NIGHT, [4], True),  # Thursday's night goes on into Friday's morning
        (time(2), NIGHT, [5], False),
        (time(23), NIGHT, [5], True),
        (time(15), ALL_DAY, [5], True),
        (time(15), ALL_DAY, [7], False),
    ],
)
def test_quiet_hours_have_days_and_go_on_into_the_morning(clock, hours, days, expected):
    assert is_quiet(datetime.combine(FRIDAY, clock, UTC), hours, days) is expected


def test_the_clock_is_that_of_the_pharmacy_overseas_included():
    at = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)  # 13:30 in Paris, 16:30 in La Réunion
    told = [is_quiet(at.astimezone(ZoneInfo(zone)), LUNCH, [5]) for zone in ("Europe/Paris", "Indian/Reunion")]
    assert told == [True, False]
