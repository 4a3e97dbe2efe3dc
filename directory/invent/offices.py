"""Mailboxes of invented structures and of their services."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from directory.invent import days, lines
from directory.invent.domains import Domains
from directory.invent.draws import ALL, Draws, source
from directory.invent.land import Land, slug
from directory.invent.structures import KINDS, SERVICES, Structure, Structures


@dataclass(frozen=True, slots=True)
class OfficeBox:
    address: str
    service: str
    line: str


class Offices:
    """The n-th structure's mailboxes, as of a day."""

    def __init__(self, seed: int, country: Land, domains: Domains, structures: Structures, day: int = 1) -> None:
        self._draws, self._changes = source(seed, "offices"), source(seed, "office-days")
        self._domains, self._structures, self.day = domains, structures, day
        self._place = {one.code: place for place, one in enumerate(country.departments)}

    def past(self, number: int) -> days.Past:
        return days.structure_past(self._changes, number, self.day) if self.day > 1 else days.UNCHANGED

    def boxes(self, number: int) -> Iterator[OfficeBox]:
        kind, place = self._structures.located(number)
        count, then = self._count(kind, number), self.past(number)
        if not KINDS[kind].boxes:
            return
        orders = (*range(count - then.closed), *range(count, count + then.opened))
        if orders:
            home = self._structures.of(kind, place)
            for order in orders:
                yield self._box(home, number, order)

    def _count(self, kind: int, number: int) -> int:
        """Exponential for hospitals, one or none for the others."""
        mean, part = KINDS[kind].boxes, self._draws(number << 6)[0] / ALL
        return min(int(0.5 - mean * log(1 - part)), 36) if mean > 1 else int(part < mean)

    def _box(self, home: Structure, number: int, order: int) -> OfficeBox:
        drawn = self._draws(number << 6 | order + 1)
        start = number * 11 % len(SERVICES)
        service = SERVICES[(start + 7 * order) % len(SERVICES)] if KINDS[home.kind].boxes > 1 or order else ""
        domain = self._domains.of(None, self._place[home.department.code], drawn[0], drawn[1])
        address = f"{_local(home, service, drawn)}@{domain}"
        return OfficeBox(address, service, lines.structure_box(home.mailbox, address, service, drawn))


def _local(home: Structure, service: str, drawn: Draws) -> str:
    site = home.site
    told = slug(site.name)[:26].strip("-")
    town = slug(site.town)[:16].strip("-")
    parts = [slug(service)[:16].strip("-")] if service else ["secretariat"] if drawn[2] % 5 == 0 else []
    parts += [told] if town in told else [told, town]
    return ".".join(parts) + (str(home.rank) if home.rank else "")
