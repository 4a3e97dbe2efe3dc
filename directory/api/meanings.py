"""What a criterion means to the database: a condition, and the ranges of an index that hold all it can find.

The ranges say where to look, the condition what holds. A criterion without ranges filters what another finds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from directory import identity
from directory.api import texts
from directory.api.sql import END, ONLY, Bound, Range, between, both, either, merged
from directory.fhir import dates, systems
from directory.fhir.outcome import invalid, unsupported
from directory.fhir.parameters import CONTAINS, EXACT
from directory.fhir.query import Criterion, token

_SPECIAL = "http://hl7.org/fhir/special-values"
DOMAIN = "split_part({m}.address, '@', 2) COLLATE \"C\""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`rank`: the lower, the fewer rows its ranges hold. `needs_more`: too slow as the only criterion.

    `is_exact`: the ranges hold nothing else than what is asked for.
    """

    condition: str
    ranges: tuple[Range, ...] = ()
    rank: int = 9
    needs_more: bool = False
    is_exact: bool = False
    of_active: bool = False  # a closed resource holds nothing that it could match


type Reader = Callable[[Criterion, Bound], Meaning]

NARROW = 4  # the last rank that a costly criterion may lean on
IDS, MAILBOX, NAMED, PLACE, TRADE, CHANGED, GONE = 0, 1, 2, 3, 4, 5, 6


def row_ids(references: Iterable[str]) -> list[int]:
    """Of the ids that are shaped as ours; another one names nothing here."""
    found = []
    for reference in references:
        if len(reference) == 16 and set(reference) <= set("0123456789abcdef"):
            found.append(identity.row_id(reference))
    return found


def by_row(column: str, walk: str, ids: list[int], bound: Bound) -> Meaning:
    found = sorted(set(ids))
    return Meaning(f"{column} = ANY({bound(found, 'bigint[]')})", (Range(walk, ids=(found,)),), IDS, is_exact=True)


def referenced(criterion: Criterion, resource: str) -> list[int]:
    """Of `id` or `Resource/id`."""
    names = [value.removeprefix(f"{resource}/") for value in criterion.values]
    if any("/" in name or ":" in name for name in names):
        raise unsupported(f"Référence à {resource} de ce serveur attendue.", criterion.name)
    return row_ids(names)


def flags(criterion: Criterion) -> set[bool]:
    """`true`, `false`, or both."""
    found = set()
    for value in criterion.values:
        system, code = token(value)
        if system not in {None, "", _SPECIAL} or code not in {"true", "false"}:
            raise invalid("true ou false est attendu.", criterion.name)
        found.add(code == "true")
    return found


def active(criterion: Criterion, _: Bound) -> Meaning:
    asked = flags(criterion)
    if len(asked) == 2:
        return Meaning("TRUE")
    if asked == {True}:
        return Meaning("t.vanished_at IS NULL")
    return Meaning("t.vanished_at IS NOT NULL", (Range("gone"),), GONE)


def updated(criterion: Criterion, bound: Bound) -> Meaning:
    spans: list[dates.Span] = []
    for value in criterion.values:
        try:
            spans += dates.spans(value)
        except dates.NoDate:
            raise invalid("Date de FHIR attendue, avec ou sans préfixe.", criterion.name) from None
    lows, highs = [low for low, _ in spans], [high for _, high in spans]
    low = None if None in lows else min(low for low in lows if low)
    high = None if None in highs else max(high for high in highs if high)
    told = either(between("t.changed_at", *span, bound, "timestamptz") for span in spans)
    return Meaning(told, (Range("changed", low, high),), CHANGED)


def typed(criterion: Criterion, known: dict[str, str]) -> Meaning:
    """`identifier-type`: a condition by code."""
    found = []
    for value in criterion.values:
        system, code = token(value)
        if system not in {None, systems.IDENTIFIER_TYPES}:
            found.append("FALSE")
        elif not code:
            found += known.values()
        else:
            found.append(known.get(code, "FALSE"))
    return Meaning(either(found))


def mailbox(criterion: Criterion, scope: str, held: str, bound: Bound) -> Meaning:
    """`scope` says of a mailbox `{m}` that it is one of this resource; `held`, whose it is."""
    asked = [value if criterion.modifier == EXACT else value.lower() for value in texts.values(criterion)]
    by_domain = criterion.modifier == CONTAINS and all(value.startswith("@") and value[1:] for value in asked)
    if criterion.modifier == CONTAINS and not by_domain:
        match = either(f"strpos({{m}}.address, {bound(value, 'text')}) > 0" for value in asked)
        return Meaning(_holds(scope, held, match), needs_more=True, of_active=True)
    end = ONLY if criterion.modifier == EXACT else END
    starts = [value.removeprefix("@") if by_domain else value for value in asked]
    found = merged([(start, start + end) for start in starts])
    column, walk = (DOMAIN, "domain") if by_domain else ("{m}.address", "address")
    match = either(between(column, low, high, bound, "text") for low, high in found)
    ranges = tuple(Range(walk, low, high, match=f"{scope} AND {match}") for low, high in found)
    return Meaning(_holds(scope, held, match), ranges, MAILBOX, is_exact=True, of_active=True)


def _holds(scope: str, held: str, match: str) -> str:
    """By whose it is first: the range of addresses would be read again for each row."""
    theirs = f"SELECT * FROM directory_mailboxaddress z WHERE {held.format(m='z')} OFFSET 0"
    told = both([scope, match]).format(m="m0")
    return f"EXISTS (SELECT FROM ({theirs}) m0 WHERE m0.vanished_at IS NULL AND NOT m0.is_hidden AND {told} OFFSET 0)"


def on(walk: str, found: Sequence[tuple[str, str]], unless: str = "") -> tuple[Range, ...]:
    return tuple(Range(walk, low, high, unless=unless) for low, high in found)


def walked(text: texts.Text, walk: str, criterion: Criterion, bound: Bound, rank: int = PLACE) -> Meaning:
    """A text in the order of an index; `:exact` is narrower than its range, which is folded."""
    found = on(walk, texts.ranges(text, criterion))
    told = texts.condition(text, criterion, bound)
    return Meaning(told, found, rank, needs_more=not found, is_exact=criterion.modifier != EXACT, of_active=True)
