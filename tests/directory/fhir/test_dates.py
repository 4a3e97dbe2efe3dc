"""A date of FHIR stands for spans of time as long as it is precise."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fhir.dates import PREFIXES, NoDate, spans


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-26T10:00:00Z", [(at(2026, 11, 26, 10), at(2026, 11, 26, 10, 0, 1))]),
        ("eq2026-11-26T10:00Z", [(at(2026, 11, 26, 10), at(2026, 11, 26, 10, 1))]),
        ("2026-11-26T10:00:00.250+01:00", [(at(2026, 11, 26, 9, 0, 0, 250_000), at(2026, 11, 26, 9, 0, 0, 251_000))]),
        ("2026-11-26", [(at(2026, 11, 25, 23), at(2026, 11, 26, 23))]),  # of Paris
        ("2026-02", [(at(2026, 1, 31, 23), at(2026, 2, 28, 23))]),
        ("ge2026", [(at(2025, 12, 31, 23), None)]),
        ("gt2026", [(at(2026, 12, 31, 23), None)]),
        ("sa2026", [(at(2026, 12, 31, 23), None)]),
        ("lt2026", [(None, at(2025, 12, 31, 23))]),
        ("eb2026", [(None, at(2025, 12, 31, 23))]),
        ("le2026", [(None, at(2026, 12, 31, 23))]),
        ("ne2026", [(None, at(2025, 12, 31, 23)), (at(2026, 12, 31, 23), None)]),
        ("lt9999", [(None, at(9998, 12, 31, 23))]),
        ("le9999", [(None, datetime.max.replace(tzinfo=UTC))]),
        ("ap2026-11-26", [(at(2026, 11, 24, 23), at(2026, 11, 27, 23))]),
    ],
)
def test_a_date_stands_for_the_time_it_covers(text, expected):
    assert spans(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "xx2026", "2026-13", "2026-02-30", "26-11-2026", "2026-11-26T10", "٢٠٢٦", "0000"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(NoDate):
        spans(text)


_FIRST, _LAST = datetime(1, 1, 3), datetime(9998, 1, 1)  # noqa: DTZ001  the strategy adds the zone


@given(st.sampled_from(PREFIXES), st.datetimes(min_value=_FIRST, max_value=_LAST))
def test_every_instant_has_spans_in_order(prefix, moment):
    for low, high in spans(f"{prefix}{moment.isoformat()}Z"):
        assert low is None or high is None or low < high
