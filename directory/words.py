"""The words that entries are found under: family names, first names, towns, each with its weight and its misspellings.

Kept in a table and brought in line at each load. First names and towns are few: a process keeps them in memory, sorted,
and knows at once whether a typed word can be one.
"""

from django.db.backends.utils import CursorWrapper

from directory import spelling
from directory.models import Word
from directory.staging import fetched

_COUNTED = """
CREATE TEMP TABLE counted ON COMMIT DROP AS
SELECT {name}::smallint AS kind, name AS key, count(*)::int AS weight FROM directory_entry
WHERE length(name) <= {longest} GROUP BY name
UNION ALL
SELECT {first}::smallint, first, count(*)::int FROM directory_entry
WHERE first <> '' GROUP BY first
UNION ALL
SELECT {town}::smallint, town, count(*)::int FROM directory_entry WHERE town <> '' GROUP BY town
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


def refresh(cursor: CursorWrapper) -> None:
    """Bring the words in line with the entries, in the caller's transaction."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.counted")
    cursor.execute(_COUNTED.format(
        longest=spelling.LONGEST, name=Word.Kind.NAME.value, first=Word.Kind.FIRST.value,
        town=Word.Kind.TOWN.value,
    ))  # fmt: skip
    cursor.execute("ANALYZE counted")
    cursor.execute(_GO)
    cursor.execute(_WEIGH)
    for rows in fetched(cursor, _NEW):
        with cursor.copy("COPY directory_word (kind, key, weight, spellings) FROM STDIN") as copy:
            for kind, key, weight in rows:
                numbers = ",".join(map(str, spelling.spellings(key[: spelling.LONGEST])))
                copy.write(f"{kind}\t{key}\t{weight}\t{{{numbers}}}\n")
