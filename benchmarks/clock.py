"""What the server says that statements took, by its own clock: neither a client nor a connection is counted.

Read from its log, which a superuser's session makes it write: on the engines of the bench only.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_TOOK = re.compile(rb"LOG:  duration: ([\d.]+) ms")


class Clock:
    def __init__(self, log: IO[bytes]) -> None:
        self._log = log

    def taken(self) -> float:
        """Seconds that the statements since the last call took, their planning included."""
        return sum(map(float, _TOOK.findall(self._log.read()))) / 1000


@contextmanager
def running(home: Path) -> Iterator[Clock]:
    from django.db import connection

    with connection.cursor() as cursor, (home / "log" / "postgresql.log").open("rb") as log:
        cursor.execute("SET log_min_duration_statement = 0")
        log.seek(0, 2)
        try:
            yield Clock(log)
        finally:
            cursor.execute("RESET log_min_duration_statement")
