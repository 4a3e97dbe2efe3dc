"""The annuaire at the size of the country: load, the next day, searches, and how often the right person comes first.

`python -m benchmarks national`. It invents the country first (four minutes), unless NATIONAL names a folder that holds
`day1` and `day2`, written by `manage.py generate_annuaire` with `--truth 5000 --plain`.
"""

import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, percentile, timed

_PEOPLE = 1_950_000
_ASKED = 2_000
_NAMES = ("PS_LibreAcces_Personne_activite", "PS_LibreAcces_SavoirFaire", "Extraction_Correspondance_MSSante")


def run(*, quick: bool = False) -> list[Figure]:
    from django.db import connection

    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("NATIONAL") or made)
        if not (folder / "day1").exists():
            _invent(folder, 20_000 if quick else _PEOPLE)
        figures = [*_loads(folder), *_speeds(folder / "day1"), *_quality(folder / "day1")]
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
        start = time.perf_counter()
        rows = sync.load(paths, clock=timezone.now)
        seconds = time.perf_counter() - start
        assert [row.state for row in rows] == ["done"] * 3, [row.error for row in rows]
        lines = sum(row.lines_read for row in rows)
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
        told = f"{lines:,} lines, {lines / seconds:,.0f} a second, largest process {peak:.0f} MB"
        name = "full load" if day == 1 else "a day's differences"
        yield Figure(f"annuaire: {name}", seconds, "s", told, goal, None, higher_is_better=False)


def _speeds(folder: Path) -> Iterator[Figure]:
    from directory import lookup

    people = [one for one in _truth(folder) if one["addresses"]]
    for name, goal, ask in (
        ("3 letters and more, town in any order", 3.0, _as_typed),
        ("2 letters alone", 12.0, lambda one, chance: one["last_name"][:2]),
        (
            "one typing error, with its town",
            25.0,
            lambda one, chance: f"{_slip(one['last_name'], chance)} {one['town']}",
        ),
        ("one typing error, name alone", 80.0, lambda one, chance: _slip(one["last_name"], chance)),
        ("exact RPPS", 1.0, lambda one, chance: one["rpps"]),
        ("exact address", 1.0, lambda one, chance: one["addresses"][0]),
    ):
        texts = _texts(people, ask)
        runs = timed(lambda texts=texts: lookup.find(next(texts), limit=10), 1_000)
        told = f"p50 {percentile(runs, 0.5):.2f} ms, p99 {percentile(runs, 0.99):.1f} ms, 1,000 searches"
        yield Figure(f"{name}, p95", percentile(runs, 0.95), "ms", told, goal, None, higher_is_better=False)


def _texts(people: list[dict[str, Any]], ask: Callable[[dict[str, Any], random.Random], str]) -> Iterator[str]:
    chance = random.Random(11)
    placed = cycle([one for one in people if one["town"]])
    return (ask(next(placed), chance) for _ in cycle([0]))


def _as_typed(one: dict[str, Any], chance: random.Random) -> str:
    last, first, town = one["last_name"], one["first_name"], one["town"]
    return chance.choice((last[:3], last[:5], f"{first} {last[:4]}", f"{last} {town[:4]}", f"{town} {last[:4]}",
                          f"{last} {first} {town}"))  # fmt: skip


def _quality(folder: Path) -> Iterator[Figure]:
    """Queries that tell one person from all others of the truth's country: with the town wherever there are homonyms."""
    from directory import lookup

    chance = random.Random(23)
    people = [one for one in _truth(folder) if one["town"] and one["addresses"]]
    ranks: dict[str, list[int]] = {}
    for number in range(_ASKED):
        one = people[number % len(people)]
        kind, text = _query(one, number, chance)
        found = [face.ref for face in lookup.find(text, limit=10).faces]
        wanted = lookup.ref_of_person(one["idnps"])
        ranks.setdefault(kind, []).append(found.index(wanted) if wanted in found else 99)
    every = [rank for told in ranks.values() for rank in told]
    told = ", ".join(f"{kind} {100 * sum(r == 0 for r in got) / len(got):.0f} %" for kind, got in ranks.items())
    for name, within, goal in (("first", 1, 95.0), ("among the first five", 5, 99.0)):
        share = 100 * sum(rank < within for rank in every) / len(every)
        yield Figure(f"right person {name}", share, "%", f"{len(every):,} searches; first: {told}", goal, None)


def _query(one: dict[str, Any], number: int, chance: random.Random) -> tuple[str, str]:
    last, first, town = one["last_name"], one["first_name"], one["town"]
    kinds: tuple[tuple[str, Callable[[], str]], ...] = (
        ("exact", lambda: f"{first} {last} {town}"),
        ("reversed", lambda: f"{last} {first} {town}"),
        ("accent-less", lambda: lookup_fold(f"{first} {last} {town}")),
        ("one typo", lambda: f"{first} {_slip(last, chance)} {town}"),
        ("partial", lambda: f"{first[:4]} {last[: max(4, len(last) - 3)]} {town}"),
        ("discipline and town", lambda: f"{last} {one['discipline'] or one['profession']} {town}"),
    )
    kind, ask = kinds[number % len(kinds)]
    return kind, ask()


def lookup_fold(text: str) -> str:
    from directory.fold import fold

    return fold(text).upper()


def _slip(word: str, chance: random.Random) -> str:
    """One letter less, more, other, or two exchanged, not the first; words too short to be mended are left whole."""
    if len(word) < 5:
        return word
    at = chance.randrange(1, len(word) - 1)
    return chance.choice((
        word[:at] + word[at + 1 :], word[:at] + chance.choice("aeinrst") + word[at:],
        word[:at] + chance.choice("aeinrst") + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ))  # fmt: skip


def _truth(folder: Path) -> list[dict[str, Any]]:
    with next(folder.glob("truth*.jsonl")).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
