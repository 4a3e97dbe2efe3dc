"""Transactions for a spreadsheet: semicolons, CRLF, a byte order mark; no cell is a formula (cards/table.py). Bounded."""

import csv
import io
from collections.abc import Iterator

from django.utils import timezone

from mailbox.cards.table import harmless
from mailbox.models import Transaction
from mailbox.traces import reasons
from mailbox.traces.search import Criteria, pages

MOST = 50_000  # rows
_COLUMNS = (
    "at", "way", "stage", "peer_address", "domain", "mail_from", "rcpt_to", "reason", "code", "enhanced", "text", "size",
    "seconds", "delay", "queue_id", "message_id", "serial", "dn", "tls", "edition_id", "crl", "repeats",
)  # fmt: skip


def chunks(asked: Criteria) -> Iterator[bytes]:
    """The head, then a thousand rows at a time."""
    named = {field.name: str(field.verbose_name) for field in Transaction._meta.fields}
    heads = [named[name] for name in _COLUMNS]
    yield b"\xef\xbb\xbf" + _lines([heads])
    for page in pages(asked, most=MOST):
        yield _lines([[_cell(row, name) for name in _COLUMNS] for row in page])


def _cell(row: Transaction, name: str) -> str:
    value = getattr(row, name)
    if name == "at":
        return f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"
    if name == "reason":
        return reasons.said(row.reason)
    if name in {"seconds", "delay"}:
        return "" if value is None else f"{value:.3f}".replace(".", ",")
    return "" if value is None else str(value)


def _lines(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
