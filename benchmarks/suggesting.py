"""Whom one may write to, as one types: suggestions among 100,000 people loaded from the published layouts.

`python -m benchmarks suggesting`. The view is asked through URL, session, middleware and template, as a browser does.
"""

import random
import tempfile
import time
from pathlib import Path

from django.core.management import call_command

from benchmarks.figures import Figure, percentile, timed

GOAL_MS = 12.0


def run(*, quick: bool = False) -> list[Figure]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from benchmarks.people import pharmacy, signed_in
    from directory import lookup
    from directory.models import DirectoryLoad, Entry

    settings.ALLOWED_HOSTS = ["testserver"]
    people = 10_000 if quick else 100_000
    loaded = _load(people)
    lines = sum(DirectoryLoad.objects.values_list("lines_read", flat=True))
    connection.cursor().execute("VACUUM ANALYZE")  # as a database at rest is
    box, pharmacist = pharmacy()
    client, composer = signed_in(Client(), pharmacist), f"/b/{box.pk}/suggestions/"
    texts = typing(600)
    how = f"{people:,} people, {Entry.objects.count():,} entries"
    figures = [Figure("directory load", lines / loaded, "lines/s", f"{lines:,} lines in {loaded:.1f} s")]
    for name, act, times in (
        ("suggest at the database", lookup.suggest, 590),
        ("suggest, view included", lambda text: client.post(composer, {"q": text}), 300),
        ("search page of 25", lambda text: lookup.found(text, limit=26, scope=lookup.Scope(reachable_only=False)), 300),
    ):
        asked = iter(texts)
        runs = timed(lambda act=act, asked=asked: act(next(asked)), times)
        told = f"{how}, p50 {percentile(runs, 0.5):.1f} ms, p99 {percentile(runs, 0.99):.1f} ms"
        figures.append(
            Figure(f"{name}, p95", percentile(runs, 0.95), "ms", told, GOAL_MS, GOAL_MS, higher_is_better=False)
        )
    return figures


def _load(people: int) -> float:
    """Seconds that the two files take to come into force."""
    with tempfile.TemporaryDirectory() as folder:
        call_command("generate_annuaire", people=people, seed=7, out=Path(folder), verbosity=0)
        start = time.perf_counter()
        call_command("sync_directory", *sorted(map(str, Path(folder).iterdir())))
        return time.perf_counter() - start


def typing(count: int) -> list[str]:
    """What hands type: a beginning, both orders, a profession, a town; one in ten is nobody."""
    from directory.invent.common_names import COMMON
    from directory.invent.given import MEN, WOMEN
    from directory.invent.land import land

    chance = random.Random(3)
    asked = []
    for number in range(count):
        first, last = chance.choice(WOMEN[:80] + MEN[:80]), COMMON[int(chance.random() ** 2 * 400)]
        town = chance.choice(land().departments).communes[0].town()
        asked.append(
            (
                last[:2], last[:4], f"{first} {last[:3]}", f"{last} {first[:2]}", f"{last} {town[:4]}",
                f"médecin {last}", f"cardiologue {town}", f"pharmacie {town[:5]}", f"{first} {last} {town}",
                f"{last} zzyzx",
            )[number % 10]
        )  # fmt: skip
    return asked
