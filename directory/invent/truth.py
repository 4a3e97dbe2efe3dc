"""Who the invented people really are, for whoever measures a search: a sample as JSON lines, and what a day changed.

People are made again from their numbers, never kept.
"""

import json
from collections.abc import Iterator, Sequence

from directory.invent import days
from directory.invent.land import folded
from directory.invent.people import Activity, Being, People, Where


def sample(people: int, size: int) -> range:
    """Evenly among everybody."""
    return range(0, people, max(people // size, 1))[:size] if size else range(0)


class Homonyms:
    """Counts, while everybody passes, who bears the same folded names as somebody of the sample."""

    def __init__(self, sampled: Iterator[Being]) -> None:
        self._last: set[str] = set()
        self._counts: dict[str, int] = {}
        for one in sampled:
            last = folded(one.last_name)
            self._last.add(last)
            self._counts[f"{last}|{folded(one.first_name)}"] = 0

    def see(self, one: Being) -> None:
        if (last := folded(one.last_name)) in self._last:
            key = f"{last}|{folded(one.first_name)}"
            if key in self._counts:
                self._counts[key] += 1

    def of(self, one: Being) -> int:
        return self._counts[f"{folded(one.last_name)}|{folded(one.first_name)}"]


def told(everyone: People, one: Being, homonyms: int) -> str:
    """One line of the truth; the first place's town and structure stand in front."""
    found = [act.place for act in _activities(everyone, one) if act.place]
    first = one.skills[0] if one.skills else None
    return _json({
        "idnps": f"8{one.rpps}", "rpps": one.rpps, "first_name": one.first_name, "last_name": one.last_name,
        "profession_code": one.trade.code, "profession": one.trade.label, "category": one.category[0],
        "discipline_code": first.code if first else "", "discipline": first.label if first else "",
        "town": found[0].town if found else "", "postcode": found[0].postcode if found else "",
        "department": found[0].department if found else "", "structure": found[0].name if found else "",
        "places": [_place(place) for place in found], "addresses": addresses(everyone, one), "homonyms": homonyms,
    })  # fmt: skip


def _activities(everyone: People, one: Being) -> list[Activity]:
    return [everyone.activity(one, place) for place in range(one.places)]


def _place(place: Where) -> dict[str, str]:
    return {"key": place.key, "structure": place.name, "town": place.town, "postcode": place.postcode,
            "department": place.department}  # fmt: skip


def addresses(everyone: People, one: Being | None) -> list[str]:
    return [everyone.box(one, order).address for order in everyone.boxes(one)] if one else []


def changes(yesterday: People, today: People, number: int, one: Being | None) -> Iterator[str]:
    """What the day changed of one person: gone, new, renamed, moved, role; each address vanished or new."""
    before = yesterday.being(number) if number < yesterday.count else None
    known = one or before
    idnps = f"8{known.rpps}" if known else ""
    if before and not one:
        yield _change("gone", idnps)
    elif one and not before:
        yield _change("new", idnps)
    elif one and before:
        yield from _differences(yesterday, today, before, one, idnps)
    yield from address_changes(addresses(yesterday, before), addresses(today, one), idnps)


def _differences(yesterday: People, today: People, before: Being, one: Being, idnps: str) -> Iterator[str]:
    if before.last_name != one.last_name:
        yield _change(days.NAMES[days.RENAMED], idnps, before.last_name, one.last_name)
    was, now = yesterday.activity(before, 0), today.activity(one, 0)
    if one.past.today & days.MOVED and was.place and now.place and was.place != now.place:  # a practice keeps its key
        yield _change(days.NAMES[days.MOVED], idnps, _place(was.place), _place(now.place))
    elif (was.section, was.role, was.mode, was.kind) != (now.section, now.role, now.mode, now.kind):
        yield _change(days.NAMES[days.ROLE], idnps, was.role, now.role)


def address_changes(before: Sequence[str], after: Sequence[str], idnps: str = "") -> Iterator[str]:
    for address in before:
        if address not in after:
            yield _change(days.NAMES[days.BOX_GONE], idnps, address)
    for address in after:
        if address not in before:
            yield _change(days.NAMES[days.BOX_NEW], idnps, None, address)


def _change(what: str, idnps: str, before: object = None, after: object = None) -> str:
    return _json({"change": what, "idnps": idnps, "before": before, "after": after})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
