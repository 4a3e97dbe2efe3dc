"""What processes counted, in a table: each appends its own, worker folds them, a scrape adds them up.

A table and not Redis: smtpd may only append there as it may only append arrivals, losing Redis loses no count, and the
sum is one snapshot with what else a scrape reads.
"""

import logging

from django.db import DatabaseError, InterfaceError, connection

from mssweb import tally

log = logging.getLogger(__name__)

INSERT = "INSERT INTO mailbox_tally (name, label, value) SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[])"
_FOLD = """
WITH gone AS (DELETE FROM mailbox_tally RETURNING name, label, value)
INSERT INTO mailbox_tally (name, label, value) SELECT name, label, sum(value) FROM gone GROUP BY name, label
"""
_TOTALS = "SELECT name, label, sum(value) FROM mailbox_tally GROUP BY name, label"


def columns(held: dict[tuple[str, str], float]) -> list[list[str] | list[float]]:
    """Parameters of INSERT."""
    return [[name for name, _ in held], [label for _, label in held], list(held.values())]


def flush() -> None:
    """Append what this process counted. What cannot be written now is, the next time."""
    if not (held := tally.taken()):
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, columns(held))
    except (DatabaseError, InterfaceError) as error:
        tally.give_back(held)
        log.warning("counts not written: %s", type(error).__name__)


def fold() -> None:
    """All rows of a name and label into one. Two at once fold each what the other left."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)


def totals() -> dict[tuple[str, str], float]:
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        return {(name, label): value for name, label, value in cursor.fetchall()}
