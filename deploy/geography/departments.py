"""Makes `directory/data/departements.json`, the map of `directory/map.py` (source and licence: the README beside it):

    deploy/python -m deploy.geography.departments DEPARTEMENTS_GEOJSON > directory/data/departements.json

DEPARTEMENTS_GEOJSON: `departements-avec-outre-mer.geojson` of gregoiredavid/france-geojson. The metropole in Lambert's
projection; Paris and its three neighbours, too small to be seen, apart and larger; overseas in boxes beneath, a disc
where IGN's file has no shape.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

from deploy.geography.outlines import Point, Ring, drawn, fitted, lambert, rings, simplified

VIEW = (600, 580)
METROPOLE = (68, 4, 530, 504)  # x, y, width, height
CROWN = ("75", "92", "93", "94")
FRAME = (0, 0, 120, 110)  # of the inset; a name stands at its foot
INSET = (8, 6, 104, 80)
ROW, BOX, GAP = 518, (50, 60), 5  # overseas: top, size and distance of the boxes
OVERSEAS = ("971", "972", "973", "974", "976", "975", "977", "978", "986", "987", "988")
TOLERANCE, SMALLEST = 0.68, 1.8  # units of the view, 2.1 km each, and their squares
LABEL = 18  # of a box’s height is for its code


def flat(longitude: float, latitude: float) -> Point:
    """Overseas departments are small and near the equator."""
    return longitude * math.cos(math.radians(15)), -latitude


def main(departments_geojson: str) -> None:
    features = json.loads(Path(departments_geojson).read_text("utf-8"))["features"]
    raw = {feature["properties"]["code"]: rings(feature["geometry"]) for feature in features}
    metropole = {code: raw[code] for code in sorted(raw) if code not in OVERSEAS}
    country = simplified(_fitted(metropole, METROPOLE), tolerance=TOLERANCE, smallest=SMALLEST)
    crown = simplified(_fitted({code: raw[code] for code in CROWN}, INSET), tolerance=TOLERANCE, smallest=SMALLEST)
    shapes = {code: _shape(group) for code, group in (country | crown).items()}
    for at, code in enumerate(OVERSEAS):
        shapes[code] = _boxed(raw.get(code), ROW, at * (BOX[0] + GAP))
    document = {
        "view_box": f"0 0 {VIEW[0]} {VIEW[1]}",
        "frame": FRAME,
        "crown": drawn([ring for code in CROWN for ring in country[code]]),
        "departments": dict(sorted(shapes.items())),
    }
    print(json.dumps(document, separators=(",", ":")).replace('},"', '},\n"'))


def _fitted(raw: dict[str, list[Ring]], box: tuple[float, float, float, float]) -> dict[str, list[Ring]]:
    return fitted(
        {code: [tuple(lambert(*point) for point in ring) for ring in group] for code, group in raw.items()}, box
    )


def _shape(group: list[Ring]) -> dict[str, Any]:
    xs, ys = zip(*(point for ring in group for point in ring), strict=True)
    x, y = math.floor(min(xs)), math.floor(min(ys))
    return {"path": drawn(group), "box": [x, y, math.ceil(max(xs)) - x, math.ceil(max(ys)) - y]}


def _boxed(raw: list[Ring] | None, y: int, x: int) -> dict[str, Any]:
    """The whole box is what one points at, whatever the islands in it."""
    width, height = BOX
    path = f"M{x + width / 2 - 7:g} {y + (height - LABEL) / 2 + 2:g}a7 7 0 1 0 14 0a7 7 0 1 0-14 0z"
    if raw:
        shape = {"": [tuple(flat(*point) for point in ring) for ring in raw]}
        inside = fitted(shape, (x + 5, y + 5, width - 10, height - LABEL - 6))
        path = drawn(simplified(inside, tolerance=TOLERANCE, smallest=SMALLEST)[""])
    return {"path": path, "box": [x, y, width, height], "boxed": True}


if __name__ == "__main__":
    main(*sys.argv[1:])
