"""What a measurement answers, how it is printed and kept, and the arithmetic they share."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `floor` and `goal` are of the same unit; `higher_is_better` says which side is met."""

    name: str
    value: float
    unit: str
    how: str
    goal: float | None = None
    floor: float | None = None
    higher_is_better: bool = True

    def verdict(self) -> str:
        def met(bound: float | None) -> bool:
            return bound is None or (self.value >= bound if self.higher_is_better else self.value <= bound)

        if not met(self.floor):
            return "BELOW FLOOR"
        return "met" if met(self.goal) else "goal missed"


def percentile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3


def timed(act: Callable[[], object], times: int, *, warm_up: int = 5) -> list[float]:
    """Seconds of each run of `act`, after a warm-up that is not counted."""
    for _ in range(warm_up):
        act()
    runs = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        runs.append(time.perf_counter() - start)
    return runs


def show(figures: Sequence[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    print(f"\n{'figure':{width}}  {'value':>10}  {'goal':>8}  {'floor':>8}  verdict")
    for f in figures:
        bounds = [f"{bound:g}" if bound is not None else "–" for bound in (f.goal, f.floor)]
        print(f"{f.name:{width}}  {f.value:>7.1f} {f.unit:<5} {bounds[0]:>6}  {bounds[1]:>8}  {f.verdict()}  ({f.how})")


def keep(figures: Sequence[Figure], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps([asdict(f) | {"verdict": f.verdict()} for f in figures], ensure_ascii=False, indent=1))
    return path
