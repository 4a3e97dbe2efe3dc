"""A rival: a second connection to the test's database, for what two workers do at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def another_connection() -> Iterator[psycopg.Connection]:
    """Meanwhile our own connection waits two seconds for a lock, then fails: nobody is waited for."""
    given = connection.get_connection_params()
    known = {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
    with psycopg.connect(**known) as other, connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        try:
            yield other
        finally:
            cursor.execute("RESET lock_timeout")
