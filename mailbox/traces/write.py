"""The one place that knows how a trace is written: in the transaction of what it tells, or beside the loop of smtpd.

Refuses to change or to read one. Roles: worker and smtpd insert, nobody updates (grant_roles).
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection

from mailbox.traces.values import COLUMNS, Cell, Trace, columns

_TYPES = {
    "at": "timestamptz", "code": "int2", "peer_address": "inet", "edition_id": "uuid", "size": "int4", "seconds": "float8",
    "delay": "float8", "queue_id": "uuid", "message_id": "uuid", "mailbox_id": "uuid", "extensions": "int2", "repeats": "int4",
}  # fmt: skip
_INTO = f"INSERT INTO mailbox_transaction ({', '.join(COLUMNS)}) "
_LISTS = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in COLUMNS)
INSERT = f"{_INTO}SELECT * FROM unnest({_LISTS})"  # noqa: S608  (our own names)
# Of few: a tenth of what lists cost their sender
_LINE = "(" + ", ".join(f"%s::{_TYPES.get(name, 'text')}" for name in COLUMNS) + ")"

# What of an arrival only its sealed envelope knew, beside what its row says; once, because the row goes with it.
_FILED_COLUMNS = {
    "id": "uuid", "domain": "text", "rcpt_to": "text", "crl": "text", "seconds": "float8", "delay": "float8",
    "queue_id": "uuid", "message_id": "uuid", "extensions": "int2",
}  # fmt: skip
_FILE = f"""
WITH gone AS (DELETE FROM mailbox_arrival WHERE id = ANY(%s::uuid[]) RETURNING
     id, arrived_at, peer_address, mail_from, peer_serial, peer_dn, tls, edition_id, size, mailbox_id)
INSERT INTO mailbox_transaction (at, way, stage, reason, code, enhanced, text, peer_address, domain, mail_from, rcpt_to, serial,
       dn, tls, edition_id, crl, size, seconds, delay, queue_id, message_id, mailbox_id, extensions, repeats)
SELECT g.arrived_at, 'in', 'data', CASE WHEN g.mail_from = '' THEN 'null-sender' ELSE 'listed' END, 250, '2.6.0', '',
       g.peer_address, x.domain, g.mail_from, x.rcpt_to, g.peer_serial, g.peer_dn, g.tls, g.edition_id, x.crl, g.size, x.seconds,
       x.delay, x.queue_id, x.message_id, g.mailbox_id, x.extensions, 1
  FROM gone g JOIN (VALUES {{rows}}) AS x ({", ".join(_FILED_COLUMNS)}) ON x.id = g.id
"""  # noqa: S608
_FILED_LINE = "(" + ", ".join(f"%s::{kind}" for kind in _FILED_COLUMNS.values()) + ")"

type Filed = tuple[UUID, str, str, str, float | None, float, UUID | None, UUID | None, int]  # as _FILED_COLUMNS


def insert(traces: Sequence[Trace]) -> None:
    """In the caller's transaction."""
    if traces:
        with connection.cursor() as cursor:
            cells = [cell for row in zip(*columns(traces), strict=True) for cell in row]
            cursor.execute(f"{_INTO}VALUES {', '.join([_LINE] * len(traces))}", cells)


def file(filed: Collection[Filed]) -> None:
    """Arrivals that were filed go, and each leaves its trace: one statement, in the transaction of the filing."""
    if filed:
        given: list[Cell | list[UUID]] = [[row[0] for row in filed], *(cell for row in filed for cell in row)]
        with connection.cursor() as cursor:
            cursor.execute(_FILE.format(rows=", ".join([_FILED_LINE] * len(filed))), given)
