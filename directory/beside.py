"""The whole directory made anew beside the one in force: in a schema of its own, searched first while it is filled.

Tables begin without indexes, get them when they are full, and take their places in the last statements of the
transaction: readers keep yesterday's directory and meet a lock as long as a rename. Owner of the tables only: web and
worker write rows (`may_build`).
"""

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

TABLES = tuple(
    f"directory_{name}"
    for name in ("qualification", "practitioner", "organization", "practitionerrole", "mailboxaddress", "entry", "word")
)
_SCHEMA = "directory_beside"
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), con.contype FROM pg_index i
LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u')
WHERE i.indrelid = %s::regclass ORDER BY con.contype = 'p' DESC NULLS LAST, 1
"""
_GRANTS = """
SELECT pg_get_userbyid(a.grantee), a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE c.oid = %s::regclass AND a.grantee NOT IN (0, c.relowner)
"""


def may_build(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT pg_has_role(relowner, 'USAGE') AND has_database_privilege(current_database(), 'CREATE')"
        " FROM pg_class WHERE oid = 'public.directory_entry'::regclass"
    )
    return bool(cursor.fetchone()[0])


def begin(cursor: CursorWrapper) -> None:
    """Empty tables without indexes, which every unqualified name means from now on, in this transaction."""
    cursor.execute(f"CREATE SCHEMA {_SCHEMA}")
    for table in TABLES:
        cursor.execute(f"CREATE TABLE {_SCHEMA}.{table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY)")
    cursor.execute(f"SET LOCAL search_path TO {_SCHEMA}, public")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")


def index(cursor: CursorWrapper, tables: Iterable[str] = TABLES) -> None:
    """The indexes that the tables in force have, on those that have none yet; statistics too."""
    for table in tables:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [f"{_SCHEMA}.{table}"])
        if cursor.fetchone()[0]:
            continue
        cursor.execute(_INDEXES, [f"public.{table}"])
        for name, definition, constraint in cursor.fetchall():
            bare = name.removeprefix("public.")
            cursor.execute(definition.replace(" ON public.", f" ON {_SCHEMA}."))
            if constraint:
                kind = "PRIMARY KEY" if constraint == "p" else "UNIQUE"
                cursor.execute(f"ALTER TABLE {_SCHEMA}.{table} ADD CONSTRAINT {bare} {kind} USING INDEX {bare}")
        cursor.execute(f"ANALYZE {_SCHEMA}.{table}")


def finish(cursor: CursorWrapper) -> None:
    """The last act of the transaction: what readers could wait for begins here and ends with the commit."""
    for table in TABLES:
        cursor.execute(_GRANTS, [f"public.{table}"])
        for grantee, privilege in cursor.fetchall():
            cursor.execute(f'GRANT {privilege} ON {_SCHEMA}.{table} TO "{grantee}"')
    for table in TABLES:
        cursor.execute(f"DROP TABLE public.{table}")
        cursor.execute(f"ALTER TABLE {_SCHEMA}.{table} SET SCHEMA public")
    cursor.execute("SET LOCAL search_path TO DEFAULT")
    cursor.execute(f"DROP SCHEMA {_SCHEMA}")
