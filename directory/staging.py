"""Temporary tables of one load, filled by COPY inside the caller's transaction."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from directory.rows import TABLES, Block

_AT_ONCE = 50_000  # rows
_COLUMNS = {
    "qualification": "id bigint, category_code text, profession_code text, profession text, speciality_code text, "
    "speciality text, words text",
    "practitioner": "id bigint, rank smallint, idnps text, rpps text, is_checked bool, title text, last_name text, "
    "first_name text, name_keys text[], first_key text, qualification_id bigint",
    "organization": "id bigint, key text, name text, name_keys text[], before_keys text[], words text[], "
    "town text, town_keys text[], postcode text, commune text, department text, address_line text, phone text, "
    "sector text",
    "role": "line bigint, practitioner_id bigint, organization_id bigint, qualification_id bigint, mode text, "
    "function text, is_skill bool",
    "address": "line bigint, id bigint, address text, kind text, practitioner_id bigint, organization_id bigint, "
    "service text, service_keys text[], is_paperless bool",
}


def begin(cursor: CursorWrapper) -> None:
    """Empty tables; those of another file of this transaction go."""
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.staged_{table}")
        cursor.execute(f"CREATE TEMP TABLE staged_{table} ({_COLUMNS[table]}) ON COMMIT DROP")


def send(cursor: CursorWrapper, block: Block) -> None:
    """One COPY for each table that the block has rows of."""
    for table, found in block.texts.items():
        if found:
            with cursor.copy(f"COPY staged_{table} FROM STDIN") as copy:
                copy.write("\n".join([*found, ""]))


def fetched(query: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query of the caller's transaction, some at a time, so that they are never all in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while found := cursor.fetchmany(_AT_ONCE):
            yield found
