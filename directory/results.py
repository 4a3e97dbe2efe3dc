"""A page of answers: cards, what they may be narrowed to with how many there would be, and where they are in France."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from directory import facets, lookup, map, readings
from directory.asked import DISTANCES, KINDS, MOST, Asked
from directory.asker import Asker
from directory.cards import Card, cards
from directory.facets import Tally
from directory.geography import DEPARTMENTS
from directory.map import Key, MapDepartment
from directory.search import Scope

_MOST_CHOICES = 60  # of one list
_NOWHERE = ("-",)  # no town nor department is called so: around nobody, nothing is near


class Choice(NamedTuple):
    """One line of a list: what the form says, what is shown."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One list of the form; `name` is its field's."""

    name: str
    label: str
    every: str  # what is shown when nothing is chosen
    choices: Sequence[Choice]

    @property
    def chosen(self) -> str:
        return next((one.label for one in self.choices if one.is_chosen), "")


@dataclass(frozen=True, slots=True)
class Page:
    asked: Asked
    cards: Sequence[Card] = ()
    meant: str = ""
    is_cut: bool = False
    tally: Tally = field(default_factory=Tally)
    narrowings: Sequence[Narrowing] = ()
    map: Sequence[MapDepartment] = ()
    legend: Sequence[Key] = ()

    @property
    def is_too_short(self) -> bool:
        return bool(self.asked.words) and not lookup.is_enough(self.asked.words)

    @property
    def next(self) -> int | None:
        return self.asked.more().shown if self.asked.shown < MOST else None


def page(asked: Asked, who: Asker) -> Page:
    """Five statements at most, whatever is found."""
    if not asked.words:
        return Page(asked, narrowings=_narrowings(asked, Tally(), who))
    scope = scope_of(asked, who)
    found, meant = cards(asked.words, limit=asked.shown + 1, scope=scope, here=who.commune)
    told = _tally(meant or asked.words, scope)
    drawn = map.drawn(told.departments, {asked.department} - {""}) if told.departments and not told.is_cut else []
    return Page(
        asked,
        cards=found[: asked.shown],
        meant=meant,
        is_cut=len(found) > asked.shown or told.total > len(found),  # one person may fill the few rows that are read
        tally=told,
        narrowings=_narrowings(asked, told, who),
        map=drawn,
        legend=map.legend(drawn),
    )


def cards_only(asked: Asked, who: Asker) -> Page:
    """Two statements, nothing counted."""
    if not asked.words:
        return Page(asked)
    found, meant = cards(asked.words, limit=asked.shown + 1, scope=scope_of(asked, who), here=who.commune)
    return Page(asked, cards=found[: asked.shown], meant=meant, is_cut=len(found) > asked.shown)


def scope_of(asked: Asked, who: Asker) -> Scope:
    towns, departments = who.within(asked.km) if asked.km else ((), ())
    if asked.km and not towns:
        towns = departments = _NOWHERE
    return Scope(
        reachable_only=not asked.with_all,
        departments=(asked.department,) if asked.department else tuple(departments),
        qualifications=facets.qualifications(asked.profession, asked.discipline),
        towns=tuple(towns),
        kind=asked.kind,
        near=who.near,
        known=who.known,
    )


def _tally(words: str, scope: Scope) -> Tally:
    """An identifier or an address is somebody's: nothing to count."""
    if "@" in words or not (typed := readings.words(words)):
        return Tally()
    return facets.tally(typed, scope)


def _narrowings(asked: Asked, told: Tally, who: Asker) -> list[Narrowing]:
    around = {str(km): f"{km} km de {who.town}" for km in DISTANCES} if who.commune else {}
    found = [
        _list("profession", "Profession", "Toutes les professions", asked.profession, told.professions),
        _list("discipline", "Discipline", "Toutes les disciplines", asked.discipline, told.disciplines),
        _list(
            "department", "Département", "Toute la France", asked.department, _sorted(told.departments),
            {code: f"{name} ({code})" for code, name in DEPARTMENTS.items()},
        ),
        Narrowing("km", "Distance", "À toute distance", [
            Choice(value, f"À moins de {label}", int(value) == asked.km) for value, label in around.items()
        ]),
        _list("kind", "Boîtes", "Toutes les boîtes", asked.kind, told.kinds, KINDS),
    ]  # fmt: skip
    return [one for one in found if len(one.choices) > 1 or one.chosen]


def _list(
    name: str, label: str, every: str, chosen: str, counts: Mapping[str, int], labels: Mapping[str, str] | None = None
) -> Narrowing:
    """The commonest first; what is chosen is there even when nobody answers to it."""
    kept = [value for value, count in counts.items() if count and (labels is None or value in labels)][:_MOST_CHOICES]
    if chosen and chosen not in kept:
        kept.insert(0, chosen)
    shown = labels or {}
    choices = [Choice(one, f"{shown.get(one, one)} – {map.spaced(counts.get(one, 0))}", one == chosen) for one in kept]
    return Narrowing(name, label, every, choices)


def _sorted(counts: Mapping[str, int]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
