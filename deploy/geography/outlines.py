"""Outlines of neighbours, simplified so that a border stays one line: cut into arcs where three meet, each thinned once. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = tuple[Point, ...]  # open: the last point is not the first again
Project = Callable[[float, float], Point]  # longitude, latitude -> x, y


def rings(geometry: dict[str, Any]) -> list[Ring]:
    """Outer and inner rings of a GeoJSON (Multi)Polygon."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [tuple((x, y) for x, y, *_ in ring[:-1]) for polygon in polygons for ring in polygon]


def lambert(longitude: float, latitude: float) -> Point:
    """Lambert 93's cone (44°, 49°, 3° E) on a sphere of radius 1; y grows to the south."""
    low, high = math.radians(44), math.radians(49)
    n = math.log(math.cos(low) / math.cos(high)) / math.log(_stretch(high) / _stretch(low))
    rho = math.cos(low) * _stretch(low) ** n / n / _stretch(math.radians(latitude)) ** n
    angle = n * math.radians(longitude - 3)
    return rho * math.sin(angle), rho * math.cos(angle)


def _stretch(radians: float) -> float:
    return math.tan(math.pi / 4 + radians / 2)


def fitted(shapes: Mapping[str, list[Ring]], box: tuple[float, float, float, float]) -> dict[str, list[Ring]]:
    """The shapes, as large as box (x, y, width, height) holds them together, in its middle."""
    points = [point for group in shapes.values() for ring in group for point in ring]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    scale = min(box[2] / (right - left), box[3] / (bottom - top))
    x0 = box[0] + (box[2] - scale * (right - left)) / 2 - scale * left
    y0 = box[1] + (box[3] - scale * (bottom - top)) / 2 - scale * top
    return {
        name: [tuple((x0 + scale * x, y0 + scale * y) for x, y in ring) for ring in group]
        for name, group in shapes.items()
    }


def area(ring: Ring) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise((*ring, ring[0])))) / 2


def simplified(shapes: Mapping[str, list[Ring]], *, tolerance: float, smallest: float) -> dict[str, list[Ring]]:
    """Douglas-Peucker at `tolerance`; islets under `smallest` (square units) go, but the largest part of each shape."""
    joints = _joints(ring for group in shapes.values() for ring in group)
    known: dict[Ring, Ring] = {}
    found = {}
    for name, group in shapes.items():
        parts = sorted(group, key=area, reverse=True)
        kept = parts[:1] + [ring for ring in parts[1:] if area(ring) >= smallest]
        found[name] = [_thinned(ring, joints, tolerance, known) for ring in kept]
    return found


def _joints(outlines: Iterable[Ring]) -> set[Point]:
    """Where more than two lines meet."""
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    for ring in outlines:
        for one, other in pairwise((*ring, ring[0])):
            neighbours[one].add(other)
            neighbours[other].add(one)
    return {point for point, around in neighbours.items() if len(around) > 2}


def _thinned(ring: Ring, joints: set[Point], tolerance: float, known: dict[Ring, Ring]) -> Ring:
    first = next((at for at, point in enumerate(ring) if point in joints), None)
    if first is None:  # an island, or one that lies whole within another: both neighbours start at the same point
        first = ring.index(min(ring))
    turned = (*ring[first:], *ring[:first], ring[first])
    cuts = [0, *(at for at in range(1, len(turned) - 1) if turned[at] in joints), len(turned) - 1]
    arcs = [_arc(turned[start : end + 1], tolerance, known) for start, end in pairwise(cuts)]
    return tuple(point for arc in arcs for point in arc[:-1])


def _arc(points: Ring, tolerance: float, known: dict[Ring, Ring]) -> Ring:
    """The same for both who share it, whichever way they run along it."""
    straight = min(points, points[::-1])
    if straight not in known:
        known[straight] = tuple(_peucker(straight, tolerance))
    return known[straight] if straight == points else known[straight][::-1]


def _peucker(points: Ring, tolerance: float) -> list[Point]:
    """Keeps the ends and whatever lies further than tolerance from the line that would replace it."""
    if len(points) < 3:
        return list(points)
    distances = [_distance(point, points[0], points[-1]) for point in points[1:-1]]
    far = max(range(len(distances)), key=distances.__getitem__)
    if distances[far] <= tolerance and points[0] != points[-1]:
        return [points[0], points[-1]]
    at = far + 1
    return _peucker(points[: at + 1], tolerance)[:-1] + _peucker(points[at:], tolerance)


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length if length else 0
    along = max(0.0, min(1.0, along))
    return math.dist(point, (start[0] + along * dx, start[1] + along * dy))


def drawn(group: list[Ring]) -> str:
    """SVG path data, relative, to a tenth; nothing is lost by rounding twice since steps are between rounded points."""
    return "".join(_drawn(ring) for ring in group)


def _drawn(ring: Ring) -> str:
    points = [(round(x * 10), round(y * 10)) for x, y in ring]
    steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(points)]
    return f"M{_joined(points[0])}l{_joined([part for step in steps if step != (0, 0) for part in step])}z"


def _joined(tenths: Iterable[int]) -> str:
    """As few characters as SVG needs: `1.5-.3.2 4` is 1.5, -0.3, 0.2, 4."""
    text = last = ""
    for number in tenths:
        whole, rest = divmod(abs(number), 10)
        now = ("-" if number < 0 else "") + (f"{whole or ''}.{rest}" if rest else str(whole))
        text += now if not last or now[0] == "-" or (now[0] == "." and "." in last) else f" {now}"
        last = now
    return text
