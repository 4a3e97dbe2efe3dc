"""Query sets whose SQL Django writes once: of what is asked at each click, writing takes longer than PostgreSQL's answer.

    @prepared
    def seats(kind: str, *, mailbox: UUID) -> QuerySet[Seat]: ...

    seats("window", mailbox=pk)  # the rows

What is given by position is the shape, and may change the text; what is given by name is a value of the statement. The
first call of a shape is made with stand-ins, which are looked for among the parameters. An id or an instant that is not
given by name would be that of whoever asked first: it is refused, and so is a value that the statement does not hold.
"""

import copy
import secrets
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

_SHAPES = 500  # kept of one function


class _Written[M: Model]:
    """One statement: its text, its parameters, and which of them are whose."""

    def __init__(self, rows: QuerySet[M], stands: dict[str, Any]) -> None:
        self.model, self.database = rows.model, rows.db
        self.compiler = rows.query.get_compiler(rows.db)
        self.sql, params = self.compiler.as_sql()
        self.compiler.connection = None  # it was of the thread that asked first
        self.params = list(params)
        self.names = {n: name for n, param in enumerate(params) if (name := _named(param, stands))}
        fixed = [type(param).__name__ for n, param in enumerate(params) if n not in self.names and _is_own(param)]
        if fixed or set(self.names.values()) != stands.keys():
            raise ValueError(
                f"not by name: {fixed}; without effect: {sorted(stands.keys() - set(self.names.values()))}"
            )

    def read(self, values: dict[str, Any]) -> list[M]:
        params, compiler = self.params.copy(), copy.copy(self.compiler)
        for n, name in self.names.items():
            value = values[name]
            params[n] = type(params[n])(value) if isinstance(value, int) else value  # psycopg's sizes of integers
        compiler.connection = connections[self.database]
        compiler.as_sql = lambda *_, **__: (self.sql, tuple(params))
        query: Any = _Given(compiler)
        rows: QuerySet[M] = QuerySet(self.model, query=query, using=self.database)
        return list(ModelIterable(rows))


class _Given:
    """What a query set asks of a query, once its statement is written."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self.compiler = compiler

    def get_compiler(self, using: str) -> SQLCompiler:
        return self.compiler


def prepared[M: Model](build: Callable[..., QuerySet[M]]) -> Callable[..., list[M]]:
    """The rows of the query set that the function builds; see above."""
    written: dict[Hashable, _Written[M]] = {}

    @wraps(build)
    def read(*shape: Hashable, **values: Any) -> list[M]:
        key = (*shape, *values)
        statement = written.get(key)
        if statement is None:
            if len(written) >= _SHAPES:
                written.clear()
            stands = {name: _stand_in(value) for name, value in values.items()}
            statement = written[key] = _Written(build(*shape, **stands), stands)
        return statement.read(values)

    return read


def _stand_in(value: object) -> object:
    """Of the same type, and like nothing else."""
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return datetime(2200, 1, 1, tzinfo=UTC) + timedelta(microseconds=secrets.randbits(50))
    if isinstance(value, int):
        return 10_000 + secrets.randbelow(20_000)  # of any column
    if isinstance(value, list):
        return [uuid4()]
    return secrets.token_hex(16)


def _named(param: object, stands: dict[str, Any]) -> str:
    return next((name for name, stand in stands.items() if param == stand), "")


def _is_own(param: object) -> bool:
    return isinstance(param, UUID | datetime | list)
