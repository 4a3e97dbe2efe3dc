"""The words that entries are found under: family names, first names, towns, each with its weight and its misspellings.

Kept in a table and brought in line at each load. First names and towns are few: a process keeps them in memory, sorted,
and knows at once whether a typed word can be one.
"""

from collections.abc import Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

from directory import spelling
from directory.models import Word
from directory.staging import fetched

_OFTEN = 1000  # a trade is meant sooner than a rare name
_COUNTED = """
CREATE TEMP TABLE counted ON COMMIT DROP AS
SELECT {name}::smallint AS kind, name AS key, count(*)::int AS weight FROM directory_entry
WHERE length(name) <= {longest} GROUP BY name
UNION ALL
SELECT {first}::smallint, first, count(*)::int FROM directory_entry
WHERE first <> '' GROUP BY first
UNION ALL
SELECT {town}::smallint, town, count(*)::int FROM directory_entry WHERE town <> '' GROUP BY town
UNION ALL
SELECT {trade}::smallint, word, {often} FROM (
  SELECT DISTINCT unnest(string_to_array(trim(words), ' ')) AS word FROM directory_qualification
) told WHERE word <> ''
"""
_GO = "DELETE FROM directory_word w WHERE NOT EXISTS (SELECT FROM counted c WHERE c.kind = w.kind AND c.key = w.key)"
_WEIGH = """
UPDATE directory_word w SET weight = c.weight FROM counted c
WHERE c.kind = w.kind AND c.key = w.key AND c.weight <> w.weight
"""
_NEW = """
SELECT kind, key, weight FROM counted c
WHERE NOT EXISTS (SELECT FROM directory_word w WHERE w.kind = c.kind AND w.key = c.key)
"""


_NEAR = """
SELECT key, max(weight) FROM directory_word WHERE spellings && %s::int[] GROUP BY key
"""


def meant_by(typed: Sequence[str]) -> list[list[str]]:
    """Of each typed word, the known words one slip away, the commonest first; none for a short one. One statement."""
    asked = [word if spelling.SHORTEST <= len(word) <= spelling.LONGEST else "" for word in typed]
    numbers = sorted({number for word in asked if word for number in spelling.spellings(word)})
    if not numbers:
        return [[] for _ in typed]
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [numbers])
        known = [(str(key), int(weight)) for key, weight in cursor.fetchall()]
    return [spelling.near(word, known) if word else [] for word in asked]


def refresh(cursor: CursorWrapper) -> None:
    """Bring the words in line with the entries, in the caller's transaction."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.counted")
    cursor.execute(_COUNTED.format(
        longest=spelling.LONGEST, name=Word.Kind.NAME.value, first=Word.Kind.FIRST.value,
        town=Word.Kind.TOWN.value, trade=Word.Kind.TRADE.value, often=_OFTEN,
    ))  # fmt: skip
    cursor.execute("ANALYZE counted")
    cursor.execute(_GO)
    cursor.execute(_WEIGH)
    for rows in fetched(_NEW):
        with cursor.copy("COPY directory_word (kind, key, weight, spellings) FROM STDIN") as copy:
            for kind, key, weight in rows:
                numbers = ",".join(map(str, spelling.spellings(key[: spelling.LONGEST])))
                copy.write(f"{kind}\t{key}\t{weight}\t{{{numbers}}}\n")
