"""Searches among the whole country: how long they take, whom they find, how many a second, and what slapd needs for the same.

Read by benchmarks.national, on the directory that it loaded. The truth of the generator says who is meant.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import clock, slapd, stack
from benchmarks.figures import Figure, percentile, timed

_ASKED = 2_000
_RATE, _SECONDS, _PROCESSES = 100, 20.0, 2


def run(folder: Path, *, quick: bool = False) -> Iterator[Figure]:
    """`folder` holds the truth."""
    truth = _truth(folder)
    people = [one for one in truth if one["addresses"]]
    yield from _speeds(people)
    yield from _quality(truth)
    yield from _views(people)
    yield from _beside_slapd(people)


def _speeds(people: list[dict[str, Any]]) -> Iterator[Figure]:
    from directory import lookup

    took = _by_the_server(list(islice(_texts(people, _as_typed), 1_000)))
    for share, goal in ((0.5, 1.0), (0.95, 3.0)):
        name = f"3 letters and more, town in any order: at the database, p{100 * share:.0f}"
        told = f"by its own clock, p99 {percentile(took, 0.99):.1f} ms, 1,000 searches"
        yield Figure(name, percentile(took, share), "ms", told, goal, None, higher_is_better=False)
    for name, goal, ask in (
        ("the same, understood, asked and read", None, _as_typed),
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


def _by_the_server(texts: list[str]) -> list[float]:
    """Of each search, what the server says it took."""
    from directory import lookup

    for text in texts[:100]:  # each shape of statement is planned
        lookup.find(text, limit=10)
    took = []
    with clock.running(stack.home()) as server:
        for text in texts:
            lookup.find(text, limit=10)
            took.append(server.taken())
    return took


def _texts(people: list[dict[str, Any]], ask: Callable[[dict[str, Any], random.Random], str]) -> Iterator[str]:
    chance = random.Random(11)
    placed = cycle([one for one in people if one["town"] and one["addresses"]])
    return (ask(next(placed), chance) for _ in cycle([0]))


def _as_typed(one: dict[str, Any], chance: random.Random) -> str:
    last, first, town = one["last_name"], one["first_name"], one["town"]
    return chance.choice((last[:3], last[:5], f"{first} {last[:4]}", f"{last} {town[:4]}", f"{town} {last[:4]}",
                          f"{last} {first} {town}"))  # fmt: skip


def _quality(truth: list[dict[str, Any]]) -> Iterator[Figure]:
    """Queries that tell one person from all others of the truth's country: with the town wherever there are homonyms."""
    from directory import lookup

    chance = random.Random(23)
    people = [one for one in truth if one["town"] and one["addresses"]]
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


def _views(people: list[dict[str, Any]]) -> Iterator[Figure]:
    """As a browser asks: URL, session, rights, middleware, template; then by several at once."""
    from django.conf import settings
    from django.test import Client

    from benchmarks.people import pharmacy, signed_in

    settings.ALLOWED_HOSTS = ["testserver"]
    box, pharmacist = pharmacy()
    client, composer = signed_in(Client(), pharmacist), f"/b/{box.pk}/suggestions/"
    texts = _texts(people, _as_typed)
    runs = timed(lambda: client.post(composer, {"q": next(texts)}), 500)
    told = f"p50 {percentile(runs, 0.5):.1f} ms, 500 searches"
    yield Figure("suggestion, view included, p95", percentile(runs, 0.95), "ms", told, 12.0, higher_is_better=False)
    runs = timed(lambda: client.post("/annuaire/", {"q": next(texts)}, headers={"HX-Request": "true"}), 200)
    told = f"p50 {percentile(runs, 0.5):.1f} ms: cards, counts and map"
    yield Figure("page of the annuaire as one types, p95", percentile(runs, 0.95), "ms", told, higher_is_better=False)
    yield _sustained(composer, pharmacist, list(islice(texts, int(_RATE * _SECONDS))))


def _sustained(composer: str, pharmacist: Any, texts: list[str]) -> Figure:
    """A hundred a second, by a process for each core, each at its time whatever became of the one before; late ones count
    from when they were due."""
    from multiprocessing import get_context

    start = time.time() + 6.0  # each sets Django up before
    with get_context("spawn").Pool(_PROCESSES) as pool:
        jobs = [(composer, pharmacist.pk, texts[one::_PROCESSES], start, one) for one in range(_PROCESSES)]
        found = pool.starmap(_browse, jobs, chunksize=1)
    took = [seconds for one in found for seconds, _ in one]
    rate = len(took) / (max(ended for one in found for _, ended in one) - start)
    told = (
        f"{_RATE} a second for {_SECONDS:.0f} s: p50 {percentile(took, 0.5):.1f}, p95 {percentile(took, 0.95):.1f} ms"
    )
    return Figure("searches sustained, views included", rate, "/s", told, _RATE * 0.98)


def _browse(composer: str, user_id: Any, texts: list[str], start: float, one: int) -> list[tuple[float, float]]:
    """In a process of its own: how long each took from when it was due, and when it ended."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from auth_otp.models import User
    from benchmarks.people import signed_in

    settings.ALLOWED_HOSTS = ["testserver"]
    client = signed_in(Client(), User.objects.get(pk=user_id))
    client.post(composer, {"q": "du"})
    told = []
    for number, text in enumerate(texts):
        due = start + (number * _PROCESSES + one) / _RATE
        time.sleep(max(0.0, due - time.time()))
        assert client.post(composer, {"q": text}).status_code == 200
        told.append((time.time() - due, time.time()))
    return told


def _beside_slapd(people: list[dict[str, Any]]) -> Iterator[Figure]:
    """The same words, the same people who have an address, in the same run, each by its server's own clock."""
    from directory.readings import words

    if not slapd.is_here():
        print("  slapd is not installed: no comparison")
        return
    texts = list(islice(_texts(people, _as_typed), 500))
    with tempfile.TemporaryDirectory() as folder, slapd.loaded(Path(folder) / "slapd") as server:
        filters = [slapd.any_order(words(text)) for text in texts]
        server.searches(filters[:20])
        theirs = server.searches(filters)
    ours = _by_the_server(texts)
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        mine, its = percentile(ours, share), percentile(theirs, share)
        told = f"ours {mine:.2f} ms, slapd {its:.2f} ms, {len(texts)} searches"
        yield Figure(f"suggestion against slapd, {name}", mine / its, "×", told, 1.0, higher_is_better=False)
