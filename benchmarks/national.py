"""The annuaire at the size of the country: its load, the next day's, then searches (benchmarks.national_searches).

`SCALE=national make bench`. It invents the country first (four minutes), unless NATIONAL names a folder that holds
`day1` and `day2`, written by `manage.py generate_annuaire` with `--truth 5000 --plain`.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from benchmarks import national_searches
from benchmarks.figures import Figure

_PEOPLE = 1_950_000
_NAMES = ("PS_LibreAcces_Personne_activite", "PS_LibreAcces_SavoirFaire", "Extraction_Correspondance_MSSante")


def run(*, quick: bool = False) -> list[Figure]:
    from django.db import connection

    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("NATIONAL") or made)
        if not (folder / "day1").exists():
            _invent(folder, 20_000 if quick else _PEOPLE)
        figures = [*_loads(folder), *national_searches.run(folder / "day1", quick=quick)]
    connection.close()
    return figures


def _invent(folder: Path, people: int) -> None:
    from django.core.management import call_command

    for day in (1, 2):
        call_command("generate_annuaire", people=people, seed=1, out=folder / f"day{day}", day=day, truth=5_000, plain=True,
                     stamp=f"2026112{day}0213", verbosity=0)  # fmt: skip


def _loads(folder: Path) -> Iterator[Figure]:
    from django.utils import timezone

    from directory import sync

    for day, goal in ((1, 240.0), (2, 60.0)):
        paths = [next((folder / f"day{day}").glob(f"{name}*.txt")) for name in _NAMES]
        with _Memory() as memory:
            start = time.perf_counter()
            rows = sync.load(paths, clock=timezone.now)
            seconds = time.perf_counter() - start
        assert [row.state for row in rows] == ["done"] * 3, [row.error for row in rows]
        lines = sum(row.lines_read for row in rows)
        told = f"{lines:,} lines, {lines / seconds:,.0f} a second"
        name = "full load" if day == 1 else "a day's differences"
        yield Figure(f"annuaire: {name}", seconds, "s", told, goal, None, higher_is_better=False)
        held = "all processes together at their highest moment, pages that they share counted once (PSS)"
        yield Figure(f"annuaire: memory of {name}", memory.highest, "MB", held, 400.0, None, higher_is_better=False)


class _Memory(threading.Thread):
    """The most that this process and its children held together while it watched, in MB; looks four times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = 0.0
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(0.25):
            children = "".join(map(_read, Path("/proc/self/task").glob("*/children"))).split()
            self.highest = max(self.highest, sum(map(_held, ["self", *children])))


def _held(process: str) -> float:
    lines = _read(Path(f"/proc/{process}/smaps_rollup")).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _read(path: Path) -> str:
    """Nothing of a thread or a process that ended meanwhile: the watch goes on."""
    with suppress(OSError):
        return path.read_text()
    return ""
