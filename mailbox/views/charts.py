"""Charts as numbers for a template to draw: bars on each other and lines, in the units of an SVG's viewBox. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 160.0
_LEFT, _BOTTOM, _TOP = 44.0, 22.0, 10.0
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: int  # which of the series


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`bars` and `lines` are drawn, `rows` are told: what a screen reader, or who cannot see it, reads instead."""

    title: str
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    lines: tuple[str, ...]  # of points «x,y x,y», one a series
    up: tuple[Tick, ...]
    along: tuple[Tick, ...]
    rows: tuple[tuple[str, ...], ...]
    is_empty: bool
    left: float = _LEFT
    right: float = WIDTH - 4
    floor: float = HEIGHT - _BOTTOM

    @property
    def paths(self) -> list[str]:
        """The bars of each series as one path: a month of hours is one element, not a thousand."""
        drawn: list[list[str]] = [[] for _ in self.series]
        for bar in self.bars:
            drawn[bar.kind].append(f"M{bar.x} {bar.y}h{bar.width}v{bar.height}h-{bar.width}z")
        return ["".join(one) for one in drawn]


def round_top(most: float) -> float:
    """The next round number; 1 when there is nothing."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in _STEPS if step * power >= most * 0.999)


def even_top(most: float) -> float:
    """The end of an axis that counts: its half is a whole number too."""
    return 2.0 * math.ceil(round_top(most / 2))


def stacked(
    title: str, series: Sequence[str], values: Sequence[Sequence[float]], names: Sequence[str], *, marks: Sequence[str],
    rows: Sequence[Sequence[str]] = (),
) -> Chart:  # fmt: skip
    """A column for each of `names`, of the values of each series on one another; `marks`: what stands below, '' for nothing."""
    sums = [sum(column) for column in zip(*values, strict=True)]
    top = even_top(max(sums, default=0))
    place, height = (WIDTH - 4 - _LEFT) / max(1, len(sums)), HEIGHT - _BOTTOM - _TOP
    bars = []
    for at in range(len(sums)):
        floor = HEIGHT - _BOTTOM
        for kind, one in enumerate(values):
            tall = one[at] / top * height
            tall = max(tall, 1.5) if one[at] else 0.0  # one refusal among thousands is seen
            floor -= tall
            if tall:
                gap = 1.0 if place > 6 else -0.1  # narrow ones touch: else the screen invents a pattern
                bars.append(Bar(_r(_LEFT + at * place + gap), _r(floor), _r(place - 2 * gap), _r(tall), kind))
    told = rows or [(name, *(_number(one[at]) for one in values)) for at, name in enumerate(names)]
    return _chart(title, series, tuple(bars), (), top, marks, told, is_empty=not any(sums))


def lines(
    title: str, series: Sequence[str], values: Sequence[Sequence[float | None]], names: Sequence[str], *, marks: Sequence[str],
    unit: str = "",
) -> Chart:  # fmt: skip
    """A line a series; where there is no value it is left out, and the line goes on."""
    known = [value for one in values for value in one if value is not None]
    top = round_top(max(known, default=0))
    place, height = (WIDTH - 4 - _LEFT) / max(1, len(names)), HEIGHT - _BOTTOM - _TOP

    def points(one: Sequence[float | None]) -> str:
        found = [
            (_LEFT + (n + 0.5) * place, HEIGHT - _BOTTOM - value / top * height)
            for n, value in enumerate(one)
            if value is not None
        ]
        if len(found) == 1:  # a point alone draws nothing: a dash is seen
            [(x, y)] = found
            found = [(x - 3, y), (x + 3, y)]
        return " ".join(f"{_r(x)},{_r(y)}" for x, y in found)

    told = [
        (name, *("–" if one[at] is None else f"{_number(one[at] or 0)}{unit}" for one in values))
        for at, name in enumerate(names)
    ]
    return _chart(title, series, (), tuple(points(one) for one in values), top, marks, told, is_empty=not known)


def _chart(
    title: str, series: Sequence[str], bars: tuple[Bar, ...], drawn: tuple[str, ...], top: float, marks: Sequence[str],
    rows: Sequence[Sequence[str]], *, is_empty: bool,
) -> Chart:  # fmt: skip
    height, place = HEIGHT - _BOTTOM - _TOP, (WIDTH - 4 - _LEFT) / max(1, len(marks))
    up = tuple(Tick(_r(HEIGHT - _BOTTOM - share * height), _number(top * share)) for share in (0, 0.5, 1))
    along = tuple(Tick(_r(_LEFT + (n + 0.5) * place), mark) for n, mark in enumerate(marks) if mark)
    return Chart(title, tuple(series), bars, drawn, up, along, tuple(tuple(row) for row in rows), is_empty)


def _r(value: float) -> float:
    return round(value, 1)


def _number(value: float) -> str:
    """As French writes it; seconds below ten with their tenths."""
    if value == int(value):
        return f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.1f}".replace(".", ",")
