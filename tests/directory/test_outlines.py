"""How the shipped geography is made: centroids, and outlines that stay one line between neighbours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.geography.communes import centroid, located
from deploy.geography.outlines import drawn, fitted, lambert, simplified

WAVE = [(10.0, y / 10 + (y % 2) * 0.05) for y in range(1, 100)]  # a border nearly straight, from bottom to top
WEST = (
    (0.0, 0.0),
    (10.0, 0.0),
    *((x + 0.02 * (at % 3), y) for at, (x, y) in enumerate(WAVE)),
    (10.0, 10.0),
    (0.0, 10.0),
)
EAST = ((20.0, 0.0), (20.0, 10.0), *reversed(WEST[1:-1]))
ISLET = ((30.0, 0.0), (30.5, 0.0), (30.5, 0.5))


def test_a_border_is_one_line_for_both_neighbours():
    found = simplified({"west": [WEST, ISLET], "east": [EAST]}, tolerance=0.3, smallest=1)
    west, east = found["west"][0], found["east"][0]
    assert len(found["west"]) == 1  # without the islet
    assert set(west) & set(east) == {(10.0, 0.0), (10.0, 10.0)}
    assert set(west) == {(0, 0), (10, 0), (10, 10), (0, 10)}
    rough = simplified({"west": [WEST], "east": [EAST]}, tolerance=0.015, smallest=1)
    assert len(set(rough["west"][0]) & set(rough["east"][0])) > 50
    assert set(rough["west"][0]) - set(rough["east"][0]) == {(0, 0), (0, 10)}


def test_the_largest_part_stays_however_small():
    assert len(simplified({"a": [ISLET]}, tolerance=0.01, smallest=5)["a"][0]) == 3


def test_one_that_lies_whole_within_another_keeps_the_same_border_as_its_hole():
    inner = ((4.0, 4.0), (6.0, 4.0), (6.0, 5.0), (6.0, 6.0), (4.0, 6.0))
    outer = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    found = simplified({"outer": [outer, inner[2:] + inner[:2]], "inner": [inner[::-1]]}, tolerance=0.1, smallest=0)
    assert set(found["outer"][1]) == set(found["inner"][0]) == {(4, 4), (6, 4), (6, 6), (4, 6)}


@given(st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 6000)), min_size=3, max_size=20, unique=True))
def test_a_drawn_path_reads_back_to_the_tenth(tenths):
    text = drawn([tuple((x / 10, y / 10) for x, y in tenths)])
    numbers = [round(float(number) * 10) for number in re.findall(r"-?(?:\d+\.\d|\.\d|\d+)", text)]
    points = [(numbers[0], numbers[1])]
    for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
        points.append((points[-1][0] + dx, points[-1][1] + dy))
    assert points == tenths


def test_shapes_are_fitted_together_in_the_middle_of_a_box():
    found = fitted({"a": [((0, 0), (2, 0), (2, 1))], "b": [((2, 0), (4, 0), (4, 1))]}, (10, 10, 40, 40))
    assert found["a"][0][0] == (10, 25) and found["b"][0][2] == (50, 35)


def test_the_cone_of_lambert_points_north_at_three_degrees_east():
    assert lambert(3, 46)[0] == pytest.approx(0)
    assert lambert(3, 50)[1] < lambert(3, 46)[1]  # y grows to the south
    assert lambert(8, 46)[0] == pytest.approx(-lambert(-2, 46)[0]) and lambert(8, 46)[1] < lambert(3, 46)[1]


def test_a_centroid_is_of_the_largest_part():
    square = [[[2, 40], [4, 40], [4, 42], [2, 42], [2, 40]]]
    islet = [[[9, 9], [9.1, 9], [9.1, 9.1], [9, 9]]]
    for geometry in (
        {"type": "Polygon", "coordinates": square},
        {"type": "MultiPolygon", "coordinates": [islet, square]},
    ):
        assert centroid(geometry) == pytest.approx((41, 3))


def test_a_commune_without_a_place_takes_its_former_ones_then_its_neighbours():
    communes = [
        {"code": "1", "nom": "A", "departement": "01", "codesPostaux": ["01000"]},
        {"code": "2", "nom": "B", "departement": "01", "codesPostaux": ["01100"], "anciensCodes": ["9"]},
        {"code": "3", "nom": "C", "departement": "01", "codesPostaux": ["01000"]},
        {"code": "4", "nom": "D", "departement": "01"},
    ]
    found = located(communes, [{"1": (10.0, 0.0)}, {"9": (20.0, 4.0), "1": (0.0, 0.0)}])
    assert found == {"1": (10, 0), "2": (20, 4), "3": (10, 0), "4": (15, 2)}
