"""String parameters: what one asks of a column that is kept both as written and folded.

Without a modifier the folded text begins so; `:contains` looks inside it; `:exact` compares what is written, accents and
case too (FHIR R4 §3.1.1.4.8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from directory.api.sql import END, ONLY, Bound, between, either, key_of, merged
from directory.fhir.outcome import invalid
from directory.fhir.parameters import CONTAINS, EXACT
from directory.fhir.query import Criterion, unescaped


def as_written(text: str) -> str:
    return text.replace(" ", "").upper()


@dataclass(frozen=True, slots=True)
class Text:
    """`column` is in the order of an index; `written` is what the answer shows; `fold` makes of a value what `column` holds."""

    column: str
    written: str
    fold: Callable[[str], str] = key_of


FAMILY = Text('t.name_keys[1] COLLATE "C"', "t.last_name")
GIVEN = Text('t.first_key COLLATE "C"', "t.first_name")
NAME = Text('t.name_keys[1] COLLATE "C"', "t.name")
POSTCODE = Text('t.postcode COLLATE "C"', "t.postcode", as_written)
TOWN = Text('t.town_keys[1] COLLATE "C"', "t.town")


def values(criterion: Criterion) -> Sequence[str]:
    return [unescaped(value) for value in criterion.values]


def condition(text: Text, criterion: Criterion, bound: Bound) -> str:
    found = []
    for value in values(criterion):
        asked = asked_of(text, value, criterion.name)
        if criterion.modifier == EXACT:
            found.append(f"{text.written} = {bound(value, 'text')}")
        elif criterion.modifier == CONTAINS:
            found.append(f"strpos({text.column}, {bound(asked, 'text')}) > 0")
        else:
            found.append(between(text.column, asked, asked + END, bound, "text"))
    return either(found)


def ranges(text: Text, criterion: Criterion) -> list[tuple[str, str]]:
    """Of the index on `column`; none for `:contains`, which no index answers."""
    if criterion.modifier == CONTAINS:
        return []
    end = ONLY if criterion.modifier == EXACT else END
    asked = [asked_of(text, value, criterion.name) for value in values(criterion)]
    return merged([(one, one + end) for one in asked])


def asked_of(text: Text, value: str, name: str) -> str:
    if not (asked := text.fold(value)):
        raise invalid("Ni lettre ni chiffre dans une valeur.", name)
    return asked
