"""Whom one may write to, as one types: suggestions among 100,000 people loaded from the published layouts."""

import random
import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory

from benchmarks.figures import Figure, percentile, timed

GOAL_MS = 12.0


def run(*, quick: bool = False) -> list[Figure]:
    from directory import lookup, views
    from directory.models import MailboxAddress

    people = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        call_command("generate_annuaire", people=people, seed=7, out=Path(folder), stdout=StringIO())
        [loaded] = timed(
            lambda: call_command("import_directory", *sorted(map(str, Path(folder).iterdir())), stdout=StringIO()),
            1,
            warm_up=0,
        )
    typed = iter(typing(400))
    at_database = timed(lambda: lookup.suggest(next(typed)), 380)
    typed = iter(typing(400))
    factory = RequestFactory()

    def ask() -> None:
        views.suggestions(factory.post("/annuaire/suggestions/", {"q": next(typed)}))

    through_view = timed(ask, 190)
    how = f"{people} people, {MailboxAddress.objects.count()} addresses"
    connection.close()
    return [
        Figure("directory: load", loaded, "s", how, higher_is_better=False),
        Figure("directory: suggest p50", percentile(at_database, 0.5), "ms", how, GOAL_MS, higher_is_better=False),
        Figure("directory: suggest p95", percentile(at_database, 0.95), "ms", how, GOAL_MS, higher_is_better=False),
        Figure("directory: suggestions view p95", percentile(through_view, 0.95), "ms", how, GOAL_MS,
               higher_is_better=False),
    ]  # fmt: skip


def typing(count: int) -> list[str]:
    """What hands type: a beginning, both orders, a profession, a town; one in ten is nobody."""
    from directory import names

    chance = random.Random(3)
    asked = []
    for number in range(count):
        first, last = chance.choice(names.FIRST), chance.choice(names.FAMILY)
        town = chance.choice(names.TOWNS)[0]
        asked.append(
            (
                last[:2], last[:4], f"{first} {last[:3]}", f"{last} {first[:2]}", f"{last} {town[:4]}",
                f"médecin {last}", f"cardiologie {town}", f"pharmacie {town[:5]}", f"{first} {last} {town}",
                f"{last} zzyzx",
            )[number % 10]
        )  # fmt: skip
    return asked
