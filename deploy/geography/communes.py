"""Makes `directory/data/communes.tsv` (sources and licences: the README beside it). Run by hand, once a year:

    deploy/python -m deploy.geography.communes JSON CSV GEOJSON... > directory/data/communes.tsv

JSON: `data/communes.json` of the npm package @etalab/decoupage-administratif. CSV: La Poste's
`laposte_hexasmal.csv`. GEOJSON: `departements/*/communes-*.geojson` of gregoiredavid/france-geojson.
A place is the centroid of its polygon; else what La Poste says of it or of a commune it took in; else `overseas.tsv`
here; else the mean of those that share its postcode, or its department.
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

Point = tuple[float, float]  # latitude, longitude

COLUMNS = ("code", "name", "department", "postcodes", "population", "latitude", "longitude")
KINDS = ("commune-actuelle", "arrondissement-municipal")
UNINHABITED = ("984", "989")  # Terres australes, Clipperton: nobody to find there


def ring_centroid(ring: list[list[float]]) -> tuple[float, float, float]:
    """(area, latitude, longitude) of a closed ring; the shoelace formula, on degrees, relative to its first point."""
    x0, y0 = ring[0]
    area = x = y = 0.0
    for (ax, ay), (bx, by) in pairwise(ring):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        area += cross / 2
        x += cross * (ax + bx - 2 * x0) / 6
        y += cross * (ay + by - 2 * y0) / 6
    return (abs(area), y0 + y / area, x0 + x / area) if area else (0.0, y0, x0)


def centroid(geometry: dict[str, Any]) -> Point:
    """Of its largest part: a town with an islet is not in the sea between the two."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    _, latitude, longitude = max(ring_centroid(polygon[0]) for polygon in polygons)
    return latitude, longitude


def centroids(files: Iterable[Path]) -> dict[str, Point]:
    features = [feature for file in files for feature in json.loads(file.read_text("utf-8"))["features"]]
    return {feature["properties"]["code"]: centroid(feature["geometry"]) for feature in features}


def postal_places(file: Path) -> dict[str, Point]:
    """Code of a commune or municipal arrondissement -> where La Poste puts it (`48.86,2.33`)."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [(row["Code_commune_INSEE"], row["coordonnees_gps"]) for row in csv.DictReader(lines, delimiter=";")]
    return {code: _point(*place.split(",")) for code, place in rows if place}


def by_hand() -> dict[str, Point]:
    lines = Path(__file__).with_name("overseas.tsv").read_text("utf-8").splitlines()
    return {code: _point(latitude, longitude) for code, latitude, longitude in (line.split("\t") for line in lines)}


def _point(latitude: str, longitude: str) -> Point:
    return float(latitude), float(longitude)


def located(communes: list[dict[str, Any]], sources: list[dict[str, Point]]) -> dict[str, Point]:
    """Every commune's place: its own code in each source, the codes it had before, then the mean of its neighbours."""
    found: dict[str, Point] = {}
    members: dict[str, list[Point]] = defaultdict(list)  # of a postcode, of a department
    for commune in communes:
        codes = [commune["code"], *commune.get("anciensCodes", ())]
        place = next((source[code] for code in codes for source in sources if code in source), None)
        if place:
            found[commune["code"]] = place
            for group in (*commune.get("codesPostaux", ()), commune["departement"]):
                members[group].append(place)
    for commune in communes:
        if commune["code"] not in found:
            groups = (*commune.get("codesPostaux", ()), commune["departement"])
            around = next(members[group] for group in groups if group in members)
            found[commune["code"]] = (mean(place[0] for place in around), mean(place[1] for place in around))
            print("placed by its neighbours:", commune["code"], commune["nom"], file=sys.stderr)
    return found


def rows(communes: list[dict[str, Any]], places: dict[str, Point]) -> Iterator[str]:
    yield "\t".join(COLUMNS)
    for commune in sorted(communes, key=lambda commune: str(commune["code"])):
        latitude, longitude = places[commune["code"]]
        postcodes = ",".join(sorted(commune.get("codesPostaux", ())))
        fields = (commune["code"], commune["nom"], commune["departement"], postcodes, commune.get("population", 0))
        yield "\t".join(map(str, (*fields, f"{latitude:.4f}", f"{longitude:.4f}")))


def main(communes_json: str, postcodes_csv: str, *geojson: str) -> None:
    entries = json.loads(Path(communes_json).read_text("utf-8"))
    kept = [entry for entry in entries if entry["type"] in KINDS and entry["departement"] not in UNINHABITED]
    sources = [centroids(map(Path, geojson)), postal_places(Path(postcodes_csv)), by_hand()]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    print("\n".join(rows(kept, located(kept, sources))))


if __name__ == "__main__":
    main(*sys.argv[1:])
