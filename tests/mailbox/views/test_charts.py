"""Charts: nothing sticks out, what is small is seen, and all that is drawn is told."""

import pytest

from mailbox.views import charts


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 5), (11, 20), (230, 250), (0.03, 0.05), (1000, 1000), (7.2, 10)]
)
def test_an_axis_ends_at_a_round_number_above(most, top):
    assert charts.round_top(most) == pytest.approx(top)
    half = charts.even_top(most) / 2
    assert half == int(half) > 0 and 2 * half >= most * 0.999, "nobody sent two answers and a half"


def test_columns_stand_on_each_other_within_the_frame_and_one_among_thousands_is_seen():
    chart = charts.stacked("T", ("a", "b"), [[5000, 0], [1, 0]], ["1 h", "2 h"], marks=["1 h", ""])
    low, high = chart.bars
    assert chart.paths == [f"M{one.x} {one.y}h{one.width}v{one.height}h-{one.width}z" for one in chart.bars]
    assert (low.kind, high.kind) == (0, 1) and high.height >= 1.5
    assert (
        high.y + high.height == pytest.approx(low.y, abs=0.2)
        and high.y >= 0
        and low.y + low.height <= chart.floor + 0.2
    )
    assert chart.rows == (("1 h", "5\N{NARROW NO-BREAK SPACE}000", "1"), ("2 h", "0", "0")) and len(chart.along) == 1


def test_a_line_leaves_out_what_is_not_known_and_nothing_at_all_is_said_to_be_nothing():
    chart = charts.lines("T", ("a",), [[1.0, None, 2.5]], ["1", "2", "3"], marks=["", "", ""], unit=" s")
    assert len(chart.lines[0].split()) == 2 and not chart.is_empty
    assert [row[1] for row in chart.rows] == ["1 s", "–", "2,5 s"]
    [alone] = charts.lines("T", ("a",), [[None, 2.0]], ["1", "2"], marks=["", ""]).lines
    assert len(alone.split()) == 2, "a point alone draws nothing: it is a dash"
    assert charts.lines("T", ("a",), [[None]], ["1"], marks=[""]).is_empty
    assert charts.stacked("T", ("a",), [[0]], ["1"], marks=[""]).is_empty
