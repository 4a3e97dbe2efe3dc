"""What rules cost a letter, after it was filed: reading it again, every condition of every rule, what they do, committed.

From no rule that is met to as many as a mailbox may have, with as many conditions as a rule may: the bound of the worst case.
"""

import random
import time
from datetime import timedelta

from benchmarks import people
from benchmarks.figures import Figure
from benchmarks.reading import _filing

_ABSENT = ("subject", "zirconium"), ("sender", "zebulon"), ("domain", "ailleurs.example"), ("profession", "zoologue")


def run(*, quick: bool = False) -> list[Figure]:
    from mailbox import cabinet
    from mailbox.models import Membership
    from mailbox.rules import values

    box, user = people.pharmacy()
    member = Membership.objects.select_related("mailbox__key", "mailbox__tenant", "user").get(mailbox=box, user=user)
    label = str(cabinet.make_label(box, "Étiquette", "info").pk)
    count, most = 60 if quick else 400, values.MAX_RULES
    figures, start = [], 0
    for name, rules, conditions, acts, goal in (
        ("one rule, not met", 1, 1, {}, 8),
        ("ten rules of three conditions, none met", 10, 3, {}, 10),
        ("ten rules, one met: label, status, flag, folder", 10, 3, {"label": label}, 25),
        ("all rules and conditions there may be, none met", most, values.MAX_CONDITIONS, {}, 25),
    ):
        _rules(member, rules, conditions, acts)
        each, spent = _sorted(box, start, count)
        start += count
        how = f"{count} letters of {rules} rules × {conditions}, one worker, {spent:.1f} ms of its processor each"
        figures.append(Figure(f"rules, {name}", each, "ms", how, goal=goal, floor=4 * goal, higher_is_better=False))
    return figures


def _rules(member, rules: int, conditions: int, acts: dict[str, str]) -> None:
    """The last of them is met, where something is to be done; the others look at everything first."""
    from django.utils import timezone

    from mailbox.models import Rule
    from mailbox.rules import book
    from mailbox.rules.values import Acts, Condition, Words

    Rule.objects.filter(mailbox=member.mailbox).delete()
    lines = tuple(Condition(kind, f"{value}{n}") for n in range(3) for kind, value in _ABSENT)[:conditions]
    for number in range(rules):
        is_met = bool(acts) and number == rules - 1
        done = Acts(folder="archive", status="waiting", is_flagged=True, **acts) if is_met else Acts(status="done")
        asked = (Condition("domain", "hopital.mssante.example"),) if is_met else lines
        book.make(member, Words(f"Règle {number}", asked, done, needs_all=False), now=timezone.now())


def _sorted(box, start: int, count: int) -> tuple[float, float]:
    """Milliseconds for each of so many letters, on the clock and of the processor."""
    from django.utils import timezone

    from mailbox import store
    from mailbox.rules.worker import sort_due

    rng, now = random.Random(7), timezone.now()
    for at in range(start, start + count, 50):
        numbers = range(at, min(at + 50, start + count))
        store.file(box, [_filing(rng, number, now + timedelta(seconds=number)) for number in numbers])
    began, spent = time.perf_counter(), time.process_time()
    assert sort_due(now + timedelta(hours=1)) == count
    return (time.perf_counter() - began) / count * 1e3, (time.process_time() - spent) / count * 1e3
