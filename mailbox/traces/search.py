"""Finding transactions among millions: each kind of question has its index, newest first, a page at a time (keyset).

Refuses a question without an index: the literal `code >= 400` is what lets a generic plan use those of refusals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from mailbox.mime.address import mask, normalise
from mailbox.models import Transaction

PAGE = 50
_PASSING = frozenset({"listed", "null-sender", "local"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is asked; None and '' are not. `ref` is a queue id, an ENVID or a message's id."""

    address: str = ""
    domain: str = ""
    since: datetime | None = None
    until: datetime | None = None
    code: int | None = None
    reason: str = ""
    way: str = ""
    ref: UUID | None = None

    @property
    def names(self) -> str:
        """Which were given: for the journal, which holds no values of them."""
        return ",".join(field.name for field in fields(self) if getattr(self, field.name))


def find(asked: Criteria, *, after: tuple[datetime, int] | None = None, limit: int = PAGE) -> list[Transaction]:
    """The newest first; `after` is (at, id) of the last that was shown."""
    rows = _filtered(asked)
    if after:
        rows = rows.filter(_condition("(at, id) < (%s, %s)", after))
    found = [row for part in _parts(rows, asked) for row in part.order_by("-at", "-id")[:limit]]
    once = {row.pk: row for row in found}
    return sorted(once.values(), key=lambda row: (row.at, row.pk), reverse=True)[:limit]


def pages(asked: Criteria, *, most: int, page: int = 1000) -> Iterator[list[Transaction]]:
    """All of them up to `most`, each page a statement."""
    after, told = None, 0
    while told < most and (found := find(asked, after=after, limit=min(page, most - told))):
        yield found
        told, after = told + len(found), (found[-1].at, found[-1].pk)


def _parts(rows: QuerySet[Transaction], asked: Criteria) -> list[QuerySet[Transaction]]:
    """An address or an id may stand in either of two columns: two readings of an index, not one of the table."""
    if asked.ref:
        return [rows.filter(queue_id=asked.ref), rows.filter(message_id=asked.ref)]
    if asked.address:
        known = mask(normalise(asked.address))
        return [rows.filter(mail_from=known), rows.filter(rcpt_to=known)]
    return [rows]


def _filtered(asked: Criteria) -> QuerySet[Transaction]:
    rows = Transaction.objects.all()
    if asked.since:
        rows = rows.filter(at__gte=asked.since)
    if asked.until:
        rows = rows.filter(at__lt=asked.until)
    if asked.domain:
        rows = rows.filter(domain=asked.domain)
    if asked.way:
        rows = rows.filter(way=asked.way)
    if asked.code is not None:
        rows = rows.filter(code=asked.code)
    if asked.reason:
        rows = rows.filter(reason=asked.reason)
    if (asked.code or 0) >= 400 or (asked.reason and asked.reason not in _PASSING):
        rows = rows.filter(_condition("code >= 400"))
    return rows


def _condition(sql: str, given: Sequence[object] = ()) -> RawSQL:
    return RawSQL(sql, list(given), output_field=BooleanField())  # noqa: S611  (a literal of this module)
