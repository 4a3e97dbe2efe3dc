"""The map of France by department: each one's outline, with how many results are in it. Pure; reads its outlines once."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from directory.geography import DEPARTMENTS

STEPS = 5
_DATA = Path(__file__).with_name("data") / "departements.json"


class Box(NamedTuple):
    """In units of `outline().view_box`."""

    x: int
    y: int
    width: int
    height: int


class Shape(NamedTuple):
    path: str  # of SVG
    box: Box  # around the path; of an overseas department, the box it stands in
    is_boxed: bool


@dataclass(frozen=True, slots=True)
class Outline:
    view_box: str
    crown: str  # path: where Paris and its three neighbours are in the country
    frame: Box  # where these four are drawn, apart and larger
    shapes: Mapping[str, Shape]  # by code of department, in order


@dataclass(frozen=True, slots=True)
class MapDepartment:
    code: str
    name: str
    shape: Shape
    count: int
    step: int  # 0 without result, then 1 (fewest) to STEPS
    is_chosen: bool

    @property
    def path(self) -> str:
        return self.shape.path

    @property
    def is_button(self) -> bool:
        """Something happens when it is pressed: results are there, or it is let go."""
        return self.count > 0 or self.is_chosen

    @property
    def title(self) -> str:
        """`Nord (59) : 1 234 résultats`."""
        return f"{self.name} ({self.code})\N{NO-BREAK SPACE}: {_counted(self.count)}"


class Key(NamedTuple):
    """A line of the legend: this step is from `low` to `high` results."""

    step: int
    low: int
    high: int

    @property
    def text(self) -> str:
        return spaced(self.low) if self.low == self.high else f"{spaced(self.low)} à {spaced(self.high)}"


@cache
def outline() -> Outline:
    document = json.loads(_DATA.read_text("utf-8"))
    shapes = {
        code: Shape(shape["path"], Box(*shape["box"]), shape.get("boxed", False))
        for code, shape in document["departments"].items()
    }
    return Outline(document["view_box"], document["crown"], Box(*document["frame"]), shapes)


def drawn(counts: Mapping[str, int], chosen: Collection[str] = ()) -> list[MapDepartment]:
    """Every department once, in the order of codes. Counts of what is no department (abroad, unknown) are left out."""
    steps = _steps([count for code, count in counts.items() if code in DEPARTMENTS])
    return [
        MapDepartment(
            code, DEPARTMENTS[code], shape, count := max(0, counts.get(code, 0)), steps[count], code in chosen
        )
        for code, shape in outline().shapes.items()
    ]


def legend(departments: Sequence[MapDepartment]) -> list[Key]:
    """What each step that is drawn means, the fewest first."""
    counted = sorted((department.step, department.count) for department in departments if department.count)
    found = []
    for step, group in groupby(counted, key=lambda pair: pair[0]):
        inside = [count for _, count in group]
        found.append(Key(step, inside[0], inside[-1]))
    return found


def _steps(counts: list[int]) -> Mapping[int, int]:
    """Count -> step: a fifth of the departments with results in each, equal counts together, the most always in the last.

    By rank and not by size: Paris has a hundred times the Creuse, and a linear scale would show Paris only.
    """
    ranked = sorted((count for count in counts if count > 0), reverse=True)
    steps = {0: 0}
    for rank, count in enumerate(ranked):
        steps.setdefault(count, STEPS - rank * STEPS // max(STEPS, len(ranked)))
    return steps


def _counted(count: int) -> str:
    if not count:
        return "aucun résultat"
    return f"{spaced(count)} résultat{'s' if count > 1 else ''}"


def spaced(count: int) -> str:
    """`1 234`."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
