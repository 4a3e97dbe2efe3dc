"""Who is at a place told by its street or by the name of a structure: « lemaire clinique du parc », « 12 rue Foch Le Mans ».

Asked only when names, towns and trades found nobody, and after a typing error was looked for unless a word says that a
place is meant: a place is found by its whole words, then whoever is there is
looked through. Both are bounded; nothing here is as quick as a range of an index.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from directory.fold import KINDS, STREETS, key, place_words
from directory.search import Scope, narrowed
from directory.vocabulary import END, Vocabulary

_MOST_NAMED = 6  # words
_MOST_PLACES, _MOST_THERE = 200, 40
_THERE = """
SELECT practitioner_id, organization_id, mailbox_id, qualification_id, name, first, town, 0 AS rank,
  COALESCE(array_position(%s::text[], department::text), 999) AS far, false AS is_new
FROM (
  SELECT DISTINCT ON (COALESCE(e.practitioner_id, e.mailbox_id, e.owner)) e.*
  FROM unnest(%s::text[], %s::text[], %s::text[]) AS r(words, name, first)
  CROSS JOIN LATERAL (
    SELECT id FROM directory_organization
    WHERE words @> string_to_array(r.words, ' ')::varchar[] AND vanished_at IS NULL LIMIT {places}) o
  CROSS JOIN LATERAL (
    SELECT e.* FROM (
      SELECT practitioner_id AS owner FROM directory_practitionerrole WHERE organization_id = o.id
      UNION SELECT o.id) w
    CROSS JOIN LATERAL (SELECT * FROM directory_entry x WHERE x.owner = w.owner OFFSET 0) e
    WHERE e.organization_id = o.id AND (r.name = '' OR e.name >= r.name AND e.name < r.name || '{end}')
      AND (r.first = '' OR e.first >= r.first AND e.first < r.first || '{end}')
      AND (NOT %s OR e.qualification_id = ANY(%s::bigint[])){scope}
    LIMIT {there}) e
  ORDER BY COALESCE(e.practitioner_id, e.mailbox_id, e.owner), NOT e.own, e.name
) found ORDER BY far, practitioner_id IS NOT NULL, name, first, town LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Split:
    """Some of the words tell the place; the others begin a name and a first name, or there are none."""

    place: tuple[str, ...]
    name: str = ""
    first: str = ""


def splits(named: Sequence[str], known: Vocabulary) -> list[Split]:
    """A place told by towns and first names only is no news, those were looked for already; unless it is called a street
    or a structure."""
    if not 0 < len(named) <= _MOST_NAMED:
        return []
    told = is_told(named)
    return [
        one for one in dict.fromkeys(_splits(named)) if told or not all(_is_common(word, known) for word in one.place)
    ]


def is_told(named: Sequence[str]) -> bool:
    """Does some word say that a street or a structure is meant?"""
    return any(word in STREETS or word in KINDS for word in named)


def _splits(named: Sequence[str]) -> Iterator[Split]:
    for length in range(3):
        for start in range(len(named) - length + 1):
            run, place = named[start : start + length], tuple(place_words(*named[:start], *named[start + length :]))
            if not place:
                continue
            if length < 2:
                yield Split(place, key(run))
            else:
                yield from (Split(place, run[0], run[1]), Split(place, run[1], run[0]), Split(place, key(run)))


def _is_common(word: str, known: Vocabulary) -> bool:
    return word in known.town.beginning(word, 1) or word in known.first.beginning(word, 1)


def statement(
    typed: Sequence[str],
    is_trade: Sequence[bool],
    trades: Sequence[int],
    known: Vocabulary,
    scope: Scope,
    *,
    limit: int,
) -> tuple[str, list[Any]] | None:
    """The rows of `search.statement`, for words that it found nobody by. None when they cannot tell a place."""
    found = splits([word for word, told in zip(typed, is_trade, strict=True) if not told], known)
    if not found:
        return None
    told, values = narrowed(scope, "r.words")
    sql = _THERE.format(places=_MOST_PLACES, there=_MOST_THERE, end=END, scope=told)
    columns = [[" ".join(one.place) for one in found], [one.name for one in found], [one.first for one in found]]
    return sql, [list(scope.near), *columns, any(is_trade), list(trades), *values, limit]
