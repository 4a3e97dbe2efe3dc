"""A page of a search as a Bundle (FHIR R4, searchset). Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from directory.fhir import systems
from directory.fhir.write import Resource, instant

ALWAYS = ("resourceType", "id", "meta")


def searchset(
    base: str,
    matches: Iterable[Resource],
    included: Iterable[Resource],
    *,
    as_of: datetime | None,
    links: Sequence[tuple[str, str]],
    total: int | None,
) -> Resource:
    """`as_of`: the date of the directory; a client asks for what changed since then with `_lastUpdated=ge…`."""
    found: Resource = {"resourceType": "Bundle"}
    if as_of:
        found["meta"] = {"lastUpdated": instant(as_of)}
    found["type"] = "searchset"
    if total is not None:
        found["total"] = total
    found["link"] = [{"relation": relation, "url": url} for relation, url in links]
    entries = [_entry(base, one, "match") for one in matches] + [_entry(base, one, "include") for one in included]
    return found | ({"entry": entries} if entries else {})


def _entry(base: str, one: Resource, mode: str) -> Resource:
    return {
        "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
        "resource": one,
        "search": {"mode": mode},
    }


def subset(one: Resource, elements: Sequence[str]) -> Resource:
    """Only these elements, marked as not the whole (FHIR R4 §3.1.1.5.9)."""
    kept = {name: value for name, value in one.items() if name in ALWAYS or name in elements}
    tag = [{"system": systems.SUBSETTED, "code": "SUBSETTED"}]
    return kept | {"meta": {**one["meta"], "tag": tag}}
